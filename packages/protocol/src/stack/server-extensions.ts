// What a server announces (RFC 8308 section 3.1; PROTOCOL sections 1.8 and 1.9): the signature algorithms that it takes
// from users, and two extensions of OpenSSH.

import { signatureAlgorithm } from '../algorithms/signatures.ts';
import { utf8Encode } from '../wire/utf8.ts';

/** RFC 8308 section 3.1, PROTOCOL sections 1.9 and 3.1. Of algorithms for certificates, those are told that sign. */
export function serverExtensions(signatureAlgorithms: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const signing = new Set(signatureAlgorithms.flatMap((name) => signatureAlgorithm(name)?.signatureName ?? []));
  return new Map([
    ['server-sig-algs', utf8Encode([...signing].join(','))],
    ['publickey-hostbound@openssh.com', utf8Encode('0')],
    ['ping@openssh.com', utf8Encode('0')],
  ]);
}
