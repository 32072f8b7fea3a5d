import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDescriptor } from './descriptor-stream.ts';
import { makePipe } from './descriptors.ts';
import { joinHalves } from './two-way-stream.ts';

test('two pipes are one connection: bytes, half-close and one close at the end', async () => {
  const there = makePipe();
  const back = makePipe();
  const left = joinHalves(openDescriptor(back.readFd), openDescriptor(there.writeFd));
  const right = joinHalves(openDescriptor(there.readFd), openDescriptor(back.writeFd));
  const events: string[] = [];
  const closed = new Promise<void>((resolve) => {
    left.onData = (chunk) => events.push(Buffer.from(chunk).toString());
    left.onEnd = () => events.push('end');
    left.onClose = (error) => {
      events.push(`close ${error}`);
      resolve();
    };
    right.onData = (chunk) => right.write([Buffer.from('re:'), chunk]);
    right.onEnd = () => right.end();
  });
  left.resume();
  right.resume();
  left.write([Buffer.from('hello')]);
  left.end();
  await closed;
  assert.equal(events.slice(0, -2).join(''), 're:hello');
  assert.deepEqual(events.slice(-2), ['end', 'close undefined']);
  assert.equal(left.bufferedBytes, 0);
});

test('destroy closes both halves', async () => {
  const there = makePipe();
  const back = makePipe();
  const left = joinHalves(openDescriptor(back.readFd), openDescriptor(there.writeFd));
  const other = openDescriptor(there.readFd);
  const ended = new Promise<void>((resolve) => {
    other.onEnd = resolve;
  });
  other.resume();
  left.resume();
  left.pause();
  left.destroy();
  await ended;
  openDescriptor(back.writeFd).destroy();
});
