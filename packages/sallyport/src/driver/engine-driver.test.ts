import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';

import type { Engine } from '@sallyport/protocol/engine';

import { createReadBuffer } from '@sallyport/system/node-socket';

import type { ByteStream } from './byte-stream.ts';
import { EngineDriver } from './engine-driver.ts';
import { memoryStreams } from './memory-stream.ts';
import { socketStream } from './socket-stream.ts';

/** Says what it is told to, reports what it gets, and asks a question when it gets a `?`. */
class TalkEngine implements Engine<string, string> {
  deadline: number | undefined;
  readonly expired: number[] = [];
  readonly recycled: string[] = [];
  #events: string[] = [];
  #output: Uint8Array[] = [];
  #question = false;
  taken = 0;

  get inputWanted(): boolean {
    return !this.#question;
  }
  receive(chunk: Uint8Array): void {
    assert.ok(this.inputWanted, 'receive() while no input is wanted');
    const text = Buffer.from(chunk).toString();
    this.#events.push(text);
    if (text.includes('?')) this.#question = true;
  }
  perform(command: string): void {
    if (command === 'answer') this.#question = false;
    else this.#output.push(Buffer.from(command));
  }
  nextEvent(): string | undefined {
    return this.#events.shift();
  }
  takeOutput(): Uint8Array[] {
    this.taken++;
    const output = this.#output;
    this.#output = [];
    return output;
  }
  recycle(chunk: Uint8Array): void {
    this.recycled.push(Buffer.from(chunk).toString());
  }
  expire(now: number): void {
    this.expired.push(now);
    this.deadline = undefined;
    this.#events.push('expired');
  }
}

/** A stream whose other side is the test. */
class HandStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onView?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onTaken?: (chunk: Uint8Array) => void;
  onClose?: (error?: Error) => void;
  readonly written: string[] = [];
  writes = 0;
  full = false;
  paused = false;
  ended = false;
  destroyed = false;
  bufferedBytes = 0;

  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  write(chunks: readonly Uint8Array[]): boolean {
    this.writes++;
    for (const chunk of chunks) this.written.push(Buffer.from(chunk).toString());
    return !this.full;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    queueMicrotask(() => this.onClose?.());
  }
  say(text: string): void {
    this.onData?.(Buffer.from(text));
  }
}

interface Setup {
  readonly engine: TalkEngine;
  readonly stream: HandStream;
  readonly driver: EngineDriver<string, string>;
  readonly events: string[];
  readonly closed: (Error | undefined)[];
}

function setUp(onEvent: (event: string, driver: EngineDriver<string, string>) => void = () => undefined): Setup {
  const engine = new TalkEngine();
  const stream = new HandStream();
  const events: string[] = [];
  const closed: (Error | undefined)[] = [];
  const driver: EngineDriver<string, string> = new EngineDriver(engine, stream, {
    event: (event) => {
      events.push(event);
      onEvent(event, driver);
    },
    closed: (error) => closed.push(error),
  });
  return { engine, stream, driver, events, closed };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the driver writes what the engine says first when it starts', () => {
  const { driver, stream, engine } = setUp();
  engine.perform('hello');
  assert.deepEqual(stream.written, []);
  driver.start();
  assert.deepEqual(stream.written, ['hello']);
  assert.throws(() => driver.start());
});

test('a chunk that the system has taken goes back to the engine', () => {
  const { driver, stream, engine } = setUp();
  engine.perform('hello');
  driver.start();
  assert.deepEqual(engine.recycled, []);
  stream.onTaken?.(Buffer.from('hello'));
  assert.deepEqual(engine.recycled, ['hello']);
});

test('commands of one task share one write', async () => {
  const { driver, stream } = setUp();
  driver.start();
  driver.perform('a');
  driver.perform('b');
  assert.equal(stream.writes, 0);
  await soon();
  assert.deepEqual(stream.written, ['a', 'b']);
  assert.equal(stream.writes, 1);
});

test('commands given while events are delivered leave with the same turn', () => {
  const { driver, stream, events } = setUp((event, self) => self.perform(`re:${event}`));
  driver.start();
  stream.say('x');
  assert.deepEqual(events, ['x']);
  assert.deepEqual(stream.written, ['re:x']);
});

test('an engine that wants no input is not fed and a chunk for it pauses the stream until the answer', async () => {
  const { driver, stream, events } = setUp();
  driver.start();
  stream.say('why?');
  stream.say('late');
  assert.equal(stream.paused, true);
  assert.deepEqual(events, ['why?']);
  driver.perform('answer');
  await soon();
  assert.deepEqual(events, ['why?', 'late']);
  assert.equal(stream.paused, false);
});

test('no output is taken from the engine while the stream is full', async () => {
  const { driver, stream, engine } = setUp();
  driver.start();
  stream.full = true;
  driver.perform('a');
  await soon();
  const taken = engine.taken;
  driver.perform('b');
  await soon();
  assert.equal(engine.taken, taken);
  assert.deepEqual(stream.written, ['a']);
  stream.full = false;
  stream.onDrain?.();
  assert.deepEqual(stream.written, ['a', 'b']);
});

test('end() writes the last output, ends the direction and reports the close once', async () => {
  const { driver, stream, closed } = setUp((event, self) => {
    if (event !== 'bye') return;
    self.perform('goodbye');
    self.end();
  });
  driver.start();
  stream.say('bye');
  assert.deepEqual(stream.written, ['goodbye']);
  assert.equal(stream.ended, true);
  assert.equal(driver.running, false);
  stream.say('ignored');
  stream.destroy();
  stream.onClose?.();
  await soon();
  assert.equal(closed.length, 1);
});

test('the end of the stream is reported after the events of what came before it', async () => {
  const { driver, stream, events, closed } = setUp();
  driver.start();
  stream.say('what?');
  stream.say('rest');
  stream.onEnd?.();
  assert.equal(closed.length, 0);
  driver.perform('answer');
  await soon();
  assert.deepEqual(events, ['what?', 'rest']);
  assert.deepEqual(closed, [undefined]);
});

test('the end of the stream is seen while a question is open', () => {
  const { driver, stream, closed } = setUp();
  driver.start();
  stream.say('what?');
  stream.onEnd?.();
  assert.deepEqual(closed, [undefined]);
});

test('an error of the stream is handed to closed()', () => {
  const { driver, stream, closed } = setUp();
  driver.start();
  const error = new Error('reset');
  stream.onClose?.(error);
  assert.deepEqual(closed, [error]);
});

test('the engine is told the time when its deadline has come', async () => {
  const engine = new TalkEngine();
  const stream = new HandStream();
  let now = 100;
  engine.deadline = 105;
  const expired = new Promise<void>((resolve) => {
    const driver = new EngineDriver<string, string>(engine, stream, {
      event: () => resolve(),
      closed: () => undefined,
      now: () => now,
    });
    driver.start();
    now = 106;
  });
  const keepAlive = setTimeout(() => undefined, 5000);
  await expired;
  clearTimeout(keepAlive);
  assert.deepEqual(engine.expired, [106]);
});

test('detach() leaves the stream open and gives back what the engine did not read', async () => {
  const { driver, stream, closed } = setUp();
  driver.start();
  stream.say('ready?');
  stream.say('for the next');
  driver.perform('sent before');
  await driver.written();
  const detached = driver.detach();
  assert.equal(detached.stream, stream);
  assert.equal(stream.paused, true);
  assert.equal(stream.destroyed, false);
  assert.deepEqual(
    detached.unread.map((chunk) => Buffer.from(chunk).toString()),
    ['for the next'],
  );
  assert.deepEqual(stream.written, ['sent before']);
  assert.deepEqual(closed, []);
});

test('written() waits for the output of the running turn and for the stream to drain', async () => {
  const { driver, stream } = setUp();
  driver.start();
  stream.full = true;
  driver.perform('x');
  let done = false;
  const written = driver.written().then(() => {
    done = true;
  });
  await soon();
  assert.equal(done, false);
  stream.full = false;
  stream.onDrain?.();
  await written;
  assert.deepEqual(stream.written, ['x']);
});

test('two drivers talk over a memory stream and close', async () => {
  const [left, right] = memoryStreams();
  const heard: string[] = [];
  const talker = new TalkEngine();
  talker.perform('ping');
  const echo: EngineDriver<string, string> = new EngineDriver(new TalkEngine(), right, {
    event: (event) => echo.perform(`echo ${event}`),
    closed: () => undefined,
  });
  await new Promise<void>((resolve) => {
    const driver: EngineDriver<string, string> = new EngineDriver(talker, left, {
      event: (event) => {
        heard.push(event);
        driver.end();
      },
      closed: () => resolve(),
    });
    echo.start();
    driver.start();
  });
  assert.deepEqual(heard, ['echo ping']);
});

test('a TCP socket carries 8 MiB both ways with a slow engine, and a reset is an error of closed()', async () => {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  await once(client, 'connect');
  const [peer] = await accepted;
  peer.on('data', (chunk) => peer.write(chunk));
  const counting = new CountingEngine(8 * 1024 * 1024);
  const closed = await new Promise<Error | undefined>((resolve) => {
    const driver = new EngineDriver<number, never>(counting, socketStream(client), {
      event: (received) => {
        if (received === counting.total) peer.resetAndDestroy();
      },
      closed: resolve,
    });
    driver.start();
  });
  server.close();
  assert.equal(counting.received, counting.total);
  assert.match(String(closed), /ECONNRESET/);
});

/** Puts out `total` bytes in pieces as long as output is taken, and counts what comes back. */
class CountingEngine implements Engine<number, never> {
  readonly deadline = undefined;
  readonly inputWanted = true;
  readonly total: number;
  received = 0;
  #sent = 0;
  #news = false;

  constructor(total: number) {
    this.total = total;
  }
  receive(chunk: Uint8Array): void {
    this.received += chunk.length;
    this.#news = true;
  }
  perform(): void {
    throw new Error('nothing to perform');
  }
  nextEvent(): number | undefined {
    if (!this.#news) return undefined;
    this.#news = false;
    return this.received;
  }
  takeOutput(): Uint8Array[] {
    const size = Math.min(100_000, this.total - this.#sent);
    this.#sent += size;
    return size === 0 ? [] : [new Uint8Array(size)];
  }
  expire(): void {
    throw new Error('no timer runs');
  }
}

test('what a stream lends is copied when it has to wait', () => {
  const stream = new HandStream();
  const events: string[] = [];
  const driver = new EngineDriver(new TalkEngine(), stream, { event: (e) => events.push(e), closed: () => undefined });
  driver.start();
  const lent = Buffer.from('who?');
  stream.onView?.(lent);
  lent.write('next');
  stream.onView?.(lent);
  lent.fill('x');
  assert.deepEqual(events, ['who?']);
  assert.equal(stream.paused, true);
  driver.perform('answer');
  driver.wake();
  return Promise.resolve().then(() => assert.deepEqual(events, ['who?', 'next']));
});

test('a socket that reads into one buffer lends it, and keeps what comes while it is paused', async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  await once(server, 'listening');
  const reads = createReadBuffer(1024);
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...reads.socketOptions });
  const stream = socketStream(socket, reads);
  const [peer] = await accepted;
  let text = '';
  const ended = new Promise<void>((resolve) => {
    stream.onEnd = resolve;
  });
  stream.onData = (chunk) => {
    text += Buffer.from(chunk).toString();
  };
  stream.onView = stream.onData;
  stream.resume();
  for (let i = 0; i < 200; i++) {
    peer.write(`${i},`);
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (i === 60) stream.pause();
    if (i === 120) stream.resume();
  }
  peer.end();
  await ended;
  assert.equal(text, Array.from({ length: 200 }, (_, i) => `${i},`).join(''));
  stream.destroy();
  server.close();
});
