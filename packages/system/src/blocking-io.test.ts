import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endSending, readNow, sendNow, sendWhole, waitForAny } from './blocking-io.ts';
import { closeDescriptor, setNonBlocking, socketPair } from './descriptors.ts';
import { SystemError } from './system-error.ts';

/** Both ends of a socket pair, closed afterwards. */
function withPair(work: (one: number, other: number) => void): void {
  const ends = socketPair('stream');
  try {
    work(...ends);
  } finally {
    for (const fd of ends) closeDescriptor(fd);
  }
}

const room = new Uint8Array(1024 * 1024);

test('readNow gives what is there, undefined where nothing is, and 0 at the end, also on a socket that would block', () => {
  withPair((one, other) => {
    assert.equal(readNow(one, room), undefined);
    assert.equal(sendNow(other, Uint8Array.of(1, 2, 3)), 3);
    assert.equal(readNow(one, room), 3);
    assert.deepEqual(room.slice(0, 3), Uint8Array.of(1, 2, 3));
    endSending(other);
    assert.equal(readNow(one, room), 0);
    assert.equal(sendNow(one, Uint8Array.of(4)), 1);
    assert.equal(readNow(other, room), 1);
  });
});

test('sendNow gives how much a full socket took, and throws when nobody will read it', () => {
  withPair((one, other) => {
    const much = new Uint8Array(8 * 1024 * 1024);
    const sent = sendNow(one, much);
    assert.ok(sent > 0 && sent < much.length);
    assert.equal(sendNow(one, much), 0);
    for (let left = sent; left > 0; ) left -= readNow(other, room) ?? 0;
    assert.ok(sendNow(one, much) > 0);
  });
  const [one, other] = socketPair('stream');
  closeDescriptor(other);
  assert.throws(() => sendNow(one, Uint8Array.of(1)), SystemError);
  endSending(one);
  closeDescriptor(one);
});

test('sendWhole returns when the socket has taken everything, whether it may block or not', () => {
  for (const nonBlocking of [false, true]) {
    withPair((one, other) => {
      setNonBlocking(one, nonBlocking);
      const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index);
      sendWhole(one, bytes);
      assert.equal(readNow(other, room), bytes.length);
      assert.deepEqual(room.slice(0, bytes.length), bytes);
    });
  }
});

test('waitForAny tells which of them are ready, and nothing when the time is over', () => {
  withPair((one, other) => {
    const reading = { fd: one, read: true, write: false };
    assert.equal(waitForAny([reading], 1), undefined);
    assert.deepEqual(waitForAny([reading, { fd: other, read: false, write: true }]), new Set([other]));
    sendWhole(other, Uint8Array.of(1));
    assert.deepEqual(waitForAny([reading, { fd: other, read: true, write: false }]), new Set([one]));
  });
});

test('waitForAny wakes for an end that is over only who waits for something on it', () => {
  const [one, other] = socketPair('stream');
  closeDescriptor(other);
  assert.deepEqual(waitForAny([{ fd: one, read: true, write: false }]), new Set([one]));
  assert.deepEqual(waitForAny([{ fd: one, read: false, write: true }]), new Set([one]));
  assert.equal(waitForAny([{ fd: one, read: false, write: false }], 1), undefined);
  closeDescriptor(one);
});
