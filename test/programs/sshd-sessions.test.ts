// The stock ssh, and a client of the library where the stock one does not tell, run programs on our sshd: exit status,
// exit signal, streams, environment, subsystems, descriptors (RFC 4254 section 6).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import type { Client } from 'sallyport';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

const config = [
  'AcceptEnv LANG GREETING_* BUN_* NODE_*',
  'SetEnv CHOSEN=server',
  'Subsystem count /usr/bin/wc -c',
  'PermitUserEnvironment no',
];

for (const { as, needs } of waysToRun) {
  describe(`sshd as ${as}`, needs, () => {
    let server: StockServer;
    let client: Client;
    before(async () => {
      server = await fixture.start(as, { config, env: { TZ: 'EAST-5' } });
      client = await fixture.connect(server);
    });
    after(async () => {
      await client?.end();
      await server?.end();
    });

    test('a command runs as the account in its home, with its streams apart and its status', async () => {
      const { stdout, stderr, code } = await fixture.ssh(server, ['id -un; pwd; echo err >&2; exit 3']);
      const { name, home } = fixture.account;
      assert.deepEqual([stdout, stderr, code], [`${name}\n${home}\n`, 'err\n', 3]);
    });

    test('every exit status arrives as it is', async () => {
      for (const status of [0, 1, 127, 255]) {
        assert.deepEqual((await client.run(`exit ${status}`)).exit, { code: status });
      }
    });

    test('an end by a signal arrives as exit-signal, with the name of RFC 4254 section 6.10 or SIG@openssh.com', async () => {
      for (const [signal, name] of [
        ['TERM', 'TERM'],
        ['KILL', 'KILL'],
        ['SEGV', 'SEGV'],
        ['USR2', 'USR2'],
        ['XCPU', 'SIG@openssh.com'],
      ] as const) {
        const { exit } = await client.run(`ulimit -c 0; kill -${signal} $$`);
        assert.deepEqual(exit, { signal: name, coreDumped: false, description: '' });
      }
    });

    test('the stock ssh ends with 255 when a signal ended the command', async () => {
      assert.equal((await fixture.ssh(server, ['kill -TERM $$'])).code, 255);
    });

    test('a shell without a terminal reads its commands from the client', async () => {
      const input = 'echo "[$0] $(id -un)"; exit 4\n';
      const { stdout, code } = await fixture.ssh(server, [], { input });
      const shell = fixture.account.shell.split('/').at(-1);
      assert.deepEqual([stdout, code], [`[-${shell}] ${fixture.account.name}\n`, 4]);
    });

    test('the end of input reaches the command, whose output goes on (RFC 4254 section 5.3)', async () => {
      const { stdout, code } = await fixture.ssh(server, ['wc -c; echo after'], { input: 'x'.repeat(100_000) });
      assert.deepEqual([stdout.trim().split(/\s+/), code], [['100000', 'after'], 0]);
    });

    test('a command that closes its output goes on, and its status arrives', async () => {
      const { exit, stdout } = await client.run('echo one; exec >&- 2>&-; sleep 0.1; exit 9');
      assert.deepEqual([exit.code, stdout], [9, 'one\n']);
    });

    test('a child in the background that holds the output holds the channel open, as with OpenSSH', async () => {
      const started = performance.now();
      const { stdout } = await client.run('(sleep 0.5; echo late) & echo early');
      assert.equal(stdout, 'early\nlate\n');
      assert.ok(performance.now() - started > 400);
    });

    test('signals of the client reach the process group of the command (RFC 4254 section 6.9)', async () => {
      const process = await client.spawn('trap "echo caught; exit 5" USR1; echo ready; while :; do sleep 0.05; done');
      const lines = process.stdout.lines();
      assert.equal((await lines.next()).value, 'ready');
      process.signal('USR1');
      assert.equal((await lines.next()).value, 'caught');
      assert.deepEqual(await process.exited, { code: 5 });
    });

    test('only variables that AcceptEnv names are set, and never those of the runtimes', async () => {
      const env = {
        LANG: 'C',
        GREETING_1: 'hi there',
        OTHER: 'x',
        BUN_OPTIONS: '--x',
        NODE_OPTIONS: '--y',
        LD_PRELOAD: 'z',
      };
      const { stdout } = await client.run('env', { env });
      const names = stdout.split('\n').map((line) => line.split('=')[0]);
      assert.ok(stdout.includes('GREETING_1=hi there\n'));
      assert.ok(names.includes('LANG'));
      for (const name of ['OTHER', 'BUN_OPTIONS', 'NODE_OPTIONS', 'LD_PRELOAD']) assert.ok(!names.includes(name), name);
    });

    test("the environment of a session is OpenSSH's", async () => {
      const { stdout } = await client.run('exec env');
      const { name, home, shell } = fixture.account;
      const variables = new Map(
        stdout
          .trim()
          .split('\n')
          .map((line) => [line.split('=')[0], line]),
      );
      const ours = ['CHOSEN=server', 'TZ=EAST-5'];
      for (const line of [`USER=${name}`, `LOGNAME=${name}`, `HOME=${home}`, `SHELL=${shell}`, ...ours]) {
        assert.equal(variables.get(line.split('=')[0]), line);
      }
      assert.match(variables.get('SSH_CLIENT') ?? '', new RegExp(`^SSH_CLIENT=127\\.0\\.0\\.1 \\d+ ${server.port}$`));
      assert.match(
        variables.get('SSH_CONNECTION') ?? '',
        new RegExp(`^SSH_CONNECTION=127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${server.port}$`),
      );
      const known = [
        'USER',
        'LOGNAME',
        'HOME',
        'PATH',
        'MAIL',
        'SHELL',
        'CHOSEN',
        'TZ',
        'SSH_CLIENT',
        'SSH_CONNECTION',
        'TZ',
        'PWD',
        'SHLVL',
        '_',
        'OLDPWD',
      ];
      assert.deepEqual(
        [...variables.keys()].filter((variable) => !known.includes(variable ?? '')),
        [],
      );
    });

    test('a subsystem runs its command, and one that is not there is refused', async () => {
      const { stdout } = await fixture.ssh(server, ['-s', 'count'], { input: 'seven!!' });
      assert.equal(stdout.trim(), '7');
      const { stderr, code } = await fixture.ssh(server, ['-s', 'nothing']);
      assert.match(stderr, /subsystem request failed on channel 0/);
      assert.equal(code, 255);
      await server.untilLog(/subsystem request for nothing by user \S+ failed, subsystem not found/);
    });

    test('a session has descriptors 0, 1 and 2 and nothing else of ours', async () => {
      const { stdout } = await client.run('ls /proc/self/fd');
      assert.deepEqual(stdout.trim().split('\n'), ['0', '1', '2', '3']);
      const inTerminal = await client.run('ls /proc/self/fd', { pty: true });
      assert.deepEqual(inTerminal.stdout.trim().split(/\s+/), ['0', '1', '2', '3']);
    });

    test('ignored signals and the signal mask are not inherited by the session', async () => {
      const { stdout } = await client.run('grep -E "^Sig(Blk|Ign)" /proc/self/status');
      assert.deepEqual(stdout.match(/[0-9a-f]{16}/g), ['0'.repeat(16), '0'.repeat(16)]);
    });
  });
}
