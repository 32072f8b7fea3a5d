// sshd from its start to its end: pid file, log file, SIGTERM, SIGINT, SIGHUP, leaving the terminal, -d, -i, -g, and
// the configurations with which it must not start.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { sshdKeywords } from '@sallyport/protocol/config/sshd-keywords';
import type { ProgramResult, StockKey } from '@sallyport/testing';
import { freePort, runProgram, startProgram, until } from '@sallyport/testing';
import { hasEnded } from '@sallyport/testing/has-ended';
import { childrenNamed, commandLine } from './processes.ts';
import { ourSshd, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());
const { folder } = fixture.openssh;

interface Started {
  readonly port: number;
  readonly file: string;
  readonly hostKey: StockKey;
}

/** A configuration of an own sshd, which the test starts itself. */
async function configure(name: string, lines: readonly string[] = []): Promise<Started> {
  const hostKey = await fixture.openssh.key('ed25519', `host-${name}`);
  const port = await freePort();
  const keys = await folder.write(`${name}.keys`, `${fixture.openssh.userKey.publicLine}\n`, 0o644);
  const own = [
    ...['ListenAddress 127.0.0.1', `Port ${port}`, `HostKey ${hostKey.path}`, `AuthorizedKeysFile ${keys}`],
    ...['StrictModes no', 'PermitRootLogin yes', 'LogLevel VERBOSE', 'PidFile none'],
  ];
  const file = await folder.write(`${name}.config`, [...lines, ...own, ''].join('\n'), 0o644);
  return { port, file, hostKey };
}

async function login({ port, hostKey }: Started, command: string): Promise<ProgramResult> {
  const knownHosts = await folder.write(`known-${port}`, `[127.0.0.1]:${port} ${hostKey.publicLine}\n`, 0o644);
  const target = {
    host: '127.0.0.1',
    port,
    user: process.getuid?.() === 0 ? 'root' : fixture.account.name,
    knownHosts,
  };
  return fixture.openssh.runClient(target, [command]);
}

function start({ file }: Started, args: readonly string[]): ReturnType<typeof startProgram> {
  return startProgram(ourSshd, ['-f', file, ...args], { env: { HOME: folder.path }, timeoutMs: 120_000 });
}

/** Empty while there is no such file. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

const { needs } = waysToRun[0] as (typeof waysToRun)[number];

describe('sshd from start to end', needs, () => {
  for (const [signal, number, status] of [
    ['SIGTERM', 15, 0],
    ['SIGINT', 2, 255],
    ['SIGQUIT', 3, 255],
  ] as const) {
    test(`${signal} ends it with ${status}, and its pid file goes`, async () => {
      const pidFile = folder.file(`pid-${number}`);
      const config = await configure(`signal-${number}`, [`PidFile ${pidFile}`]);
      const sshd = start(config, ['-D', '-e']);
      await sshd.untilStderr(/Server listening/);
      // It is there before anything stands in it.
      await until(() => textOf(pidFile).endsWith('\n'), 'there is a pid file');
      assert.equal(textOf(pidFile), `${sshd.pid}\n`);
      process.kill(sshd.pid, signal);
      const { code, stderr } = await sshd.exited;
      assert.equal(code, status);
      assert.match(stderr, new RegExp(`Received signal ${number}; terminating\\.\r?\n$`));
      assert.equal(existsSync(pidFile), false);
    });
  }

  test('without -D it leaves when it listens, with its log in the file of -E, and goes on', async () => {
    const pidFile = folder.file('pid-detached');
    const config = await configure('detached', [`PidFile ${pidFile}`]);
    const log = folder.file('detached.log');
    const script = 'ulimit -Sn 334; "$0" "$@"; exit $?';
    const argv = ['-c', script, ourSshd, '-f', config.file, '-E', log];
    const { code, stderr } = await runProgram('/bin/sh', argv, { env: { HOME: folder.path } });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    try {
      assert.equal((await login(config, 'echo in; ulimit -Sn')).stdout.toString(), 'in\n334\n');
      const lines = /Server listening on 127\.0\.0\.1 port \d+\.\r?\n[^]*Accepted publickey for/;
      await until(() => lines.test(textOf(log)), 'the login is in the log');
      assert.match(commandLine(pid), /sshd .*-f /);
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    await until(() => hasEnded(pid), 'the daemon has ended');
  });

  test('a daemon that cannot listen is known before its parent leaves', async () => {
    const config = await configure('taken');
    const first = start(config, ['-D', '-e']);
    await first.untilStderr(/Server listening/);
    const { code, stderr } = await runProgram(ourSshd, ['-f', config.file, '-e']);
    await first.end();
    assert.equal(code, 255);
    assert.match(
      stderr,
      /Bind to port \d+ on 127\.0\.0\.1 failed: Address already in use\.\r?\nCannot bind any address/,
    );
  });

  test('SIGHUP brings new connections the new configuration', async () => {
    const config = await configure('reread');
    const sshd = start(config, ['-D', '-e']);
    await sshd.untilStderr(/Server listening/);
    const text = await readFile(config.file, 'utf8');
    assert.equal((await login(config, 'echo one')).stdout.toString(), 'one\n');
    await folder.write('reread.config', `ForceCommand echo forced\n${text}`, 0o644);
    process.kill(sshd.pid, 'SIGHUP');
    await sshd.untilStderr(/Received SIGHUP; restarting\.[^]*Server listening/);
    assert.equal((await login(config, 'echo two')).stdout.toString(), 'forced\n');
    await folder.write('reread.config', `DenyUsers *\n${text}`, 0o644);
    process.kill(sshd.pid, 'SIGHUP');
    await sshd.untilStderr(/restarting\.[^]*Server listening[^]*restarting\.[^]*Server listening/);
    assert.equal((await login(config, 'echo three')).code, 255);
    await sshd.end();
  });

  test('SIGHUP with a configuration that is damaged changes nothing, and says so', async () => {
    const config = await configure('damaged', ['DenyUsers nobody']);
    const sshd = start(config, ['-D', '-e']);
    await sshd.untilStderr(/Server listening/);
    await folder.write('damaged.config', 'Bogus line\n', 0o644);
    process.kill(sshd.pid, 'SIGHUP');
    await sshd.untilStderr(/line 1: Bad configuration option: Bogus/);
    assert.equal((await login(config, 'echo still')).stdout.toString(), 'still\n');
    await sshd.end();
  });

  test('-d serves one connection in the foreground and ends', async () => {
    const config = await configure('debug');
    const sshd = start(config, ['-d']);
    await sshd.untilStderr(/Server listening/);
    assert.equal((await login(config, 'echo once')).stdout.toString(), 'once\n');
    const { code, stderr } = await sshd.exited;
    assert.equal(code, 0);
    assert.match(stderr, /Accepted publickey/);
  });

  test('-i serves the connection that it is given, with complaints in the log file only', async () => {
    const config = await configure('inetd');
    const log = folder.file('inetd.log');
    const knownHosts = await folder.write('inetd.known', `inetd ${config.hostKey.publicLine}\n`, 0o644);
    const user = process.getuid?.() === 0 ? 'root' : fixture.account.name;
    const proxy = `ProxyCommand=${ourSshd} -i -f ${config.file} -E ${log}`;
    const target = { host: 'inetd', port: 22, user, knownHosts };
    const { stdout, stderr } = await fixture.openssh.runClient(target, ['echo in'], { config: [proxy] });
    assert.deepEqual({ stdout: stdout.toString(), stderr }, { stdout: 'in\n', stderr: '' });
    const line = /Accepted publickey for \S+ from UNKNOWN port 65535/;
    await until(() => line.test(textOf(log)), 'the login is in the log');
  });

  test('-i with a configuration that is wrong says nothing to the peer and ends with 255', async () => {
    const file = await folder.write('inetd-wrong.config', 'Bogus\n', 0o644);
    const { code, stdout } = await runProgram(ourSshd, ['-i', '-f', file]);
    assert.deepEqual({ code, stdout: stdout.toString() }, { code: 255, stdout: '' });
  });

  test('-g is the time for a login', async () => {
    const config = await configure('grace');
    // Within it the peer is told who sshd is.
    const sshd = start(config, ['-D', '-e', '-g', '4']);
    await sshd.untilStderr(/Server listening/);
    const client = startProgram('/bin/bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${config.port}; cat <&3`]);
    await sshd.untilStderr(/Timeout before authentication for connection from 127\.0\.0\.1/);
    assert.match((await client.exited).stdout.toString(), /^SSH-2\.0-/);
    await sshd.end();
  });
});

test('sshd does not start with a restriction that it does not enforce, and names it', async () => {
  const values: Readonly<Record<string, string>> = {
    ChrootDirectory: '/nonexistent',
    RequiredRSASize: '4096',
    PubkeyAuthOptions: 'touch-required',
    RefuseConnection: 'yes',
  };
  const rows = sshdKeywords.filter(
    (row) => 'ignoring' in row && row.ignoring === 'weakens' && row.effect === 'not-yet',
  );
  const { path } = await fixture.openssh.key('ed25519');
  for (const { name } of rows) {
    const value = values[name];
    if (value === undefined) continue;
    const file = await folder.write('restricting', `HostKey ${path}\n${name} ${value}\n`, 0o644);
    const { code, stderr } = await runProgram(ourSshd, ['-t', '-f', file]);
    assert.equal(code, 255, name);
    assert.match(stderr, new RegExp(`^${name} is set, but this version of sshd does not enforce it`));
  }
});

for (const { as, needs: needed } of waysToRun) {
  test(`sshd as ${as} keeps processes for key files, which go when sshd goes`, needed, async () => {
    const server = await fixture.start(as);
    await until(() => childrenNamed(server.pid, /^sshd-keys/).length === 2, 'there are processes for key files');
    const before = childrenNamed(server.pid, /^sshd-keys/);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
    const [next] = childrenNamed(server.pid, /^sshd-keys/);
    assert.ok(next !== undefined && !before.includes(next));
    await server.end();
    await until(() => hasEnded(next), 'it has gone');
  });
}
