// How one direction's cipher, with its MAC where it needs one, protects packets (RFC 4253 section 6): the four schemes
// behind one shape. Framing, length checks and padding are the sealer's and the opener's.

import { readUint32, writeUint32 } from '../wire/bytes.ts';
import type { AeadCipher, ChachaPolyCipher, CryptoProvider, Hmac, StreamCipher } from './crypto-provider.ts';
import type { MacRow } from './macs.ts';

/** `packet` is the length field, padding length, payload and padding; everything happens in place. */
export interface PacketCipher {
  /** The padded part is a multiple of it. */
  readonly blockBytes: number;
  readonly tagBytes: number;
  /** Bytes of a packet that must be there before its length can be read. */
  readonly headBytes: number;
  /** Whether the length field stands outside the padded part (AEAD, encrypt-then-MAC). */
  readonly lengthOutside: boolean;
  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void;
  /** The packet length, unchecked; `packet` holds at least `headBytes` and is left as it is. */
  packetLength(sequenceNumber: number, packet: Uint8Array): number;
  /** Checks and decrypts; false when the tag is wrong. */
  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean;
  /** A copy of the initialisation vector as it stands before the next packet. */
  currentIv(): Uint8Array;
  free(): void;
}

/** What a cipher is built from; `mac` for ciphers that do not authenticate themselves. */
export interface PacketCipherKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly mac?: { readonly row: MacRow; readonly key: Uint8Array };
}

const nothing = new Uint8Array(0);
const minimumBlockBytes = 8;
const aesBlockBytes = 16;

/** No protection: the packets before the first NEWKEYS (RFC 4253 section 6). */
export const plainPackets: PacketCipher = {
  blockBytes: minimumBlockBytes,
  tagBytes: 0,
  headBytes: 4,
  lengthOutside: false,
  seal: () => undefined,
  packetLength: (_sequenceNumber, packet) => readUint32(packet, 0),
  open: () => true,
  currentIv: () => nothing,
  free: () => undefined,
};

/** chacha20-poly1305@openssh.com: the sequence number is the nonce (PROTOCOL.chacha20poly1305). */
export class ChachaPolyPackets implements PacketCipher {
  readonly blockBytes = minimumBlockBytes;
  readonly tagBytes = 16;
  readonly headBytes = 4;
  readonly lengthOutside = true;
  readonly #cipher: ChachaPolyCipher;

  constructor(crypto: CryptoProvider, keys: PacketCipherKeys) {
    this.#cipher = crypto.chachaPoly(keys.key);
  }

  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void {
    this.#cipher.seal(sequenceNumber, packet, tag);
  }

  packetLength(sequenceNumber: number, packet: Uint8Array): number {
    return this.#cipher.packetLength(sequenceNumber, packet);
  }

  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean {
    return this.#cipher.open(sequenceNumber, packet, tag);
  }

  currentIv(): Uint8Array {
    return nothing;
  }

  free(): void {
    this.#cipher.free();
  }
}

/** AES-GCM: the length is associated data, the nonce counts packets (RFC 5647 section 7, PROTOCOL section 1.6). */
export class GcmPackets implements PacketCipher {
  readonly blockBytes = aesBlockBytes;
  readonly tagBytes = 16;
  readonly headBytes = 4;
  readonly lengthOutside = true;
  readonly #cipher: AeadCipher;
  readonly #nonce: Uint8Array;

  constructor(crypto: CryptoProvider, keys: PacketCipherKeys) {
    this.#cipher = crypto.aesGcm(keys.key);
    this.#nonce = keys.iv.slice();
  }

  seal(_sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void {
    this.#cipher.seal(this.#nonce, packet.subarray(0, 4), { data: packet.subarray(4), tag });
    this.#advance();
  }

  packetLength(_sequenceNumber: number, packet: Uint8Array): number {
    return readUint32(packet, 0);
  }

  open(_sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean {
    const intact = this.#cipher.open(this.#nonce, packet.subarray(0, 4), { data: packet.subarray(4), tag });
    this.#advance();
    return intact;
  }

  // The invocation counter is the last eight bytes; the fixed field before it never changes (RFC 5647 section 7.1).
  #advance(): void {
    const nonce = this.#nonce;
    for (let i = nonce.length - 1; i >= 4; i--) {
      const next = ((nonce[i] as number) + 1) & 0xff;
      nonce[i] = next;
      if (next !== 0) return;
    }
  }

  currentIv(): Uint8Array {
    return this.#nonce.slice();
  }

  free(): void {
    this.#cipher.free();
    this.#nonce.fill(0);
  }
}

/**
 * AES in counter mode with an HMAC, over the plaintext (RFC 4253 section 6.4) or the ciphertext (PROTOCOL section 1.5).
 */
export class CtrPackets implements PacketCipher {
  readonly blockBytes = aesBlockBytes;
  readonly tagBytes: number;
  readonly headBytes: number;
  readonly lengthOutside: boolean;
  readonly #crypto: CryptoProvider;
  readonly #cipher: StreamCipher;
  readonly #hmac: Hmac;
  readonly #iv: Uint8Array;
  readonly #sequence = new Uint8Array(4);
  /** The first block of the packet at hand, decrypted to read its length. */
  readonly #head = new Uint8Array(aesBlockBytes);
  #headOpened = false;
  #blocks = 0;

  constructor(crypto: CryptoProvider, keys: PacketCipherKeys) {
    if (keys.mac === undefined) throw new TypeError('a counter mode cipher needs a MAC');
    const { row, key } = keys.mac;
    this.tagBytes = row.tagBytes;
    this.lengthOutside = row.encryptThenMac;
    this.headBytes = row.encryptThenMac ? 4 : aesBlockBytes;
    this.#crypto = crypto;
    this.#cipher = crypto.aesCtr(keys.key, keys.iv);
    this.#hmac = crypto.hmac(row.digest, key);
    this.#iv = keys.iv.slice();
  }

  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void {
    if (this.lengthOutside) {
      this.#apply(packet.subarray(4));
      tag.set(this.#mac(sequenceNumber, packet));
    } else {
      tag.set(this.#mac(sequenceNumber, packet));
      this.#apply(packet);
    }
  }

  packetLength(_sequenceNumber: number, packet: Uint8Array): number {
    if (this.lengthOutside) return readUint32(packet, 0);
    if (!this.#headOpened) {
      this.#head.set(packet.subarray(0, aesBlockBytes));
      this.#cipher.apply(this.#head);
      this.#headOpened = true;
    }
    return readUint32(this.#head, 0);
  }

  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean {
    if (this.lengthOutside) {
      if (!this.#crypto.equal(this.#mac(sequenceNumber, packet), tag)) return false;
      this.#apply(packet.subarray(4));
      return true;
    }
    this.packetLength(sequenceNumber, packet);
    packet.set(this.#head);
    this.#cipher.apply(packet.subarray(aesBlockBytes));
    this.#blocks += packet.length / aesBlockBytes;
    this.#headOpened = false;
    return this.#crypto.equal(this.#mac(sequenceNumber, packet), tag);
  }

  #apply(data: Uint8Array): void {
    this.#cipher.apply(data);
    this.#blocks += data.length / aesBlockBytes;
  }

  #mac(sequenceNumber: number, packet: Uint8Array): Uint8Array {
    writeUint32(this.#sequence, 0, sequenceNumber);
    return this.#hmac.compute([this.#sequence, packet]);
  }

  currentIv(): Uint8Array {
    const counter = this.#iv.slice();
    let carry = this.#blocks;
    for (let i = counter.length - 1; i >= 0 && carry > 0; i--) {
      const sum = (counter[i] as number) + (carry % 256);
      counter[i] = sum & 0xff;
      carry = Math.floor(carry / 256) + (sum >> 8);
    }
    return counter;
  }

  free(): void {
    this.#cipher.free();
    this.#hmac.free();
    this.#iv.fill(0);
    this.#head.fill(0);
  }
}
