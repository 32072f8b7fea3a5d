// What must not hurt the daemon or anybody else: strangers who send rubbish, processes that are killed, two hundred
// connections after each other, commands that are no text.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { after, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { programPath, runProgram, skipUnless, TemporaryAccount, until } from '@sallyport/testing';
import { childrenNamed, descriptors } from './processes.ts';
import { needsRoot, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

/** Sends bytes to the daemon; resolves with what came back when the daemon has closed. */
function say(server: StockServer, bytes: Uint8Array | string): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket: Socket = connectTcp({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(bytes);
    });
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
    socket.on('end', () => socket.destroy());
  });
}

const identification = 'SSH-2.0-Stranger\r\n';
const packet = (lengthBytes: number, rest: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(lengthBytes);
  return Buffer.concat([Buffer.from(identification), header, rest]);
};

const rubbish: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
  ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /banner exchange: .*invalid format/],
  ['nine kilobytes without a line', 'x'.repeat(9216), /banner exchange: .*invalid format/],
  ['binary rubbish', randomBytes(4096), /banner exchange: .*invalid format|Disconnecting|ssh_dispatch_run_fatal/],
  ['version 1', 'SSH-1.5-old\r\n', /Protocol major versions differ/],
  [
    'a packet of four gigabytes',
    packet(0xffffffff, randomBytes(64)),
    /Bad packet length|ssh_dispatch_run_fatal|Disconnecting/,
  ],
  ['a packet of no bytes', packet(0, randomBytes(64)), /Bad packet length|ssh_dispatch_run_fatal|Disconnecting/],
  ['a packet that is all padding', packet(12, Buffer.concat([Buffer.of(255), randomBytes(64)])), /./],
  ['a disconnect without a reason', packet(12, Buffer.concat([Buffer.of(10, 1), Buffer.alloc(10)])), /./],
  ['a login before a key exchange', packet(12, Buffer.concat([Buffer.of(10, 50), Buffer.alloc(10)])), /./],
];

for (const { as, needs } of waysToRun) {
  describe(`sshd as ${as}`, needs, () => {
    test('ends strangers who send rubbish, says why, and serves the next one', async () => {
      await using server = await fixture.start(as, { config: ['LoginGraceTime 20', 'MaxStartups 100'] });
      for (const [what, bytes, line] of rubbish) {
        const before = server.log().length;
        await say(server, bytes);
        await until(
          () =>
            line.test(
              server
                .log()
                .slice(before)
                .replaceAll(/^Connection from .*$/gm, ''),
            ),
          what,
        );
      }
      const log = server.log();
      assert.doesNotMatch(log, /internal error|ended with (?:signal|status)|broke the rules/);
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
    });

    test('loses one connection when its auth process is killed, and nothing else', async () => {
      await using server = await fixture.start(as);
      const standing = await fixture.connect(server);
      await standing.run('true');
      const before = childrenNamed(server.pid, /^sshd-auth/);
      const socket = connectTcp(server.port, '127.0.0.1');
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('data', resolve));
      // The one that has the connection is a copy or was there before; what is killed with it must not matter either.
      for (const pid of [...before, ...childrenNamed(server.pid, /^sshd-auth/)]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      }
      await closed;
      await server.untilLog(/sshd-auth process \d+ ended with signal 9/);
      assert.equal(Buffer.from((await standing.run('echo on')).stdout).toString(), 'on\n');
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
      await standing.end();
    });

    test('loses the connections of an account when its process is killed, and takes new ones', async () => {
      await using server = await fixture.start(as);
      const first = fixture.openssh.startClient(server, ['echo started; sleep 100']);
      await until(() => first.stdout().length > 0, 'the session runs');
      const [pid] = childrenNamed(server.pid, /^sshd-session/);
      process.kill(pid as number, 'SIGKILL');
      assert.equal((await first.exited).code, 255);
      await server.untilLog(/sshd-session process \d+ ended with signal 9/);
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
    });

    test('has no more descriptors and processes after two hundred connections than before', needsRoot, async () => {
      await using server = await fixture.start(as, { config: ['MaxStartups 300'] });
      const one = async (index: number): Promise<void> => {
        if (index % 8 === 0) assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
        else if (index % 8 === 1) await (await fixture.connect(server)).end();
        else await say(server, index % 2 === 0 ? 'rubbish\r\n' : `${identification}rubbish that is no packet at all`);
      };
      const settled = async (): Promise<number> => {
        await until(() => childrenNamed(server.pid, /^sshd-auth/).length <= 2, 'only what is prepared is left');
        return descriptors(server.pid).length;
      };
      for (let index = 0; index < 8; index++) await one(index);
      const before = await settled();
      for (let index = 0; index < 200; index += 4) {
        await Promise.all([0, 1, 2, 3].map((offset) => one(index + offset)));
      }
      // An account's process may have gone or come: two descriptors and a pipe.
      await settled();
      await until(() => descriptors(server.pid).length <= before + 4, `about ${before} descriptors, as before`);
    });

    test('runs commands and passes variables that are no UTF-8 byte by byte', async () => {
      await using server = await fixture.start(as, { config: ['AcceptEnv LC_BYTES'] });
      const client = fixture.openssh.clientArguments(server, ['SendEnv=LC_BYTES']);
      const script = `exec "$@" "printf '\\$1=%s,%s' \\"$(printf '\\351\\377')\\" \\"\\$LC_BYTES\\" | od -An -tx1"`;
      const quoted = `LC_BYTES="$(printf '\\303\\050')"; export LC_BYTES; ${script}`;
      const { stdout } = await runProgram('/bin/sh', ['-c', quoted, 'sh', programPath('ssh'), ...client], {
        env: { HOME: fixture.openssh.folder.path },
      });
      assert.equal(stdout.toString().replaceAll(/\s+/g, ' ').trim(), '24 31 3d e9 ff 2c c3 28');
    });

    test('says how much went over a connection that was lost', async () => {
      await using server = await fixture.start(as);
      const client = fixture.openssh.startClient(server, ['head -c 100000 /dev/zero; sleep 100']);
      await until(() => client.stdout().length === 100_000, 'the bytes are here');
      await client.end('SIGKILL');
      const pattern = /Transferred: sent (\d+), received (\d+) bytes\r?\nClosing connection to 127\.0\.0\.1 port \d+/;
      const [, sent, received] = await server.untilLog(pattern);
      assert.ok(Number(sent) > 100_000 && Number(sent) < 120_000, `sent ${sent}`);
      assert.ok(Number(received) > 500 && Number(received) < 20_000, `received ${received}`);
    });
  });
}

test(
  'killing the process of one account leaves another account alone',
  skipUnless('root', 'openssh-client'),
  async () => {
    await using other = await TemporaryAccount.create();
    await using server = await fixture.start('root');
    const mine = fixture.openssh.startClient(server, ['echo started; sleep 100']);
    const theirs = fixture.openssh.startClient({ ...server, user: other.name }, [
      'echo started; read line; echo $line',
    ]);
    for (const client of [mine, theirs]) await until(() => client.stdout().length > 0, 'both sessions run');
    const [pid] = childrenNamed(server.pid, new RegExp(`^sshd-session: ${fixture.account.name}`));
    process.kill(pid as number, 'SIGKILL');
    assert.equal((await mine.exited).code, 255);
    theirs.child.stdin?.end('still here\n');
    assert.equal((await theirs.exited).stdout.toString(), 'started\nstill here\n');
  },
);
