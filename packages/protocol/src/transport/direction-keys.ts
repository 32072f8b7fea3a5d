// What protects one direction, as plain data: names, keys, initialisation vector, counters. Crypto objects are caches
// that are made from it and that can be made again anywhere, which is what a hand-over to another process does.

import { findCipher } from '../algorithms/ciphers.ts';
import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { findMac } from '../algorithms/macs.ts';
import { type PacketCipher, plainPackets } from '../algorithms/packet-cipher.ts';

export interface DirectionKeys {
  /** Empty before the first keys. */
  readonly cipher: string;
  /** Empty for ciphers that authenticate themselves. */
  readonly mac: string;
  readonly key: Uint8Array;
  /** As it stands before the next packet when it comes from a sealer or opener. */
  readonly iv: Uint8Array;
  readonly macKey: Uint8Array;
}

/** Of the next packet, and since these keys came into force. */
export interface DirectionCounters {
  readonly sequenceNumber: number;
  readonly packets: number;
  readonly bytes: number;
}

export interface DirectionState {
  readonly keys: DirectionKeys;
  readonly counters: DirectionCounters;
}

const nothing = new Uint8Array(0);
export const noKeys: DirectionKeys = { cipher: '', mac: '', key: nothing, iv: nothing, macKey: nothing };
export const initialState: DirectionState = { keys: noKeys, counters: { sequenceNumber: 0, packets: 0, bytes: 0 } };

/** Whether names and sizes are those of the tables. */
export function keysAreWellFormed(keys: DirectionKeys): boolean {
  const cipher = findCipher(keys.cipher);
  if (cipher === undefined || keys.key.length !== cipher.keyBytes || keys.iv.length !== cipher.ivBytes) return false;
  if (cipher.tagBytes > 0) return keys.mac === '' && keys.macKey.length === 0;
  return findMac(keys.mac)?.keyBytes === keys.macKey.length;
}

/** The cipher of these keys; keeps nothing of them. */
export function packetCipherOf(crypto: CryptoProvider, keys: DirectionKeys): PacketCipher {
  if (keys.cipher === '') return plainPackets;
  const cipher = findCipher(keys.cipher);
  if (cipher === undefined || !keysAreWellFormed(keys)) throw new TypeError('keys do not fit their cipher');
  const mac = findMac(keys.mac);
  return cipher.create(
    crypto,
    mac === undefined
      ? { key: keys.key, iv: keys.iv }
      : { key: keys.key, iv: keys.iv, mac: { row: mac, key: keys.macKey } },
  );
}

export function wipeKeys(keys: DirectionKeys): void {
  for (const secret of [keys.key, keys.iv, keys.macKey]) secret.fill(0);
}
