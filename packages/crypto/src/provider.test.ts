import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider, type Libcrypto } from './index.ts';
import { plainBytes } from './platform-bytes.ts';

test('equal compares whole arrays and says false for different lengths', () => {
  const crypto = createCryptoProvider();
  assert.equal(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
  assert.equal(crypto.equal(new Uint8Array(0), new Uint8Array(0)), true);
});

test('createCryptoProvider uses every part of libcrypto that it is given, and its own code for the rest', () => {
  const calls: string[] = [];
  const note = (name: string) => (): void => void calls.push(name);
  const libcrypto: Libcrypto = {
    chachaPoly: () => ({
      length: (_sequenceNumber, bytes, at) => {
        calls.push('length');
        return (bytes[at] as number) + 1;
      },
      seal: note('chacha seal'),
      open: () => false,
      free: note('chacha free'),
    }),
    aesGcm: () => ({ seal: note('gcm seal'), open: () => true, free: note('gcm free') }),
    hmac: () => ({ compute: (_parts, out) => void out.fill(4), free: note('hmac free') }),
  };
  const crypto = createCryptoProvider({ libcrypto });
  const packet = new Uint8Array(8).fill(1);
  const tag = new Uint8Array(16);
  const chacha = crypto.chachaPoly(new Uint8Array(64));
  assert.equal(chacha.packetLength(0, packet), 2);
  chacha.seal(0, packet, tag);
  assert.equal(chacha.open(0, packet, tag), false);
  chacha.free();
  const gcm = crypto.aesGcm(new Uint8Array(16));
  gcm.seal(tag, tag, { data: packet, tag });
  assert.equal(gcm.open(tag, tag, { data: packet, tag }), true);
  gcm.free();
  const hmac = crypto.hmac('sha1', tag);
  assert.deepEqual(hmac.compute([]), new Uint8Array(20).fill(4));
  hmac.free();
  const stream = crypto.aesCtr(new Uint8Array(16), new Uint8Array(16));
  stream.apply(packet);
  assert.notDeepEqual(packet, new Uint8Array(8).fill(1));
  assert.deepEqual(calls, ['length', 'chacha seal', 'chacha free', 'gcm seal', 'gcm free', 'hmac free']);
  const streaming = createCryptoProvider({
    libcrypto: { aesCtr: () => ({ update: note('ctr'), free: note('ctr free') }) },
  });
  const native = streaming.aesCtr(new Uint8Array(16), new Uint8Array(16));
  native.apply(packet);
  native.free();
  assert.deepEqual(calls.slice(-2), ['ctr', 'ctr free']);
});

test('plainBytes gives the same memory without the Buffer around it', () => {
  const buffer = Buffer.from('abcdef').subarray(2, 4);
  const bytes = plainBytes(buffer);
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  bytes[0] = 0x7a;
  assert.equal(buffer.toString(), 'zd');
});
