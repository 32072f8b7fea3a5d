import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import type { StockClientTarget, StockServer } from '@sallyport/testing/openssh-fixture';
import { descendantsOf, OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { ordinaryAccount, programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import type { TestServer } from '@sallyport/testing/test-server';
import { startTestServer } from '@sallyport/testing/test-server';

import { AgentClient } from './agent/agent-client.ts';
import type { ConnectOptions } from './index.ts';
import { ConnectionLostError, connect, readPrivateKey } from './index.ts';

const stockServer = skipUnless('openssh-server', 'openssh-client');
const stockClient = skipUnless('openssh-client');

function targetOf(fixture: OpensshFixture, server: StockServer): ConnectOptions {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    knownHosts: server.knownHosts,
    identities: [fixture.userKey.path],
    agent: false,
  };
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

test('stock sshd: commands, status, signals, variables', stockServer, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer({ config: ['AcceptEnv TOLD'] });
  await using client = await connect(targetOf(fixture, server));
  const both = await client.run('echo out; echo err >&2; exit 3');
  assert.deepEqual([both.stdout, both.stderr, both.exit], ['out\n', 'err\n', { code: 3 }]);
  assert.equal((await client.run('kill -TERM $$')).exit.signal, 'TERM');
  assert.equal((await client.run(['printf', '%s|', "it's", '$HOME', ''])).stdout, "it's|$HOME||");
  assert.equal((await client.run('echo $TOLD', { env: { TOLD: 'a b' } })).stdout, 'a b\n');
});

// It gives terminals only as root.
test(
  'stock sshd: a terminal of the size and kind that was asked for',
  skipUnless('openssh-server', 'root'),
  async () => {
    await using fixture = await OpensshFixture.create();
    await using server = await fixture.startServer();
    await using client = await connect(targetOf(fixture, server));
    const size = await client.run('stty size; echo $TERM', { pty: { term: 'vt100', columns: 99, rows: 11 } });
    assert.equal(size.stdout, '11 99\r\nvt100\r\n');
  },
);

// sshd takes signals only for sessions of accounts other than root.
test('stock sshd: a signal reaches the program', skipUnless('openssh-server', 'ordinary-account'), async () => {
  await using fixture = await OpensshFixture.create();
  const account = ordinaryAccount();
  assert.ok(account);
  await using server = await fixture.startServer({ runAs: account });
  await using client = await connect(targetOf(fixture, server));
  const process = await client.spawn('trap "echo caught; exit 5" USR1; echo ready; while :; do sleep 0.05; done');
  const lines = process.stdout.lines();
  assert.equal((await lines.next()).value, 'ready');
  process.signal('USR1');
  assert.equal((await lines.next()).value, 'caught');
  assert.deepEqual(await process.exited, { code: 5 });
});

test('stock sshd: 16 MiB each way with every cipher, and a re-key every MiB', stockServer, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer({ config: [`Ciphers ${ciphers.map(({ name }) => name).join(',')}`] });
  const data = randomBytes(16 * 1024 * 1024);
  for (const { name } of ciphers) {
    await using client = await connect(targetOf(fixture, server), {
      algorithms: { ciphers: [name] },
      rekeyLimits: { bytes: 1024 * 1024 },
    });
    assert.equal(client.negotiated.cipherToServer, name);
    const back = await client.run('cat', { input: data });
    assert.equal(sha256(back.stdoutBytes), sha256(data), name);
  }
});

test('stock sshd: a connection through a connection through a connection', stockServer, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const target = targetOf(fixture, server);
  await using first = await connect(target);
  await using second = await connect(target, { via: first });
  await using third = await connect(target, { via: second });
  assert.equal((await third.run('echo three deep')).stdout, 'three deep\n');
  assert.equal((await third.run('head -c 3000000 /dev/zero')).stdoutBytes.length, 3_000_000);
});

test('stock sshd: kill -9 of the server in the middle of a command settles everything', stockServer, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const client = await connect(targetOf(fixture, server));
  const process = await client.spawn('echo started; exec sleep 100');
  const lines = process.stdout.lines();
  assert.equal((await lines.next()).value, 'started');
  const pending = [
    process.exited,
    lines.next(),
    client.run('sleep 100'),
    process.stdin.write(new Uint8Array(8_000_000)),
  ];
  const settled = Promise.allSettled(pending);
  await client.ping();
  for (const pid of await descendantsOf(server.pid)) globalThis.process.kill(pid, 'SIGKILL');
  for (const result of await settled) {
    assert.ok(result.status === 'rejected');
    assert.ok(result.reason instanceof ConnectionLostError);
    assert.equal(result.reason.code, 'connection-lost');
  }
  assert.equal((await client.closed)?.code, 'connection-lost');
});

test(
  'stock sshd: keys of every type log in, also from an agent',
  skipUnless('openssh-server', 'openssh-agent'),
  async () => {
    await using fixture = await OpensshFixture.create();
    const keys = await Promise.all(
      (['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'] as const).map((type) => fixture.key(type)),
    );
    await using server = await fixture.startServer({
      authorizedKeys: keys.map(({ publicLine }) => publicLine),
      config: ['MaxAuthTries 20'],
    });
    await using agent = await AgentFixture.start();
    const target = targetOf(fixture, server);
    for (const key of keys) {
      await using client = await connect(target, { identities: [await readPrivateKey(key.path)] });
      assert.equal((await client.run('echo in')).stdout, 'in\n');
    }
    const add = await runProgram(
      programPath('ssh-add'),
      keys.map(({ path }) => path),
      { env: agent.env },
    );
    assert.equal(add.code, 0, add.stderr);
    const held = await new AgentClient(agent.path).identities();
    assert.equal(held.length, keys.length);
    await using client = await connect(target, { identities: [], agent: agent.path });
    assert.equal((await client.run('echo in')).stdout, 'in\n');
  },
);

/** A fixture, a server of ours, and what a stock client needs to get in. */
async function ourServer(): Promise<{ fixture: OpensshFixture; setup: TestServer; target: StockClientTarget }> {
  const fixture = await OpensshFixture.create();
  const setup = await startTestServer({
    login: {
      publicKey: ({ key, keyType }) => ({
        allow: `${keyType} ${Buffer.from(key).toString('base64')}` === fixture.userKey.publicLine,
      }),
    },
    dial: () => true,
  });
  const knownHosts = await fixture.folder.write('known_hosts', `[127.0.0.1]:${setup.port} ${setup.hostKeyLine}\n`);
  return { fixture, setup, target: { host: '127.0.0.1', port: setup.port, user: 'somebody', knownHosts } };
}

test('stock ssh: commands, input, status and signals of our server', stockClient, async () => {
  const { fixture, setup, target } = await ourServer();
  const input = randomBytes(3 * 1024 * 1024);
  const echoed = await fixture.runClient(target, ['cat'], { input });
  assert.equal(sha256(echoed.stdout), sha256(input));
  assert.equal(echoed.code, 0);
  const complained = await fixture.runClient(target, ['complain loudly']);
  assert.equal(complained.stderr, 'loudly\n');
  assert.equal(complained.code, 1);
  assert.equal((await fixture.runClient(target, ['exit 42'])).code, 42);
  assert.equal((await fixture.runClient(target, ['die SEGV'])).code, 255);
  assert.equal((await fixture.runClient(target, ['exit 0'], { config: ['RekeyLimit 1M'] })).code, 0);
  assert.deepEqual(setup.errors, []);
  await setup.server.close();
  await fixture[Symbol.asyncDispose]();
});

test(
  'stock ssh: 16 MiB each way through our server with every cipher, and a re-key every MiB',
  stockClient,
  async () => {
    const { fixture, setup, target } = await ourServer();
    const input = randomBytes(16 * 1024 * 1024);
    for (const { name } of ciphers) {
      const config = [`Ciphers ${name}`, 'RekeyLimit 1M'];
      const echoed = await fixture.runClient(target, ['cat'], { input, config });
      assert.equal(sha256(echoed.stdout), sha256(input), name);
    }
    await setup.server.close();
    await fixture[Symbol.asyncDispose]();
  },
);

test('stock ssh: a jump through our server to a stock one', stockServer, async () => {
  const { fixture, setup, target } = await ourServer();
  await using server = await fixture.startServer();
  const jump = `ssh ${fixture.clientArguments(target).slice(0, -1).join(' ')} -W %h:%p ${target.host}`;
  const result = await fixture.runClient(server, ['echo over there'], { config: [`ProxyCommand=${jump}`] });
  assert.equal(result.stdout.toString(), 'over there\n', result.stderr);
  await setup.server.close();
  await fixture[Symbol.asyncDispose]();
});

test('stock ssh that is killed leaves no session behind in our server', stockClient, async () => {
  const { fixture, setup, target } = await ourServer();
  const client = fixture.startClient(target, ['hold']);
  while (!client.stdout().includes('holding')) await new Promise((resolve) => setTimeout(resolve, 5));
  await client.end('SIGKILL');
  while (setup.server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const error of setup.errors) assert.match(String(error), /ConnectionLostError/);
  await setup.server.close();
  await fixture[Symbol.asyncDispose]();
});

test('stock ssh with a key that the policy does not know is denied', stockClient, async () => {
  const { fixture, setup, target } = await ourServer();
  const other = await fixture.key('ed25519', 'stranger');
  const args = fixture.clientArguments(target).map((word) => word.replace(fixture.userKey.path, other.path));
  const denied = await runProgram(programPath('ssh'), [...args, 'say in'], { env: { HOME: fixture.folder.path } });
  assert.equal(denied.code, 255);
  assert.match(denied.stderr, /Permission denied \(publickey\)/);
  await setup.server.close();
  await fixture[Symbol.asyncDispose]();
});
