import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { concatBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Writer } from '../wire/writer.ts';
import { SftpPacketStream } from './packet-stream.ts';

const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();

function drain(stream: SftpPacketStream): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let packet = stream.next(); packet !== undefined; packet = stream.next()) packets.push(packet.slice());
  return packets;
}

test('packets come out whole however the stream is cut (draft-ietf-secsh-filexfer-02 section 3)', () => {
  const random = new SeededRandom(11);
  const packets = Array.from({ length: 60 }, (_, i) => random.bytes(i % 9 === 0 ? 5000 + i : 5 + random.below(40)));
  const bytes = concatBytes(...packets.map(framed));
  for (const largest of [1, 2, 3, 7, 64, 5000, bytes.length]) {
    const stream = new SftpPacketStream();
    const found: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random.below(largest);
      stream.receive(bytes.slice(at, end));
      found.push(...drain(stream));
      at = end;
    }
    assert.deepEqual(found, packets, `pieces of up to ${largest}`);
    assert.equal(stream.waitingBytes, 0);
  }
});

test('a packet that lies whole in its chunk is a view of it', () => {
  const chunk = concatBytes(framed(new Uint8Array(5)), framed(new Uint8Array(100)));
  const stream = new SftpPacketStream();
  stream.receive(chunk);
  assert.equal(stream.next()?.buffer, chunk.buffer);
  assert.equal(stream.next()?.byteOffset, 13);
  assert.equal(stream.next(), undefined);
});

test('a length below 5 or above 256 KiB ends the stream before anything is kept for it', () => {
  for (const length of ['00000000', '00000001', '00000004', '00040001', '80000000', 'ffffffff']) {
    for (const cut of [4, 1]) {
      const stream = new SftpPacketStream();
      const bytes = Uint8Array.from(Buffer.from(`${length}00`, 'hex'));
      const feed = (): void => {
        for (let at = 0; at < bytes.length; at += cut) {
          stream.receive(bytes.subarray(at, at + cut));
          drain(stream);
        }
      };
      assert.throws(feed, DecodeError, length);
    }
  }
  const stream = new SftpPacketStream();
  stream.receive(Uint8Array.of(0, 4, 0, 0, 1));
  assert.equal(stream.next(), undefined);
  assert.equal(stream.waitingBytes, 5);
});

test('a chunk is not taken while packets of the one before wait', () => {
  const stream = new SftpPacketStream();
  stream.receive(framed(new Uint8Array(5)));
  assert.throws(() => stream.receive(new Uint8Array(1)), /have not been taken/);
});
