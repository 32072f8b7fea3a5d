import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { sendNow } from './blocking-io.ts';
import type { ByteStream } from './byte-stream.ts';
import { fromSocket, openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor, isReady, makePipe, socketPair } from './descriptors.ts';
import { openPty } from './pty.ts';

const isBun = process.versions['bun'] !== undefined;

interface Log {
  readonly data: Buffer[];
  readonly events: string[];
  error: Error | undefined;
}

/** Records what a stream reports; `closed` resolves with the record. */
function watch(stream: ByteStream): Log & { readonly closed: Promise<Log> } {
  const log: Log = { data: [], events: [], error: undefined };
  stream.onData = (chunk) => log.data.push(Buffer.from(chunk));
  stream.onEnd = () => log.events.push('end');
  const closed = new Promise<Log>((resolve) => {
    stream.onClose = (error) => {
      log.error = error;
      log.events.push('close');
      resolve(log);
    };
  });
  return Object.assign(log, { closed });
}

function sha256(...chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Writes chunks as back-pressure allows, then ends; resolves when all are handed over. */
function pump(stream: ByteStream, chunks: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve) => {
    let next = 0;
    const go = (): void => {
      while (next < chunks.length) {
        const batch = chunks.slice(next, next + 3);
        next += 3;
        if (!stream.write(batch)) return;
      }
      stream.end();
      resolve();
    };
    stream.onDrain = go;
    go();
  });
}

/** Overwrites each chunk as soon as the stream says that it was taken; how much that was. */
function reuseTaken(stream: ByteStream): () => number {
  let bytes = 0;
  stream.onTaken = (chunk) => {
    bytes += chunk.length;
    chunk.fill(0xee);
  };
  return () => bytes;
}

/** Pieces of many sizes, small and large. */
function pieces(bytes: number): Uint8Array[] {
  const whole = randomBytes(bytes);
  const cut: Uint8Array[] = [];
  for (let at = 0, step = 1; at < bytes; at += step, step = (step * 7) % 100_003)
    cut.push(whole.subarray(at, at + step));
  return cut;
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const start = Date.now();
  while (!holds()) {
    if (Date.now() - start > 20_000) throw new Error(`waited in vain for: ${what}`);
    await delay(2);
  }
}

const pairs = {
  'socket pair': () => {
    const [left, right] = socketPair();
    return { from: openDescriptor(left), to: openDescriptor(right) };
  },
  pipe: () => {
    const { readFd, writeFd } = makePipe();
    return { from: openDescriptor(writeFd), to: openDescriptor(readFd) };
  },
};

for (const [kind, open] of Object.entries(pairs)) {
  test(`Every byte goes through a ${kind} in order when the reader pauses now and then`, async () => {
    const { from, to } = open();
    const sent = pieces(24 << 20);
    const expected = sha256(...sent);
    const takenBytes = reuseTaken(from);
    const log = watch(to);
    let seen = 0;
    to.onData = (chunk) => {
      log.data.push(Buffer.from(chunk));
      if (++seen % 40 !== 0) return;
      to.pause();
      setTimeout(() => to.resume(), 1);
    };
    to.onEnd = () => {
      log.events.push('end');
      to.end();
    };
    const fromLog = watch(from);
    from.resume();
    to.resume();
    await pump(from, sent);
    await Promise.all([log.closed, fromLog.closed]);
    assert.equal(sha256(...log.data), expected);
    assert.equal(takenBytes(), 24 << 20);
    assert.deepEqual(log.events, ['end', 'close']);
    assert.deepEqual([log.error, fromLog.error], [undefined, undefined]);
  });

  test(`A stream over a ${kind} delivers nothing before resume and nothing after pause`, async () => {
    const { from, to } = open();
    const log = watch(to);
    from.write([Buffer.from('first')]);
    await delay(30);
    assert.deepEqual(log.data, []);
    to.resume();
    await until(() => log.data.length > 0, 'first chunk');
    to.pause();
    from.write([Buffer.from('second')]);
    from.end();
    await delay(30);
    assert.equal(Buffer.concat(log.data).toString(), 'first');
    assert.deepEqual(log.events, []);
    to.resume();
    await until(() => log.events.includes('end'), 'end');
    assert.equal(Buffer.concat(log.data).toString(), 'firstsecond');
    to.destroy();
    from.destroy();
    await log.closed;
  });

  test(`A ${kind} that nobody reads pushes back, and drains when it is read`, async () => {
    const { from, to } = open();
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let written = 0;
    let drained = 0;
    from.onDrain = () => drained++;
    const fill = async (): Promise<void> => {
      do {
        drained = 0;
        do written += chunk.length;
        while (from.write([chunk]));
        await delay(20);
        assert.ok(written < 64 << 20, 'no back-pressure');
      } while (drained > 0);
    };
    await fill();
    assert.ok(from.bufferedBytes > 0);
    const log = watch(to);
    to.resume();
    await until(() => drained > 0, 'drain');
    assert.equal(from.bufferedBytes, 0);
    from.end();
    await until(() => log.events.includes('end'), 'end');
    assert.equal(
      log.data.reduce((sum, data) => sum + data.length, 0),
      written,
    );
    to.destroy();
    from.destroy();
  });

  test(`A ${kind} whose reader has gone ends the writer with EPIPE and drops what is written`, async () => {
    const { from, to } = open();
    const log = watch(from);
    from.resume();
    to.destroy();
    await delay(10);
    await until(() => {
      from.write([Buffer.from('anybody?')]);
      return log.events.includes('close');
    }, 'close');
    const isEnd = isBun && kind !== 'pipe' && log.error === undefined;
    if (!isEnd) assert.match(String((log.error as { code?: string } | undefined)?.code), /^(EPIPE|ECONNRESET)$/);
    assert.equal(from.write([Buffer.from('nobody')]), true);
    assert.equal(from.bufferedBytes, 0);
  });

  test(`Destroying a blocked ${kind} closes it once, without an error`, async () => {
    const { from, to } = open();
    while (from.write([Buffer.alloc(64 * 1024)]));
    const log = watch(from);
    from.destroy();
    from.destroy();
    await log.closed;
    await delay(10);
    assert.deepEqual(log.events, ['close']);
    assert.equal(log.error, undefined);
    to.destroy();
  });
}

test('A socket is half-closed: after end() the other direction still carries data', async () => {
  const { from, to } = pairs['socket pair']();
  const answer = pieces(2 << 20);
  const asked = watch(to);
  to.onEnd = () => void pump(to, answer);
  const answered = watch(from);
  to.resume();
  from.resume();
  from.write([Buffer.from('question')]);
  from.end();
  await Promise.all([answered.closed, asked.closed]);
  assert.equal(Buffer.concat(asked.data).toString(), 'question');
  assert.equal(sha256(...answered.data), sha256(...answer));
  assert.deepEqual(answered.events, ['end', 'close']);
});

test('A stream that is paused while the other end writes and hangs up costs no processor time and loses nothing', async () => {
  const { from, to } = pairs['socket pair']();
  const pipe = pairs.pipe();
  const sent = Buffer.alloc(30_000, 'data');
  const logs = [watch(to), watch(pipe.to)];
  for (const stream of [from, pipe.from]) {
    stream.write([sent]);
    stream.end();
  }
  from.destroy();
  await delay(50);
  // The runtime may collect what the tests before have left; a stream that is busy is so all the time.
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5 && least >= 100_000; look++) {
    const before = process.cpuUsage();
    await delay(300);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  assert.ok(least < 100_000, `${least} microseconds of 300000`);
  to.resume();
  pipe.to.resume();
  for (const log of logs) await until(() => log.events.includes('end'), 'end');
  for (const log of logs) assert.equal(sha256(...log.data), sha256(sent));
  to.destroy();
});

test('Chunks of onData stay as they were, and those of onView until it returns', async () => {
  const sent = randomBytes(3_000_000);
  for (const taking of ['onData', 'onView'] as const) {
    const [here, there] = socketPair();
    const reader = openDescriptor(here);
    const writer = openDescriptor(there);
    const log = watch(reader);
    const kept: Uint8Array[] = [];
    if (taking === 'onData') reader.onData = (chunk) => kept.push(chunk);
    else reader.onView = (chunk) => kept.push(chunk.slice());
    reader.resume();
    writer.write([sent]);
    writer.end();
    reader.end();
    await log.closed;
    writer.destroy();
    const data = taking === 'onData' ? [...kept] : [...log.data, ...kept];
    assert.equal(sha256(...data), sha256(sent), taking);
  }
});

test('Lent chunks of a socket come in order, large and small, however their reader pauses', async () => {
  const [here, there] = socketPair();
  const reader = openDescriptor(here);
  const writer = openDescriptor(there);
  const sent = pieces(24 << 20);
  const hash = createHash('sha256');
  const log = watch(reader);
  let isPaused = false;
  let seen = 0;
  const take = (chunk: Uint8Array): void => {
    assert.equal(isPaused, false);
    hash.update(chunk);
    if (++seen % 7 !== 0) return;
    isPaused = true;
    reader.pause();
    setImmediate(() => {
      isPaused = false;
      reader.resume();
    });
  };
  reader.onData = take;
  reader.onView = take;
  reader.resume();
  writer.resume();
  reader.end();
  await pump(writer, sent);
  await log.closed;
  assert.equal(hash.digest('hex'), sha256(...sent));
  assert.deepEqual(log.events, ['end', 'close']);
});

test('A stream that is destroyed by the reader of a large chunk delivers nothing more', async () => {
  const [here, there] = socketPair();
  const reader = openDescriptor(here);
  const writer = openDescriptor(there);
  const writerLog = watch(writer);
  const log = watch(reader);
  let bytes = 0;
  let bytesWhenDestroyed: number | undefined;
  const take = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes < 1_000_000 || bytesWhenDestroyed !== undefined) return;
    bytesWhenDestroyed = bytes;
    reader.destroy();
  };
  reader.onData = take;
  reader.onView = take;
  reader.resume();
  writer.resume();
  writer.write([randomBytes(8_000_000)]);
  await Promise.all([log.closed, writerLog.closed]);
  assert.equal(bytes, bytesWhenDestroyed);
  assert.deepEqual(log.events, ['close']);
});

test('An error behind a large chunk closes the stream with it', async () => {
  const [here, there] = socketPair();
  const reader = openDescriptor(here);
  const log = watch(reader);
  // What is never read makes the end of the other side a reset.
  reader.write([Buffer.from('unread')]);
  while (!isReady(there, 'readable', 0)) await delay(1);
  assert.ok(sendNow(there, randomBytes(150_000)) > 100_000);
  let isOpen = true;
  const take = (chunk: Uint8Array): void => {
    log.data.push(Buffer.from(chunk));
    if (isOpen) closeDescriptor(there);
    isOpen = false;
  };
  reader.onData = take;
  reader.onView = take;
  reader.resume();
  await log.closed;
  const { error } = log;
  assert.ok(error !== undefined && 'code' in error);
  assert.equal(error.code, 'ECONNRESET');
});

test('A regular file is read from and written at the position that the descriptor has', async () => {
  await using folder = await TemporaryFolder.create();
  const content = randomBytes(1 << 20);
  const input = await folder.write('input', content);
  const fd = openSync(input, 'r');
  readSync(fd, Buffer.alloc(1000));
  const reading = openDescriptor(fd);
  const log = watch(reading);
  reading.resume();
  await log.closed;
  assert.equal(sha256(...log.data), sha256(content.subarray(1000)));

  writeFileSync(folder.file('output'), 'head-');
  const writing = openDescriptor(openSync(folder.file('output'), 'a'));
  const written = watch(writing);
  await pump(writing, pieces(300_000).concat(content));
  await written.closed;
  const result = readFileSync(folder.file('output'));
  assert.equal(result.length, 5 + 300_000 + content.length);
  assert.equal(sha256(result.subarray(-content.length)), sha256(content));
});

test('/dev/null ends at once when read and takes everything when written', async () => {
  const nothing = openDescriptor(openSync('/dev/null', 'r'));
  const read = watch(nothing);
  nothing.resume();
  assert.deepEqual((await read.closed).events, ['end', 'close']);
  const sink = openDescriptor(openSync('/dev/null', 'w'));
  const written = watch(sink);
  await pump(sink, pieces(1 << 20));
  assert.equal((await written.closed).error, undefined);
});

test('Reading a folder or a descriptor that is not open is an error', async () => {
  const stream = openDescriptor(openSync('/', 'r'));
  const log = watch(stream);
  stream.resume();
  assert.equal(((await log.closed).error as { code?: string }).code, 'EISDIR');
  assert.throws(() => openDescriptor(54_321), { code: 'EBADF' });
});

test('A descriptor that the stream owned is closed when the stream is', async () => {
  const [left, right] = socketPair();
  const { readFd, writeFd } = makePipe();
  const file = openSync('/etc/passwd', 'r');
  const { masterFd, slaveFd } = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  const fds = [left, right, readFd, writeFd, file, masterFd, slaveFd];
  const streams = fds.map((fd) => openDescriptor(fd));
  const logs = streams.map(watch);
  for (const stream of streams) stream.destroy();
  await Promise.all(logs.map((log) => log.closed));
  await until(() => fds.every((fd) => !existsSync(`/proc/self/fd/${fd}`)), 'closed descriptors');
});

async function tcpPair(): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await accepted) as [Socket];
  server.close();
  return [client, socket];
}

test('A socket of node:net is the same kind of stream, client and server side', async () => {
  const [client, accepted] = await tcpPair();
  const [left, right] = [fromSocket(client), fromSocket(accepted)];
  const [leftLog, rightLog] = [watch(left), watch(right)];
  const [there, back] = [pieces(8 << 20), pieces(8 << 20)];
  const expected = [sha256(...back), sha256(...there)];
  const takenBytes = [reuseTaken(left), reuseTaken(right)];
  left.resume();
  right.resume();
  await Promise.all([pump(left, there), pump(right, back)]);
  await Promise.all([leftLog.closed, rightLog.closed]);
  assert.deepEqual([sha256(...leftLog.data), sha256(...rightLog.data)], expected);
  assert.deepEqual(
    takenBytes.map((bytes) => bytes()),
    [8 << 20, 8 << 20],
  );
  assert.deepEqual(leftLog.events, ['end', 'close']);
});

test('A connection that cannot be made closes the stream with its error', async () => {
  const stream = fromSocket(connect('/no/such/socket'));
  stream.write([Buffer.from('lost')]);
  assert.equal(((await watch(stream).closed).error as { code?: string }).code, 'ENOENT');
});
