// Makes packets of payloads (RFC 4253 section 6): length, padding, cipher and MAC, straight into the output's slabs.
// One direction; which keys it uses and how often is the transport's business.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import type { PacketCipher } from '../algorithms/packet-cipher.ts';
import { writeUint32 } from '../wire/bytes.ts';
import { type DirectionKeys, type DirectionState, packetCipherOf, wipeKeys } from './direction-keys.ts';
import { maximumPacketsPerKeys, maximumPayloadBytes } from './limits.ts';
import { OutputBuffer } from './output-buffer.ts';

const minimumPaddingBytes = 4;
const maximumPaddingBytes = 255;
const minimumPacketBytes = 16;
const randomPoolBytes = 1024;
const nothing: Uint8Array = new Uint8Array(0);
const packetsForTheEnd = 64;

export class PacketSealer {
  readonly output = new OutputBuffer();
  readonly #crypto: CryptoProvider;
  readonly #random = new Uint8Array(randomPoolBytes);
  #randomAt = randomPoolBytes;
  #keys: DirectionKeys;
  #cipher: PacketCipher;
  #sequenceNumber: number;
  #packets: number;
  #bytes: number;

  constructor(crypto: CryptoProvider, state: DirectionState) {
    this.#crypto = crypto;
    this.#keys = state.keys;
    this.#cipher = packetCipherOf(crypto, state.keys);
    this.#sequenceNumber = state.counters.sequenceNumber;
    this.#packets = state.counters.packets;
    this.#bytes = state.counters.bytes;
  }

  /** Since the keys came into force. */
  get packets(): number {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a sequence number would soon be used again under the same keys; what is left is for the last messages. */
  get exhausted(): boolean {
    return this.#packets >= maximumPacketsPerKeys - packetsForTheEnd;
  }

  /**
   * Seals a payload, padded so that its size is known only up to a multiple of `paddedToBytes`; `data` is its second
   * part.
   * @throws RangeError for a payload that is empty or too long
   */
  seal(payload: Uint8Array, paddedToBytes = 0, data = nothing): void {
    const payloadBytes = payload.length + data.length;
    if (payloadBytes === 0 || payloadBytes > maximumPayloadBytes) throw new RangeError('payload of impossible size');
    const cipher = this.#cipher;
    const paddingBytes = this.#paddingFor(payloadBytes, paddedToBytes);
    const packetBytes = 5 + payloadBytes + paddingBytes;
    const region = this.output.reserve(packetBytes + cipher.tagBytes);
    writeUint32(region, 0, packetBytes - 4);
    region[4] = paddingBytes;
    region.set(payload, 5);
    region.set(data, 5 + payload.length);
    this.#fillRandom(region, 5 + payloadBytes, packetBytes);
    cipher.seal(this.#sequenceNumber, region.subarray(0, packetBytes), region.subarray(packetBytes));
    this.#sequenceNumber = (this.#sequenceNumber + 1) >>> 0;
    this.#packets++;
    this.#bytes += packetBytes;
  }

  changeKeys(keys: DirectionKeys, resetSequenceNumber: boolean): void {
    this.#cipher.free();
    wipeKeys(this.#keys);
    this.#keys = keys;
    this.#cipher = packetCipherOf(this.#crypto, keys);
    this.#packets = 0;
    this.#bytes = 0;
    if (resetSequenceNumber) this.#sequenceNumber = 0;
  }

  /** Gives up the keys and counters as data; nothing can be sealed afterwards. */
  intoState(): DirectionState {
    const keys = { ...this.#keys, iv: this.#cipher.currentIv() };
    this.#cipher.free();
    const { packets, bytes } = this;
    return { keys, counters: { sequenceNumber: this.#sequenceNumber, packets, bytes } };
  }

  free(): void {
    this.#cipher.free();
    wipeKeys(this.#keys);
    this.#random.fill(0);
  }

  #paddingFor(payloadBytes: number, paddedToBytes: number): number {
    const { blockBytes, lengthOutside } = this.#cipher;
    const outsideBytes = lengthOutside ? 4 : 0;
    const unpadded = 5 + payloadBytes - outsideBytes;
    let padding = blockBytes - (unpadded % blockBytes);
    if (padding < minimumPaddingBytes) padding += blockBytes;
    while (unpadded + padding + outsideBytes < minimumPacketBytes) padding += blockBytes;
    if (paddedToBytes === 0) return padding;
    const missing = paddedToBytes - ((unpadded + padding) % paddedToBytes);
    const wanted = padding + Math.floor((missing % paddedToBytes) / blockBytes) * blockBytes;
    return wanted > maximumPaddingBytes ? padding : wanted;
  }

  #fillRandom(region: Uint8Array, from: number, to: number): void {
    if (this.#randomAt + to - from > randomPoolBytes) {
      this.#crypto.random(this.#random);
      this.#randomAt = 0;
    }
    const pool = this.#random;
    let at = this.#randomAt;
    for (let i = from; i < to; i++) region[i] = pool[at++] as number;
    this.#randomAt = at;
  }
}
