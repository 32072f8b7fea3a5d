import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceleratedChachaPoly, acceleratedHmac } from './accelerated.ts';
import { ChachaPolyModule } from './chacha-poly.ts';
import { hmac } from './digests.ts';
import { Acceleration, type Libcrypto } from './libcrypto.ts';

const key = Uint8Array.from({ length: 64 }, (_, i) => i);
const packetBytes = 32_768;
const packetsBefore = (4 << 20) / packetBytes - 1;

/** A libcrypto of our own code, which notes what it is asked. */
function noting(calls: string[]): Libcrypto {
  return {
    chachaPoly: (given) => {
      const cipher = new ChachaPolyModule().cipher(given);
      return {
        length: (sequenceNumber, bytes, at) => cipher.packetLength(sequenceNumber, bytes.subarray(at)),
        seal: (...args) => {
          calls.push('seal');
          cipher.seal(...args);
        },
        open: (...args) => calls.push('open') > 0 && cipher.open(...args),
        free: () => void calls.push('free'),
      };
    },
    hmac: (name, given) => {
      const mac = hmac(name, given);
      return {
        compute: (parts, out) => {
          calls.push(name);
          out.set(mac.compute(parts));
        },
        free: () => void calls.push('free'),
      };
    },
  };
}

test('a cipher changes to libcrypto after four megabytes, and nobody sees it in the packets', () => {
  const calls: string[] = [];
  const acceleration = new Acceleration(() => {
    calls.push('probe');
    return noting(calls);
  });
  const [sealing, opening] = [0, 1].map(() => {
    return acceleratedChachaPoly(new ChachaPolyModule().cipher(key), key, acceleration);
  }) as [ReturnType<typeof acceleratedChachaPoly>, ReturnType<typeof acceleratedChachaPoly>];
  const tag = new Uint8Array(16);
  for (let sequenceNumber = 0; sequenceNumber <= packetsBefore; sequenceNumber++) {
    const packet = new Uint8Array(packetBytes).fill(sequenceNumber & 0xff);
    sealing.seal(sequenceNumber, packet, tag);
    assert.equal(opening.packetLength(sequenceNumber, packet), (sequenceNumber * 0x1010101) >>> 0);
    assert.equal(opening.open(sequenceNumber, packet, tag), true);
    assert.equal(
      packet.every((byte) => byte === (sequenceNumber & 0xff)),
      true,
    );
  }
  assert.equal(calls.filter((call) => call === 'probe').length, 1);
  assert.deepEqual(calls.slice(-2), ['seal', 'open']);
  sealing.free();
  opening.free();
  assert.deepEqual(calls.slice(-2), ['free', 'free']);
});

test('a MAC changes to libcrypto with the rest of its provider', () => {
  const calls: string[] = [];
  const acceleration = new Acceleration(() => noting(calls));
  const mac = acceleratedHmac(hmac('sha256', key), { name: 'sha256', key }, acceleration);
  const expected = hmac('sha256', key).compute([key]);
  assert.deepEqual(mac.compute([key.subarray(0, 9), key.subarray(9)]), expected);
  acceleration.after(4 << 20);
  assert.deepEqual(mac.compute([key.subarray(0, 9), key.subarray(9)]), expected);
  assert.deepEqual(calls, ['sha256']);
  assert.equal(mac.lengthBytes, 32);
  mac.free();
  assert.deepEqual(calls, ['sha256', 'free']);
});

test('without libcrypto it is asked for once, and our own code goes on', () => {
  let asked = 0;
  const acceleration = new Acceleration(() => {
    asked++;
    return undefined;
  });
  const mac = acceleratedHmac(hmac('sha512', key), { name: 'sha512', key }, acceleration);
  const block = new Uint8Array(1 << 20);
  for (let i = 0; i < 8; i++) assert.equal(mac.compute([block]).length, 64);
  assert.equal(asked, 1);
  const own = hmac('sha512', key);
  assert.equal(acceleratedHmac(own, { name: 'sha512', key }, acceleration), own);
  assert.equal(acceleratedHmac(own, { name: 'sha512', key }, new Acceleration(undefined)), own);
});
