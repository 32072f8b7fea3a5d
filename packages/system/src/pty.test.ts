import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fstatSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ByteStream } from './byte-stream.ts';
import { onExit } from './child-exit.ts';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor } from './descriptors.ts';
import { openPty, setWindowSize, windowSize } from './pty.ts';
import type { Exit } from './spawn.ts';
import { spawnProcess } from './spawn.ts';

const size = { columns: 80, rows: 24, widthPixels: 640, heightPixels: 480 };
const env = { PATH: '/usr/bin:/bin', TERM: 'dumb' };

interface Session {
  readonly master: ByteStream;
  readonly output: () => string;
  readonly exited: Promise<Exit>;
  readonly ended: Promise<void>;
}

/** A shell script on a terminal of its own; the master is paused. */
function startOnTerminal(script: string): Session {
  const pty = openPty(size);
  const argv = ['-sh', '-c', script];
  const pid = spawnProcess({ path: '/bin/sh', argv, env, stdio: {}, terminalPath: pty.path });
  closeDescriptor(pty.slaveFd);
  const master = openDescriptor(pty.masterFd);
  const chunks: Uint8Array[] = [];
  master.onData = (chunk) => void chunks.push(chunk);
  const ended = new Promise<void>((resolve) => (master.onEnd = resolve));
  const exited = new Promise<Exit>((resolve) => onExit(pid, resolve));
  return { master, output: () => Buffer.concat(chunks).toString('latin1'), exited, ended };
}

test('A pseudo-terminal has a name, a size, and two ends', () => {
  const pty = openPty(size);
  assert.match(pty.path, /^\/dev\/pts\/\d+$/);
  assert.equal(fstatSync(pty.slaveFd).rdev, statSync(pty.path).rdev);
  assert.deepEqual(windowSize(pty.slaveFd), size);
  setWindowSize(pty.masterFd, { columns: 132, rows: 50, widthPixels: 0, heightPixels: 100_000 });
  assert.deepEqual(windowSize(pty.slaveFd), { columns: 132, rows: 50, widthPixels: 0, heightPixels: 65_535 });
  assert.throws(() => windowSize(-1), { code: 'EBADF' });
  closeDescriptor(pty.masterFd);
  closeDescriptor(pty.slaveFd);
});

test('A program on a terminal has it as controlling terminal of its own session', async () => {
  const { master, output, exited, ended } = startOnTerminal('tty; ps -o pid=,sid=,tpgid= -p $$; stty size; exit 5');
  master.resume();
  assert.deepEqual(await exited, { code: 5 });
  await ended;
  const [name, ids, cells] = output().split('\r\n');
  assert.match(name ?? '', /^\/dev\/pts\/\d+$/);
  assert.match(ids ?? '', /^\s*(\d+)\s+\1\s+\1$/);
  assert.equal(cells, '24 80');
  master.destroy();
});

test('The last output of a short program is never lost, however late it is read', async () => {
  const script = 'head -c 3000 /dev/zero | tr "\\0" x; echo end';
  const readers = Array.from({ length: 24 }, async (_, index) => {
    const { master, output, exited, ended } = startOnTerminal(script);
    if (index % 3 === 0) master.resume();
    await exited;
    if (index % 3 === 1) await delay(20);
    master.resume();
    await ended;
    master.destroy();
    return output();
  });
  const expected = `${'x'.repeat(3000)}end\r\n`;
  for (const output of await Promise.all(readers)) assert.equal(output, expected);
});

test('Much output through a slow reader arrives whole, and the end behind it', async () => {
  const script = 'seq 1 60000';
  const { master, output, ended } = startOnTerminal(script);
  const receive = master.onData;
  let seen = 0;
  master.onData = (chunk) => {
    receive?.(chunk);
    if (++seen % 10 !== 0) return;
    master.pause();
    setTimeout(() => master.resume(), 2);
  };
  master.resume();
  await ended;
  const expected = Array.from({ length: 60_000 }, (_, index) => `${index + 1}\r\n`).join('');
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
  assert.equal(digest(output()), digest(expected));
  master.destroy();
});

test('What is typed reaches the program, and a resize its SIGWINCH handler', async () => {
  const script =
    'trap "echo resized; stty size; exit" WINCH; read line; echo "got $line"; while :; do sleep 0.05; done';
  const pty = openPty(size);
  const pid = spawnProcess({ path: '/bin/sh', argv: ['sh', '-c', script], env, stdio: {}, terminalPath: pty.path });
  closeDescriptor(pty.slaveFd);
  const master = openDescriptor(pty.masterFd);
  let text = '';
  const seen = (what: string): Promise<void> =>
    new Promise((resolve) => {
      master.onData = (chunk) => {
        text += Buffer.from(chunk).toString();
        if (text.includes(what)) resolve();
      };
    });
  master.resume();
  master.write([Buffer.from('hel'), Buffer.from('lo\r')]);
  await seen('got hello');
  setWindowSize(pty.masterFd, { ...size, columns: 100 });
  await seen('24 100');
  await new Promise<Exit>((resolve) => onExit(pid, resolve));
  master.destroy();
});

test('Writing to a terminal whose program has gone ends the stream', async () => {
  const { master, exited, ended } = startOnTerminal('exit 0');
  master.resume();
  await exited;
  await ended;
  const closed = new Promise<Error | undefined>((resolve) => (master.onClose = resolve));
  master.write([Buffer.from('anybody?')]);
  master.end();
  const error = (await closed) as { code?: string } | undefined;
  assert.match(String(error?.code), /^(undefined|EIO|EPIPE|ERR_STREAM_DESTROYED)$/);
});

test('Forty quiet terminals leave the file system calls of the runtime free', async () => {
  const sessions = Array.from({ length: 40 }, () => startOnTerminal('read line; echo done'));
  for (const { master } of sessions) master.resume();
  const { readFile } = await import('node:fs/promises');
  await Promise.all(Array.from({ length: 20 }, () => readFile('/etc/passwd')));
  for (const { master } of sessions) master.write([Buffer.from('\r')]);
  for (const { ended, output, master } of sessions) {
    await ended;
    assert.match(output(), /done\r\n$/);
    master.destroy();
  }
});

test('A terminal whose program reads nothing pushes back without stopping this process', async () => {
  const pty = openPty(size);
  execFileSync('stty', ['-F', pty.path, 'raw', '-echo']);
  const master = openDescriptor(pty.masterFd);
  const bytes = 300_000;
  assert.equal(master.write([Buffer.alloc(bytes, 'x')]), false);
  await delay(10);
  assert.ok(master.bufferedBytes > 0);
  const drained = new Promise<void>((resolve) => (master.onDrain = resolve));
  const slave = openDescriptor(pty.slaveFd);
  let seen = 0;
  const all = new Promise<void>((resolve) => {
    slave.onData = (chunk) => {
      seen += chunk.length;
      if (seen === bytes) resolve();
    };
  });
  slave.resume();
  await Promise.all([drained, all]);
  assert.equal(master.bufferedBytes, 0);
  master.destroy();
  slave.destroy();
});
