import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testCrypto } from '@sallyport/testing/transport-pair';
import { ciphers } from '../algorithms/ciphers.ts';
import { macs } from '../algorithms/macs.ts';
import { plainPackets } from '../algorithms/packet-cipher.ts';
import { concatBytes, writeUint32 } from '../wire/bytes.ts';
import {
  type DirectionKeys,
  type DirectionState,
  initialState,
  keysAreWellFormed,
  noKeys,
  packetCipherOf,
  wipeKeys,
} from './direction-keys.ts';
import { InputBuffer } from './input-buffer.ts';
import { maximumPacketBytes, maximumPacketsPerKeys, maximumPayloadBytes } from './limits.ts';
import { type OpenedPacket, PacketOpener, packetLengthIsSound } from './packet-opener.ts';
import { PacketSealer } from './packet-sealer.ts';

const crypto = testCrypto();

function stateOf(cipher: string, mac: string): DirectionState {
  if (cipher === '') return initialState;
  const row = ciphers.find((each) => each.name === cipher);
  const macKeyBytes = macs.find((each) => each.name === mac)?.keyBytes ?? 0;
  const keys: DirectionKeys = {
    cipher,
    mac,
    key: new Uint8Array(row?.keyBytes ?? 0).fill(1),
    iv: new Uint8Array(row?.ivBytes ?? 0).fill(2),
    macKey: new Uint8Array(macKeyBytes).fill(3),
  };
  return { keys, counters: { sequenceNumber: 7, packets: 0, bytes: 0 } };
}

const schemes = [
  ['', ''],
  ['chacha20-poly1305@openssh.com', ''],
  ['aes128-gcm@openssh.com', ''],
  ['aes256-ctr', 'hmac-sha2-256-etm@openssh.com'],
  ['aes128-ctr', 'hmac-sha2-512'],
] as const;

const payload = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 3 + 94) & 0xff);

interface Direction {
  readonly sealer: PacketSealer;
  readonly input: InputBuffer;
  readonly opener: PacketOpener;
}

function direction(cipher: string, mac: string): Direction {
  const input = new InputBuffer();
  const opener = new PacketOpener(crypto, input, stateOf(cipher, mac));
  return { sealer: new PacketSealer(crypto, stateOf(cipher, mac)), input, opener };
}

function payloadOf(packet: OpenedPacket | undefined): Uint8Array | undefined {
  return packet !== undefined && packet.failed === undefined ? packet.payload : undefined;
}

function codeOf(packet: OpenedPacket | undefined): string | undefined {
  return packet?.failed?.code;
}

for (const [cipher, mac] of schemes) {
  describe(`packets ${cipher === '' ? 'without keys' : `under ${cipher} ${mac}`}`, () => {
    test('carry payloads of every size up to 600 bytes and of the largest, well padded (RFC 4253 section 6)', () => {
      const { sealer, input, opener } = direction(cipher, mac);
      const sizes = [...Array.from({ length: 600 }, (_, i) => i + 1), 32768, 35000, maximumPayloadBytes];
      const { blockBytes, tagBytes, lengthOutside } = packetCipherOf(crypto, stateOf(cipher, mac).keys);
      for (const [index, size] of sizes.entries()) {
        sealer.seal(payload(size));
        const sealed = concatBytes(...sealer.output.take());
        const packetBytes = sealed.length - tagBytes;
        assert.equal((packetBytes - (lengthOutside ? 4 : 0)) % blockBytes, 0);
        assert.ok(packetBytes >= 16);
        const paddingBytes = packetBytes - 5 - size;
        assert.ok(paddingBytes >= 4 && paddingBytes <= 4 + blockBytes + 8, `${paddingBytes} bytes of padding`);
        input.append(sealed);
        const opened = opener.next();
        assert.deepEqual(payloadOf(opened), payload(size));
        assert.equal(opened?.failed === undefined && opened?.sequenceNumber, (cipher === '' ? 0 : 7) + index);
        assert.equal(opener.bytes, sealer.bytes);
      }
      assert.equal(opener.packets, sizes.length);
      assert.equal(sealer.packets, sizes.length);
    });

    test('are opened whole however the stream is cut', () => {
      const sizes = [1, 11, 12, 13, 100, 300];
      const { sealer } = direction(cipher, mac);
      for (const size of sizes) sealer.seal(payload(size));
      const stream = concatBytes(...sealer.output.take());
      for (let cut = 0; cut <= stream.length; cut++) {
        const { input, opener } = direction(cipher, mac);
        const opened: (Uint8Array | undefined)[] = [];
        for (const part of [stream.subarray(0, cut), stream.subarray(cut)]) {
          input.append(part);
          for (let next = opener.next(); next !== undefined; next = opener.next())
            opened.push(payloadOf(next)?.slice());
        }
        assert.deepEqual(
          opened,
          sizes.map((size) => payload(size)),
        );
      }
    });

    test('hide their size up to a multiple when asked', () => {
      const { sealer, input, opener } = direction(cipher, mac);
      const lengths = new Set<number>();
      for (let size = 20; size <= 40; size++) {
        sealer.seal(payload(size), 64);
        const sealed = concatBytes(...sealer.output.take());
        lengths.add(sealed.length);
        input.append(sealed);
        assert.deepEqual(payloadOf(opener.next()), payload(size));
      }
      assert.equal(lengths.size, 1);
    });

    test('are refused when their padding is impossible (RFC 4253 section 6)', () => {
      for (const [paddingBytes, code] of [
        [0, 'padding-invalid'],
        [3, 'padding-invalid'],
        [4, undefined],
        [42, undefined],
        [43, 'message-malformed'],
        [44, 'padding-invalid'],
        [255, 'padding-invalid'],
      ] as const) {
        const { input, opener } = direction(cipher, mac);
        const packetCipher = packetCipherOf(crypto, stateOf(cipher, mac).keys);
        const length = packetCipher.lengthOutside ? 48 : 44;
        const packet = new Uint8Array(4 + length);
        writeUint32(packet, 0, length);
        const claimed =
          packetCipher.lengthOutside && paddingBytes >= 42 && paddingBytes < 45 ? paddingBytes + 4 : paddingBytes;
        packet[4] = claimed;
        const tag = new Uint8Array(packetCipher.tagBytes);
        packetCipher.seal(stateOf(cipher, mac).counters.sequenceNumber, packet, tag);
        input.append(concatBytes(packet, tag));
        assert.equal(codeOf(opener.next()), code, `padding length ${claimed}`);
      }
    });

    if (cipher !== '') {
      test('are refused when they are swapped, replayed or cut (RFC 4253 section 6.4)', () => {
        const { sealer } = direction(cipher, mac);
        const [first, second] = [1, 2].map(() => {
          sealer.seal(payload(50));
          return concatBytes(...sealer.output.take());
        }) as [Uint8Array, Uint8Array];
        const failing = { 'mac-incorrect': true, 'packet-length-invalid': true } as Readonly<Record<string, boolean>>;
        for (const stream of [[second], [first, first], [first.subarray(1), second]]) {
          const { input, opener } = direction(cipher, mac);
          input.append(concatBytes(...stream, new Uint8Array(300 * 1024)));
          let last = opener.next();
          while (last !== undefined && last.failed === undefined) last = opener.next();
          assert.equal(failing[codeOf(last) ?? ''], true, codeOf(last));
        }
      });
    }
  });
}

describe('packet lengths', () => {
  const outside = packetCipherOf(crypto, stateOf('aes128-gcm@openssh.com', '').keys);
  const inside = packetCipherOf(crypto, stateOf('aes128-ctr', 'hmac-sha2-256').keys);
  const chacha = packetCipherOf(crypto, stateOf('chacha20-poly1305@openssh.com', '').keys);
  const largest = maximumPacketBytes;

  test('are whole blocks, at least one, at most 256 KiB, for every cipher', () => {
    const impossible = [
      0,
      1,
      4,
      5,
      7,
      15,
      17,
      35_000 + 1,
      largest + 1,
      largest + 16,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32 - 4,
    ];
    for (const cipher of [plainPackets, outside, inside, chacha]) {
      for (const length of impossible) assert.equal(packetLengthIsSound(length, cipher), false, `${length}`);
    }
    assert.equal(packetLengthIsSound(12, plainPackets), true);
    assert.equal(packetLengthIsSound(4, plainPackets), false);
    assert.equal(packetLengthIsSound(20, plainPackets), true);
    assert.equal(packetLengthIsSound(35_004, plainPackets), true);
    assert.equal(packetLengthIsSound(largest - 4, plainPackets), true);
    assert.equal(packetLengthIsSound(16, outside), true);
    assert.equal(packetLengthIsSound(8, outside), false);
    assert.equal(packetLengthIsSound(largest, outside), true);
    assert.equal(packetLengthIsSound(12, inside), true);
    assert.equal(packetLengthIsSound(28, inside), true);
    assert.equal(packetLengthIsSound(16, inside), false);
    assert.equal(packetLengthIsSound(8, chacha), true);
    assert.equal(packetLengthIsSound(largest, chacha), true);
  });

  test('are refused before anything is waited for', () => {
    const input = new InputBuffer();
    const opener = new PacketOpener(crypto, input, initialState);
    input.append(new Uint8Array([0xff, 0xff, 0xff, 0xfc]));
    const refused = opener.next();
    assert.equal(codeOf(refused), 'packet-length-invalid');
    assert.equal(refused?.failed?.details?.['packetLength'], 0xfffffffc);
  });
});

describe('PacketSealer', () => {
  test('refuses payloads that are empty or too long', () => {
    const sealer = new PacketSealer(crypto, initialState);
    assert.throws(() => sealer.seal(new Uint8Array(0)), RangeError);
    assert.throws(() => sealer.seal(new Uint8Array(maximumPayloadBytes + 1)), RangeError);
  });

  test('pads at random', () => {
    const sealer = new PacketSealer(crypto, initialState);
    const padding = (): string => {
      sealer.seal(new Uint8Array([2]));
      return concatBytes(...sealer.output.take())
        .subarray(6)
        .join();
    };
    assert.equal(new Set(Array.from({ length: 500 }, padding)).size, 500);
  });

  test('is exhausted before a sequence number comes again under the same keys', () => {
    const counters = { sequenceNumber: 0, packets: maximumPacketsPerKeys - 65, bytes: 0 };
    const sealer = new PacketSealer(crypto, { keys: noKeys, counters });
    assert.equal(sealer.exhausted, false);
    sealer.seal(payload(1));
    assert.equal(sealer.exhausted, true);
    sealer.changeKeys(stateOf('aes128-gcm@openssh.com', '').keys, false);
    assert.equal(sealer.exhausted, false);
  });
});

describe('PacketOpener', () => {
  test('ends when a sequence number would come again under the same keys', () => {
    const { sealer } = direction('', '');
    sealer.seal(payload(1));
    sealer.seal(payload(1));
    const input = new InputBuffer();
    const counters = { sequenceNumber: 2 ** 32 - 1, packets: maximumPacketsPerKeys - 2, bytes: 0 };
    const opener = new PacketOpener(crypto, input, { keys: noKeys, counters });
    input.append(concatBytes(...sealer.output.take()));
    assert.equal(codeOf(opener.next()), undefined);
    assert.equal(codeOf(opener.next()), 'sequence-number-wrapped');
  });

  test('counts sequence numbers around 2^32 when keys have changed (RFC 4253 section 6.4)', () => {
    const { keys } = stateOf('aes128-ctr', 'hmac-sha2-256');
    const state = { keys, counters: { sequenceNumber: 2 ** 32 - 1, packets: 5, bytes: 5 } };
    const again = { keys: stateOf('aes128-ctr', 'hmac-sha2-256').keys, counters: state.counters };
    const sealer = new PacketSealer(crypto, state);
    const input = new InputBuffer();
    const opener = new PacketOpener(crypto, input, again);
    sealer.seal(payload(1));
    sealer.seal(payload(2));
    input.append(concatBytes(...sealer.output.take()));
    const numbers = [opener.next(), opener.next()].map((each) => each?.failed === undefined && each?.sequenceNumber);
    assert.deepEqual(numbers, [2 ** 32 - 1, 0]);
  });
});

describe('direction keys', () => {
  test('fit their cipher and MAC in name and size or are refused', () => {
    const { keys } = stateOf('aes128-ctr', 'hmac-sha2-256');
    assert.equal(keysAreWellFormed(keys), true);
    assert.equal(keysAreWellFormed({ ...keys, mac: '' }), false);
    assert.equal(keysAreWellFormed({ ...keys, cipher: 'aes256-ctr' }), false);
    assert.equal(keysAreWellFormed({ ...keys, cipher: 'aes128-gcm@openssh.com' }), false);
    assert.equal(keysAreWellFormed(noKeys), false);
    assert.throws(() => packetCipherOf(crypto, { ...keys, key: new Uint8Array(5) }), TypeError);
  });

  test('are overwritten when others take their place', () => {
    const { keys } = stateOf('aes128-ctr', 'hmac-sha2-256');
    const sealer = new PacketSealer(crypto, { keys, counters: initialState.counters });
    sealer.changeKeys(stateOf('aes128-gcm@openssh.com', '').keys, true);
    for (const secret of [keys.key, keys.iv, keys.macKey]) assert.ok(secret.every((byte) => byte === 0));
    const others = stateOf('aes128-gcm@openssh.com', '').keys;
    wipeKeys(others);
    assert.ok(others.key.every((byte) => byte === 0));
  });
});
