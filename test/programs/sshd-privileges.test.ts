// What the processes of sshd may do, read from /proc: the auth process has nothing, the account process is the account,
// one account has one of them, and sessions inherit none of our descriptors.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { singleThreadEnvironment } from '@sallyport/system/fork';
import type { StockServer } from '@sallyport/testing';
import { OpensshFixture, skipUnless, TemporaryAccount, until } from '@sallyport/testing';
import { hasEnded } from '@sallyport/testing/has-ended';
import { findAccount } from '@sallyport/testing/peers';
import type { Client } from 'sallyport';
import { connect } from 'sallyport';
import { template } from './auth-template.ts';
import { children, childrenNamed, descriptors, ofThreads } from './processes.ts';
import { ourSshd, SshdFixture } from './sshd-fixture.ts';

const needs = skipUnless('root', 'openssh-client');

/** Fields of /proc/PID/status of the main thread and of every other thread. */
function statusOfThreads(pid: number): readonly ReadonlyMap<string, string>[] {
  return ofThreads(pid, (folder) => {
    const lines = readFileSync(`${folder}/status`, 'utf8').trim().split('\n');
    return new Map(lines.map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1).trim()]));
  });
}

const noCapabilities = '0'.repeat(16);

describe('privileges of sshd as root', needs, () => {
  let fixture: OpensshFixture;
  let account: TemporaryAccount;
  let other: TemporaryAccount;
  let server: StockServer;
  before(async () => {
    fixture = await OpensshFixture.create();
    account = await TemporaryAccount.create({ groups: ['games', 'users'] });
    other = await TemporaryAccount.create();
    const options = { program: ourSshd, user: account.name, env: { SECRET_OF_ROOT: 'x' } };
    server = await fixture.startServer(options);
  });
  after(async () => {
    await server?.end();
    await fixture?.[Symbol.asyncDispose]();
    await account?.[Symbol.asyncDispose]();
    await other?.[Symbol.asyncDispose]();
  });

  function login(user = account.name): Promise<Client> {
    const { host, port, knownHosts } = server;
    const identities = [fixture.userKey.path];
    return connect({ host, port, user, knownHosts, identities, agent: false, timeoutMs: 20_000 });
  }

  const sessions = (): readonly number[] => childrenNamed(server.pid, /^sshd-session/);

  test('an auth process has the uid and gid of sshd, no groups, no capability, no new privileges, and a root that is empty', async () => {
    await template(server);
    const connection = connectTcp(server.port, '127.0.0.1');
    await new Promise((resolve) => connection.once('data', resolve));
    const sshd = findAccount('sshd');
    assert.ok(sshd);
    const processes = childrenNamed(server.pid, /^sshd-auth/);
    assert.ok(processes.length > 0);
    for (const pid of processes) {
      await until(() => statusOfThreads(pid)[0]?.get('NoNewPrivs') === '1', 'a warm auth process is in its sandbox');
      for (const status of statusOfThreads(pid)) {
        assert.equal(status.get('Uid'), Array(4).fill(sshd.uid).join('\t'));
        assert.equal(status.get('Gid'), Array(4).fill(sshd.gid).join('\t'));
        assert.equal(status.get('Groups'), '');
        for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
          assert.equal(status.get(name), noCapabilities, name);
      }
      const root = readlinkSync(`/proc/${pid}/root`);
      assert.notEqual(root, '/');
      assert.deepEqual(readdirSync(`/proc/${pid}/root`), []);
      assert.equal(readlinkSync(`/proc/${pid}/cwd`), root);
      const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
      assert.match(limits, /Max file size +0 +0 /);
      assert.match(limits, /Max core file size +0 +0 /);
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').slice(1, -1);
      const settings = Object.entries(singleThreadEnvironment).map(([name, value]) => `${name}=${value}`);
      assert.deepEqual(environment, environment.length === 0 ? [] : settings);
    }
    connection.destroy();
  });

  test('an auth process holds the connection, its pipe, the descriptor socket, and no file', async () => {
    await template(server);
    const connection = connectTcp(server.port, '127.0.0.1');
    await new Promise((resolve) => connection.once('data', resolve));
    const processes = childrenNamed(server.pid, /^sshd-auth/);
    assert.ok(processes.length >= 2);
    for (const pid of processes) {
      const files = descriptors(pid).filter((name) => !/^(socket|anon_inode|pipe|eventfd|\/dev\/null)/.test(name));
      assert.deepEqual(files, [], `${pid}: ${descriptors(pid).join(' ')}`);
    }
    connection.destroy();
  });

  test('an account process is the account on every thread, with its groups and no capability', async () => {
    await using client = await login();
    await client.run('true');
    const [pid = 0, ...more] = sessions();
    assert.deepEqual(more, []);
    const games = findGroup('games');
    const users = findGroup('users');
    assert.ok(statusOfThreads(pid).length > 0);
    for (const status of statusOfThreads(pid)) {
      assert.equal(status.get('Uid'), Array(4).fill(account.uid).join('\t'));
      assert.equal(status.get('Gid'), Array(4).fill(account.gid).join('\t'));
      const groups = (status.get('Groups') ?? '').split(' ').map(Number);
      assert.deepEqual(
        groups.sort((a, b) => a - b),
        [games, users, account.gid].sort((a, b) => a - b),
      );
      for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.equal(status.get(name), noCapabilities, name);
    }
    assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8').includes('SECRET'), false);
    const session = await client.run('id; cat /proc/self/status');
    assert.match(session.stdout, new RegExp(`^uid=${account.uid}\\(\\S+\\) gid=${account.gid}\\(`));
    assert.match(session.stdout, new RegExp(`\\nCapEff:\t${noCapabilities}\n`));
    assert.match(session.stdout, /\nNoNewPrivs:\t0\n/);
  });

  test('nobody else of the account may look into its process or trace it', async () => {
    await using client = await login();
    await client.run('true');
    const [pid = 0] = sessions();
    assert.notEqual(pid, 0);
    const { stdout } = await client.run(`cat /proc/${pid}/environ; ls /proc/${pid}/fd; cat /proc/${pid}/mem`);
    assert.equal(stdout, '');
  });

  test('the connections of one account share one process, and another account has another', async () => {
    await using first = await login();
    await using second = await login();
    await using third = await login();
    const parents = new Set<string>();
    for (const client of [first, second, third]) parents.add((await client.run('echo $PPID')).stdout);
    assert.equal(parents.size, 1);
    await using foreign = await login(other.name);
    const parentOfForeign = (await foreign.run('echo $PPID; id -un')).stdout.split('\n');
    assert.ok(!parents.has(`${parentOfForeign[0]}\n`));
    assert.equal(parentOfForeign[1], other.name);
    await until(() => sessions().length === 2, 'each account has one process');
    const [pid = 0] = sessions().filter((candidate) => String(candidate) === parentOfForeign[0]);
    assert.equal(statusOfThreads(pid)[0]?.get('Uid'), Array(4).fill(other.uid).join('\t'));
  });

  test('an account process ends when it has been idle, and the next login gets a new one', async () => {
    const before = await login();
    await before.run('true');
    const [pid] = sessions();
    assert.ok(pid);
    await before.end();
    await until(() => sessions().length === 0, 'the account process ends when it has nobody to serve');
    await using client = await login();
    assert.equal((await client.run('echo in')).stdout, 'in\n');
    assert.notDeepEqual(sessions(), [pid]);
  });

  test('a session has no descriptor but its own, whatever other sessions and forwardings are open', async () => {
    await using one = await login();
    await using two = await login();
    const cat = await one.spawn('cat');
    const inTerminal = await two.spawn('cat', { pty: true });
    const dialled = await two.dial('127.0.0.1', server.port);
    for (const client of [one, two]) {
      const { stdout } = await client.run('ls -l /proc/self/fd');
      const open = [...stdout.matchAll(/(\d+) -> (\w+|\/proc)/g)].map(([, fd, what]) => [fd, what]);
      assert.deepEqual(open, [
        ['0', 'pipe'],
        ['1', 'pipe'],
        ['2', 'pipe'],
        ['3', '/proc'],
      ]);
    }
    const shell = await two.run('ls /proc/$$/fd', { pty: true });
    assert.deepEqual(
      shell.stdout.trim().split(/\s+/),
      ['0', '1', '2'].concat(shell.stdout.includes('255') ? ['255'] : []),
    );
    dialled.close();
    cat.abort();
    inTerminal.abort();
  });

  test('the processes of the daemon hold no descriptor of a connection that has ended', async () => {
    const warm = await login();
    await warm.run('true');
    await warm.end();
    await until(() => childrenNamed(server.pid, /^sshd-auth/).length === 1, 'only the template is left');
    const before = descriptors(server.pid).length;
    for (let i = 0; i < 5; i++) {
      const client = await login();
      await client.run('true');
      await client.end();
    }
    await until(() => descriptors(server.pid).length <= before, `no more than ${before} descriptors`);
  });
});

describe('privileges of sshd as an ordinary account', needs, () => {
  test('all its processes are the account, without new privileges for the auth process', async () => {
    await using fixture = await SshdFixture.create();
    await using server = await fixture.start('account');
    await template(server);
    await using client = await fixture.connect(server);
    await client.run('true');
    const pids = [server.pid, ...children(server.pid)];
    assert.ok(pids.length >= 3);
    for (const pid of pids) {
      // Of one that has ended meanwhile there is nothing to see.
      for (const status of statusOfThreads(pid)) {
        assert.equal(status.get('Uid'), Array(4).fill(fixture.account.uid).join('\t'));
        assert.equal(status.get('CapEff'), noCapabilities);
      }
    }
    const processes = childrenNamed(server.pid, /^sshd-auth/);
    assert.ok(processes.length > 0);
    for (const pid of processes) {
      const given = (): string | undefined => statusOfThreads(pid)[0]?.get('NoNewPrivs');
      await until(() => hasEnded(pid) || given() === '1', 'no new privileges');
    }
  });

  test('another account cannot log in to it', async () => {
    await using fixture = await SshdFixture.create();
    await using other = await TemporaryAccount.create();
    await using server = await fixture.start('account');
    await assert.rejects(fixture.connect(server, { user: other.name }), { name: 'AuthenticationError' });
    await server.untilLog(new RegExp(`User ${other.name} not allowed because sshd does not run as root`));
  });
});

function findGroup(name: string): number {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  return Number(line?.split(':')[2]);
}
