// The digest of fingerprints that -E names, in ssh-keygen, ssh-agent and ssh-add alike: any case is taken, and what is
// none of them ends the program with the words of OpenSSH.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { ProgramExit } from './program-exit.ts';

const digests: readonly DigestName[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

export const badDigest = (name: string): string => `Invalid hash algorithm "${name}"`;

/** @throws ProgramExit for a name that is none */
export function fingerprintDigest(name: string): DigestName {
  const digest = digests.find((known) => known === name.toLowerCase());
  if (digest === undefined) throw new ProgramExit(badDigest(name));
  return digest;
}
