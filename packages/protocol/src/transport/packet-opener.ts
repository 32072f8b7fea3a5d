// Makes payloads of packets (RFC 4253 section 6), in place in the input's slab, whatever the cipher: one check of the
// length before anything is waited for or made, then MAC, decryption and padding.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import type { PacketCipher } from '../algorithms/packet-cipher.ts';
import { type Failure, failure } from '../failure/failure.ts';
import { type DirectionKeys, type DirectionState, packetCipherOf, wipeKeys } from './direction-keys.ts';
import type { InputBuffer } from './input-buffer.ts';
import { maximumPacketBytes, maximumPacketsPerKeys } from './limits.ts';

const minimumPaddingBytes = 4;

/** A payload is a view of the input, valid until the next append to it. */
export type OpenedPacket =
  | { readonly payload: Uint8Array; readonly sequenceNumber: number; readonly failed?: undefined }
  | { readonly failed: Failure };

export class PacketOpener {
  readonly #crypto: CryptoProvider;
  readonly #input: InputBuffer;
  #keys: DirectionKeys;
  #cipher: PacketCipher;
  #sequenceNumber: number;
  #packets: number;
  #bytes: number;
  /** Of the packet at hand, once its head has come. */
  #packetLength: number | undefined;

  constructor(crypto: CryptoProvider, input: InputBuffer, state: DirectionState) {
    this.#crypto = crypto;
    this.#input = input;
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

  /** The next packet; undefined while it is not complete. */
  next(): OpenedPacket | undefined {
    const cipher = this.#cipher;
    const input = this.#input;
    const available = input.length;
    if (this.#packetLength === undefined) {
      if (available < cipher.headBytes) return undefined;
      const length = cipher.packetLength(this.#sequenceNumber, input.view(0, cipher.headBytes));
      if (!packetLengthIsSound(length, cipher)) {
        return { failed: failure('packet-length-invalid', undefined, { packetLength: length }) };
      }
      this.#packetLength = length;
    }
    const packetBytes = 4 + this.#packetLength;
    const wholeBytes = packetBytes + cipher.tagBytes;
    if (available < wholeBytes) return undefined;
    this.#packetLength = undefined;
    const packet = input.view(0, packetBytes);
    const intact = cipher.open(this.#sequenceNumber, packet, input.view(packetBytes, wholeBytes));
    if (!intact) return { failed: failure('mac-incorrect') };
    input.consume(wholeBytes);
    return this.#unpad(packet);
  }

  #unpad(packet: Uint8Array): OpenedPacket {
    const paddingBytes = packet[4] as number;
    const payloadBytes = packet.length - 5 - paddingBytes;
    if (paddingBytes < minimumPaddingBytes || payloadBytes < 0) return { failed: failure('padding-invalid') };
    if (payloadBytes === 0) return { failed: failure('message-malformed', 'packet without a message') };
    if (++this.#packets >= maximumPacketsPerKeys) return { failed: failure('sequence-number-wrapped') };
    this.#bytes += packet.length;
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) >>> 0;
    return { payload: packet.subarray(5, 5 + payloadBytes), sequenceNumber };
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

  /** Gives up the keys and counters as data; unopened bytes stay in the input as they came. */
  intoState(): DirectionState {
    const keys = { ...this.#keys, iv: this.#cipher.currentIv() };
    this.#cipher.free();
    const { packets, bytes } = this;
    return { keys, counters: { sequenceNumber: this.#sequenceNumber, packets, bytes } };
  }

  free(): void {
    this.#cipher.free();
    wipeKeys(this.#keys);
  }
}

/** The one check of a packet_length, for every cipher: padded part whole blocks, at least one, at most 256 KiB. */
export function packetLengthIsSound(length: number, cipher: PacketCipher): boolean {
  if (length > maximumPacketBytes) return false;
  const padded = cipher.lengthOutside ? length : length + 4;
  const least = cipher.lengthOutside ? 8 : Math.max(16, cipher.blockBytes);
  return padded >= least && padded % cipher.blockBytes === 0;
}
