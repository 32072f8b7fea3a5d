import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testCrypto } from '@sallyport/testing/transport-pair';
import { hexDecode, hexEncode } from '../wire/base64.ts';
import { writeUint32 } from '../wire/bytes.ts';
import { ciphers, findCipher } from './ciphers.ts';
import { macs } from './macs.ts';
import { type PacketCipher, plainPackets } from './packet-cipher.ts';

const crypto = testCrypto();

interface Case {
  readonly title: string;
  /** Made anew each time, so that a sealing and an opening side have the same keys. */
  readonly make: (iv?: Uint8Array) => PacketCipher;
}

const cases: readonly Case[] = ciphers.flatMap((row) => {
  const key = Uint8Array.from({ length: row.keyBytes }, (_, i) => i + 1);
  const usualIv = Uint8Array.from({ length: row.ivBytes }, (_, i) => 0xf0 + i);
  if (row.tagBytes > 0) return [{ title: row.name, make: (iv = usualIv) => row.create(crypto, { key, iv }) }];
  return macs.map((mac) => ({
    title: `${row.name} ${mac.name}`,
    make: (iv = usualIv) => row.create(crypto, { key, iv, mac: { row: mac, key: key.slice(0, 1) } }),
  }));
});

interface Sealed {
  readonly packet: Uint8Array;
  readonly tag: Uint8Array;
}

function makePacket(cipher: PacketCipher, blocks: number): Uint8Array {
  const length = cipher.blockBytes * blocks + (cipher.lengthOutside ? 0 : -4);
  const packet = Uint8Array.from({ length: 4 + length }, (_, i) => (i * 7) & 0xff);
  writeUint32(packet, 0, length);
  return packet;
}

function seal(cipher: PacketCipher, sequenceNumber: number, plain: Uint8Array): Sealed {
  const packet = plain.slice();
  const tag = new Uint8Array(cipher.tagBytes);
  cipher.seal(sequenceNumber, packet, tag);
  return { packet, tag };
}

for (const { title, make } of cases) {
  describe(`packets under ${title}`, () => {
    test('are opened to what was sealed, one after another', () => {
      const sealing = make();
      const opening = make();
      for (let sequenceNumber = 0; sequenceNumber < 20; sequenceNumber++) {
        const plain = makePacket(sealing, 1 + sequenceNumber * 3);
        const { packet, tag } = seal(sealing, sequenceNumber, plain);
        assert.notDeepEqual(packet.subarray(4), plain.subarray(4));
        const head = packet.subarray(0, opening.headBytes);
        assert.equal(opening.packetLength(sequenceNumber, head), plain.length - 4);
        assert.equal(opening.packetLength(sequenceNumber, head), plain.length - 4);
        assert.equal(opening.open(sequenceNumber, packet, tag), true);
        assert.deepEqual(packet, plain);
      }
    });

    test('are refused for each bit of packet and tag that is flipped, and for another sequence number', () => {
      const plain = makePacket(make(), 2);
      const { packet, tag } = seal(make(), 5, plain);
      for (let bit = 0; bit < packet.length * 8; bit++) {
        const flipped = packet.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.equal(make().open(5, flipped, tag), false, `bit ${bit} of the packet`);
      }
      for (let bit = 0; bit < tag.length * 8; bit++) {
        const flipped = tag.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.equal(make().open(5, packet.slice(), flipped), false, `bit ${bit} of the tag`);
      }
      assert.equal(make().open(5, packet.slice(), tag), true);
      // GCM counts by its nonce alone (RFC 5647 section 7.1).
      assert.equal(make().open(6, packet.slice(), tag), title.includes('gcm'));
    });

    test('go on with a cipher made anew from the current initialisation vector', () => {
      const sealing = make();
      const opening = make();
      for (let sequenceNumber = 0; sequenceNumber < 5; sequenceNumber++) {
        const { packet, tag } = seal(sealing, sequenceNumber, makePacket(sealing, 3));
        assert.equal(opening.open(sequenceNumber, packet, tag), true);
      }
      const plain = makePacket(sealing, 4);
      const { packet, tag } = seal(make(sealing.currentIv()), 5, plain);
      // A length that was read and a packet that was not opened do not count.
      opening.packetLength(5, packet.subarray(0, opening.headBytes));
      assert.equal(make(opening.currentIv()).open(5, packet, tag), true);
      assert.deepEqual(packet, plain);
    });
  });
}

describe('counters carry over', () => {
  const iv = (last: string): Uint8Array => hexDecode(last);

  test('GCM counts packets in the last eight bytes and leaves the first four (RFC 5647 section 7.1)', () => {
    const cipher = findCipher('aes128-gcm@openssh.com')?.create(crypto, {
      key: new Uint8Array(16),
      iv: iv('aabbccddfffffffffffffffe'),
    }) as PacketCipher;
    const step = (): string => {
      seal(cipher, 0, makePacket(cipher, 1));
      return hexEncode(cipher.currentIv());
    };
    assert.equal(step(), 'aabbccddffffffffffffffff');
    assert.equal(step(), 'aabbccdd0000000000000000');
    assert.equal(step(), 'aabbccdd0000000000000001');
  });

  test('counter mode counts blocks through all sixteen bytes (RFC 4344 section 4)', () => {
    const [mac] = macs;
    const cipher = findCipher('aes128-ctr')?.create(crypto, {
      key: new Uint8Array(16),
      iv: iv('ffffffffffffffffffffffffffffff00'),
      mac: { row: mac, key: new Uint8Array(1) },
    }) as PacketCipher;
    seal(cipher, 0, makePacket(cipher, 255));
    assert.equal(hexEncode(cipher.currentIv()), 'ffffffffffffffffffffffffffffffff');
    seal(cipher, 0, makePacket(cipher, 2));
    assert.equal(hexEncode(cipher.currentIv()), '00000000000000000000000000000001');
    seal(cipher, 0, makePacket(cipher, 1000));
    assert.equal(hexEncode(cipher.currentIv()), '000000000000000000000000000003e9');
  });

  test('a cipher without a tag of its own demands a MAC', () => {
    const keys = { key: new Uint8Array(16), iv: new Uint8Array(16) };
    assert.throws(() => findCipher('aes128-ctr')?.create(crypto, keys), TypeError);
  });
});

test('packets before the first keys are not protected (RFC 4253 section 6)', () => {
  const packet = makePacket(plainPackets, 2);
  const { packet: sealed, tag } = seal(plainPackets, 0, packet);
  assert.deepEqual(sealed, packet);
  assert.equal(tag.length, 0);
  assert.equal(plainPackets.open(0, sealed, tag), true);
  assert.equal(plainPackets.packetLength(0, sealed), 12);
});
