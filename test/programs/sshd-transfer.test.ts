// Bytes through our sshd: both ways at once with re-keys, many channels and connections beside each other, forwarded
// connections, readers that stop, and ends that disappear in the middle.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTcp, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { freePort, programPath, runProgram } from '@sallyport/testing';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

const mebibyte = 1024 * 1024;
const data = new SeededRandom(16).bytes(16 * mebibyte);
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const wantedHash = hash(data);

for (const { as, needs } of waysToRun) {
  describe(`transfers of sshd as ${as}`, needs, () => {
    let server: StockServer;
    before(async () => {
      server = await fixture.start(as, { config: ['RekeyLimit 1M', 'MaxSessions 20', 'MaxStartups 100'] });
    });
    after(() => server?.end());

    for (const cipher of ['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes128-ctr']) {
      test(`16 MiB go both ways at once through ${cipher} with a re-key every MiB of either side`, async () => {
        const config = ['RekeyLimit=1M', `Ciphers=${cipher}`];
        const { stdout, code, stderr } = await fixture.openssh.runClient(server, ['cat'], { input: data, config });
        assert.deepEqual([hash(stdout), code, stderr], [wantedHash, 0, '']);
      });
    }

    for (const [setting, agreed] of [
      ['yes', 'zlib@openssh.com'],
      ['delayed', 'zlib@openssh.com'],
      ['no', 'none'],
    ]) {
      test(`Compression ${setting} lets a client that would compress have ${agreed}`, async () => {
        const other = await fixture.start(as, { config: [`Compression ${setting}`] });
        try {
          const config = ['Compression=yes', 'LogLevel=DEBUG1'];
          const run = await fixture.openssh.runClient(other, ['cat'], { input: data, config });
          assert.equal(hash(run.stdout), wantedHash, run.stderr);
          const methods = [...run.stderr.matchAll(/kex: \S+ cipher: .* compression: (\S+)/g)].map(([, name]) => name);
          assert.deepEqual(methods, [agreed, agreed]);
        } finally {
          await other.end();
        }
      });
    }

    test('16 MiB up and 16 MiB down arrive whole', async () => {
      const up = await fixture.openssh.runClient(server, ['sha256sum'], { input: data });
      assert.equal(up.stdout.toString().split(' ')[0], wantedHash);
      const down = await fixture.openssh.runClient(server, [`head -c ${16 * mebibyte} /dev/zero | tr '\\0' z`]);
      assert.equal(hash(down.stdout), hash(new Uint8Array(16 * mebibyte).fill('z'.charCodeAt(0))));
    });

    test('stdout and stderr carry 4 MiB each, apart', async () => {
      const half = 4 * mebibyte;
      const { stdout, stderr } = await fixture.openssh.runClient(server, [
        `head -c ${half} /dev/zero & head -c ${half} /dev/zero | tr '\\0' e >&2; wait`,
      ]);
      assert.deepEqual([stdout.length, stderr.length], [half, half]);
    });

    test('ten sessions of one connection run beside each other, through ControlMaster', async () => {
      const path = fixture.openssh.folder.file(`control-${as}`);
      const master = fixture.openssh.startClient(server, ['-N'], {
        config: ['ControlMaster=yes', `ControlPath=${path}`],
      });
      await server.untilLog(/Accepted publickey/);
      const args = ['-o', `ControlPath=${path}`, ...fixture.openssh.clientArguments(server)];
      const check = (): Promise<{ code: number | undefined }> =>
        runProgram(programPath('ssh'), ['-O', 'check', ...args]);
      while ((await check()).code !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
      const runs = Array.from({ length: 10 }, (_, i) =>
        runProgram(programPath('ssh'), [...args, `cat; echo ${i}; exit ${i}`], { input: data.subarray(0, mebibyte) }),
      );
      for (const [i, { stdout, code }] of (await Promise.all(runs)).entries()) {
        assert.equal(hash(stdout.subarray(0, mebibyte)), hash(data.subarray(0, mebibyte)));
        assert.deepEqual([stdout.subarray(mebibyte).toString(), code], [`${i}\n`, i]);
      }
      await master.end();
    });

    test('a program that is not read stops, and other channels of the connection go on', async () => {
      await using client = await fixture.connect(server);
      const stuck = await client.spawn('yes');
      await stuck.stdout[Symbol.asyncIterator]().next();
      assert.equal((await client.run('echo through')).stdout, 'through\n');
      stuck.abort();
      assert.equal((await client.run('echo again')).stdout, 'again\n');
    });

    test('a program that does not read is not fed without bounds, and ends when its input is dropped', async () => {
      await using client = await fixture.connect(server);
      const lazy = await client.spawn('sleep 0.3; exec 0<&-; sleep 0.1; echo done');
      const writing = lazy.stdin.write(data).catch(() => undefined);
      assert.equal(await lazy.stdout.text(), 'done\n');
      assert.deepEqual(await lazy.exited, { code: 0 });
      await writing;
    });

    test('ssh -L carries 4 MiB both ways and half-closes, several times through one connection', async () => {
      const echo = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => undefined);
        socket.pipe(socket);
      }).listen(0, '127.0.0.1');
      await once(echo, 'listening');
      const { port } = echo.address() as { port: number };
      const local = await freePort();
      const args = ['-N', '-L', `127.0.0.1:${local}:127.0.0.1:${port}`];
      const forwarding = fixture.openssh.startClient(server, args, { config: ['LogLevel=DEBUG1'] });
      await forwarding.untilStderr(/Entering interactive session/);
      const part = data.subarray(0, 4 * mebibyte);
      const carry = async (): Promise<string> => {
        const socket: Socket = connectTcp({ port: local, host: '127.0.0.1', allowHalfOpen: true });
        socket.end(part);
        const chunks: Buffer[] = [];
        for await (const chunk of socket) chunks.push(chunk as Buffer);
        return hash(Buffer.concat(chunks));
      };
      assert.deepEqual(await Promise.all([carry(), carry(), carry()]), Array(3).fill(hash(part)));
      await forwarding.end();
      echo.close();
    });

    test('a destination that refuses, one that resets, and a forwarding that is given up cost nothing else', async () => {
      await using client = await fixture.connect(server);
      await assert.rejects(client.dial('127.0.0.1', await freePort()), /Connection refused/);
      await assert.rejects(client.dial('no-such-host.invalid', 1));
      const tcp = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.write('hello');
        socket.once('data', () => socket.resetAndDestroy());
      }).listen(0, '127.0.0.1');
      await once(tcp, 'listening');
      const { port } = tcp.address() as { port: number };
      const reset = await client.dial('127.0.0.1', port);
      await reset.writable.write('now');
      await reset.closed;
      const left = await client.dial('127.0.0.1', port);
      left.close();
      await left.closed;
      assert.equal((await client.run('echo still here')).stdout, 'still here\n');
      tcp.close();
    });

    test('a client that is killed in the middle of a transfer leaves the others and sshd alone', async () => {
      await using other = await fixture.connect(server);
      const killed = fixture.openssh.startClient(server, ['cat /dev/zero']);
      await once(killed.child.stdout as NonNullable<typeof killed.child.stdout>, 'data');
      killed.child.kill('SIGKILL');
      await killed.exited;
      const uploading = fixture.openssh.startClient(server, ['cat > /dev/null; sleep 60']);
      uploading.child.stdin?.write(data);
      await once(uploading.child.stdin as NonNullable<typeof uploading.child.stdin>, 'drain');
      uploading.child.kill('SIGKILL');
      assert.equal((await other.run('echo on')).stdout, 'on\n');
      const { code } = await fixture.ssh(server, ['exit 3']);
      assert.equal(code, 3);
    });

    test('thirty connections at once log in and get their own answers', async () => {
      const runs = Array.from({ length: 30 }, (_, i) => fixture.ssh(server, [`echo ${i}`]));
      assert.deepEqual(
        (await Promise.all(runs)).map(({ stdout }) => stdout),
        Array.from({ length: 30 }, (_, i) => `${i}\n`),
      );
    });
  });
}
