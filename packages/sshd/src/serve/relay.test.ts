import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { makePipe, socketPair } from '@sallyport/system/descriptors';
import { relay } from './relay.ts';

test('the relay carries bytes both ways and ends when both sides have ended', async () => {
  const [toUs, fromUs] = [makePipe(), makePipe()];
  const [socketFd, connectionFd] = socketPair('stream');
  const over = relay({ inputFd: toUs.readFd, outputFd: fromUs.writeFd, socketFd });
  const caller = openDescriptor(toUs.writeFd, { readable: false });
  const reader = openDescriptor(fromUs.readFd, { writable: false });
  const connection = openDescriptor(connectionFd);
  const block = Buffer.alloc(3 * 1024 * 1024, 'relay');
  const received = { atConnection: 0, atCaller: 0 };
  connection.onData = (chunk) => {
    received.atConnection += chunk.length;
    connection.write([chunk]);
  };
  connection.onEnd = () => connection.end();
  reader.onData = (chunk) => {
    received.atCaller += chunk.length;
  };
  const readToTheEnd = new Promise<void>((resolve) => {
    reader.onEnd = resolve;
  });
  connection.resume();
  reader.resume();
  caller.write([block]);
  caller.end();
  await over;
  // What is written may still wait in the pipe.
  await readToTheEnd;
  assert.deepEqual(received, { atConnection: block.length, atCaller: block.length });
});
