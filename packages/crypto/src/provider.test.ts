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

test('createCryptoProvider goes over to libcrypto when that is worth it', () => {
  let asked = 0;
  const libcrypto: Libcrypto = {
    chachaPoly: () => ({ length: () => 7, seal: () => undefined, open: () => true, free: () => undefined }),
    hmac: () => ({ compute: (_parts, out) => void out.fill(4), free: () => undefined }),
  };
  const crypto = createCryptoProvider({
    libcrypto: () => {
      asked++;
      return libcrypto;
    },
  });
  const mac = crypto.hmac('sha1', new Uint8Array(20));
  const chacha = crypto.chachaPoly(new Uint8Array(64));
  assert.notDeepEqual(mac.compute([]), new Uint8Array(20).fill(4));
  assert.equal(asked, 0);
  assert.deepEqual(mac.compute([new Uint8Array(4 << 20)]), new Uint8Array(20).fill(4));
  chacha.seal(0, new Uint8Array(8), new Uint8Array(16));
  assert.equal(chacha.packetLength(0, new Uint8Array(8)), 7);
  assert.equal(asked, 1);
});

test('plainBytes gives the same memory without the Buffer around it', () => {
  const buffer = Buffer.from('abcdef').subarray(2, 4);
  const bytes = plainBytes(buffer);
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  bytes[0] = 0x7a;
  assert.equal(buffer.toString(), 'zd');
});
