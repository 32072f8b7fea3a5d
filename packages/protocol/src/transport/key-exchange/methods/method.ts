// The one shape of every key exchange method: the client offers a value, the server answers with a value and has the
// shared secret, the client agrees with the answer. Values are the strings of KEX_ECDH_INIT and KEX_ECDH_REPLY.

import type { CryptoProvider } from '../../../algorithms/crypto-provider.ts';
import { Writer } from '../../../wire/writer.ts';

export interface KeyExchangeMethod {
  /** The client's part. */
  offer(crypto: CryptoProvider): Offer;
  /** The server's part; undefined when the client's value must be refused. */
  respond(crypto: CryptoProvider, clientValue: Uint8Array): Response | undefined;
}

export interface Offer {
  readonly value: Uint8Array;
  /** The shared secret K; undefined when the server's value must be refused. */
  agree(serverValue: Uint8Array): Uint8Array | undefined;
  free(): void;
}

/** `secret` is K as it goes into the exchange hash, with its length: an mpint, or a string for the hybrid methods. */
export interface Response {
  readonly value: Uint8Array;
  readonly secret: Uint8Array;
}

/** K as an mpint (RFC 4253 section 8); overwrites the number it is made of. */
export function mpintSecret(magnitude: Uint8Array): Uint8Array {
  return encodeSecret(magnitude, (writer) => writer.mpint(magnitude));
}

/** K as a string; overwrites the bytes it is made of. */
export function stringSecret(bytes: Uint8Array): Uint8Array {
  return encodeSecret(bytes, (writer) => writer.string(bytes));
}

function encodeSecret(source: Uint8Array, write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer(source.length + 8);
  write(writer);
  const encoded = writer.bytes();
  writer.wipe();
  source.fill(0);
  return encoded;
}
