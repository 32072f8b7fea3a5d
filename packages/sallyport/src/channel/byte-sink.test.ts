import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SshError } from '../errors.ts';
import { ByteSink } from './byte-sink.ts';

/** A channel that keeps what it is given until the test lets it leave. */
class Queue {
  readonly sent: number[] = [];
  readonly sink: ByteSink;
  ended = 0;
  #queued = 0;

  constructor() {
    this.sink = new ByteSink({
      send: (data) => {
        this.sent.push(data.length);
        this.#queued += data.length;
      },
      end: () => {
        this.ended++;
      },
      queuedBytes: () => this.#queued,
    });
  }

  leave(bytes: number): void {
    this.#queued -= bytes;
    this.sink.progress();
  }
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol('pending');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
};

test('a write resolves when all of its own bytes have left', async () => {
  const queue = new Queue();
  const first = queue.sink.write(new Uint8Array(10));
  const second = queue.sink.write('text');
  queue.leave(9);
  assert.equal(await settled(first), false);
  queue.leave(1);
  assert.equal(await settled(first), true);
  assert.equal(await settled(second), false);
  assert.equal(queue.sink.waitingBytes, 4);
  queue.leave(4);
  assert.equal(await settled(second), true);
});

test('nothing can be written after the end, which is told once', async () => {
  const queue = new Queue();
  await queue.sink.write(new Uint8Array(0));
  queue.sink.end();
  queue.sink.end();
  assert.equal(queue.ended, 1);
  await assert.rejects(queue.sink.write('x'), /after end/);
  assert.deepEqual(queue.sent, []);
});

test('the loss of the channel rejects what waits and what comes', async () => {
  const queue = new Queue();
  const lost = new SshError('connection-lost', 'gone');
  const waiting = queue.sink.write('x');
  queue.sink.lose(lost);
  await assert.rejects(waiting, lost);
  await assert.rejects(queue.sink.write('y'), lost);
  queue.sink.end();
  assert.equal(queue.ended, 0);
});

test('from() writes one chunk after the other and ends', async () => {
  const queue = new Queue();
  const done = queue.sink.from(['ab', Uint8Array.of(1, 2, 3)]);
  await settled(done);
  assert.deepEqual(queue.sent, [2]);
  queue.leave(2);
  await settled(done);
  assert.deepEqual(queue.sent, [2, 3]);
  queue.leave(3);
  await done;
  assert.equal(queue.ended, 1);
});

test('the streams of Node and of the web end the sink with their own end', async () => {
  const node = new Queue();
  const writable = node.sink.node;
  const finished = new Promise((resolve) => writable.once('finish', resolve));
  writable.end('bytes');
  node.leave(5);
  await finished;
  assert.equal(node.ended, 1);
  const web = new Queue();
  const writer = web.sink.web.getWriter();
  const written = writer.write(Uint8Array.of(1));
  await settled(written);
  web.leave(1);
  await written;
  await writer.close();
  assert.equal(web.ended, 1);
});
