// What is said between ssh-pkcs11-helper and the programs that start it: agent messages (RFC 9987 section 4), but for
// requests of signatures. Since OpenSSH 10.1 these end with the name of an algorithm and a number. Before, they end
// with flags that nobody sets, the data is what the token itself must sign, and the answer is what the token gives.

import * as agent from '@sallyport/protocol/agent/messages';
import { bytes, text, uint32 } from '@sallyport/protocol/codec/fields';
import { message } from '@sallyport/protocol/codec/struct';
import { Reader } from '@sallyport/protocol/wire/reader';

const flagsBytes = 4;
const signing = message('SIGN', agent.signRequest.number, {
  key: bytes,
  data: bytes,
  algorithm: text,
  compatibility: uint32,
});

export interface TokenSigning {
  readonly key: Uint8Array;
  readonly data: Uint8Array;
  /** Empty: the one of the key's type; undefined: the data is hashed already. */
  readonly algorithm: string | undefined;
}

export function encodeTokenSigning({ key, data, algorithm = '' }: TokenSigning): Uint8Array {
  // Only RSA has a choice. Those of certificates are made with the same algorithms.
  const chosen = ['rsa-sha2-256', 'rsa-sha2-512'].find((name) => algorithm.startsWith(name)) ?? '';
  return signing.encode({ key, data, algorithm: chosen, compatibility: 0 });
}

/** @throws DecodeError */
export function decodeTokenSigning(request: Uint8Array): TokenSigning {
  const reader = new Reader(request);
  reader.byte();
  const [key, data] = [reader.string(), reader.string()];
  return reader.remaining === flagsBytes ? { key, data, algorithm: undefined } : signing.decode(request);
}
