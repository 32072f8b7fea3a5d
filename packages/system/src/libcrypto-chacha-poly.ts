// chacha20-poly1305@openssh.com (PROTOCOL.chacha20poly1305) by libcrypto: two ChaCha20 contexts, for the length and for
// the rest, and one Poly1305 context, whose key is the first block of the second stream.

import { addressOf } from './libc.ts';
import type { CipherContext, Libcrypto3, MacContext } from './libcrypto-calls.ts';
import type { LibcryptoChachaPoly } from './libcrypto-parts.ts';

const keyBytes = 64;
const blockBytes = 64;
const polyKeyBytes = 32;
const tagBytes = 16;
const lengthBytes = 4;

export class ChachaPoly implements LibcryptoChachaPoly {
  private readonly main: CipherContext;
  private readonly header: CipherContext;
  private readonly poly: MacContext;
  /** OpenSSL's ChaCha20 takes 16 bytes: the little-endian counter, here 0, and the sequence number at the end. */
  private readonly iv = Buffer.alloc(16);
  private readonly ivAddress = addressOf(this.iv);
  private readonly zeros = Buffer.alloc(blockBytes);
  private readonly zerosAddress = addressOf(this.zeros);
  private readonly block = Buffer.alloc(blockBytes);
  private readonly blockAddress = addressOf(this.block);
  private readonly tag = Buffer.alloc(tagBytes);

  constructor(library: Libcrypto3, key: Uint8Array) {
    if (key.length !== keyBytes) throw new RangeError('chacha20-poly1305@openssh.com has keys of 64 bytes');
    this.main = library.cipher('ChaCha20', key.subarray(0, keyBytes / 2));
    this.header = library.cipher('ChaCha20', key.subarray(keyBytes / 2));
    this.poly = library.mac('POLY1305');
  }

  /** The packet length that four bytes at `at` hide; nothing is changed. */
  length(sequenceNumber: number, bytes: Uint8Array, at: number): number {
    if (at < 0 || at + lengthBytes > bytes.length) throw new RangeError('packet length');
    this.iv.writeUInt32BE(sequenceNumber >>> 0, 12);
    this.header.start(this.ivAddress);
    this.header.update(this.blockAddress, addressOf(bytes) + at, lengthBytes);
    return this.block.readUInt32BE(0);
  }

  /** Encrypts the length and the body in place and writes the 16-byte tag. */
  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void {
    const at = this.begin(sequenceNumber, packet, tag);
    this.applyStreams(at, packet.length);
    this.authenticate(at, packet.length, tag);
  }

  /** Checks the tag, then decrypts in place; false, and nothing changed, when the tag is wrong. */
  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean {
    const at = this.begin(sequenceNumber, packet, tag);
    this.authenticate(at, packet.length, this.tag);
    let difference = 0;
    for (let i = 0; i < tagBytes; i++) difference |= (this.tag[i] as number) ^ (tag[i] as number);
    if (difference !== 0) return false;
    this.applyStreams(at, packet.length);
    return true;
  }

  free(): void {
    this.main.free();
    this.header.free();
    this.poly.free();
    this.block.fill(0);
  }

  /** Leaves the MAC's key in `block` and the main stream at its second block; returns where the packet is. */
  private begin(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): number {
    if (packet.length < lengthBytes || tag.length !== tagBytes) throw new RangeError('packet length');
    this.iv.writeUInt32BE(sequenceNumber >>> 0, 12);
    this.main.start(this.ivAddress);
    this.main.update(this.blockAddress, this.zerosAddress, blockBytes);
    return addressOf(packet);
  }

  private applyStreams(at: number, bytes: number): void {
    this.main.update(at + lengthBytes, at + lengthBytes, bytes - lengthBytes);
    this.header.start(this.ivAddress);
    this.header.update(at, at, lengthBytes);
  }

  private authenticate(at: number, bytes: number, tag: Uint8Array): void {
    this.poly.start(this.blockAddress, polyKeyBytes);
    this.poly.update(at, bytes);
    this.poly.finish(tag);
  }
}
