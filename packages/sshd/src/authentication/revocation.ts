// RevokedKeys: lists whose keys may not be used, neither by themselves nor as the authority of a certificate. A list
// that cannot be read, is empty or damaged refuses every key (sshd_config(5)).

import * as fs from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { decodeRevocationList } from '@sallyport/protocol/keys/krl/revocation-list';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';

export interface RevocationCheck {
  readonly crypto: CryptoProvider;
  readonly files: readonly string[];
  readonly log: (line: LogLine) => void;
}

/** A million serial numbers, or hashes of keys, fit well. */
const maximumListBytes = 256 * 1024 * 1024;

/** Whether one of the lists revokes the key, or, for a certificate, its authority; says so. */
export function isRevoked(key: PublicKey | Certificate, { crypto, files, log }: RevocationCheck): boolean {
  const keys = isCertificate(key) ? [key, key.authority] : [key];
  for (const file of files.filter((name) => name.toLowerCase() !== 'none')) {
    for (const candidate of keys) {
      const plain = isCertificate(candidate) ? candidate.key : candidate;
      const named = [keyTypeLabel(candidate.type), fingerprint(crypto, plain), visible(file)] as const;
      const verdict = verdictOf(file, candidate, crypto);
      if (verdict === 'fine') continue;
      log(verdict === 'revoked' ? stableLines.keyRevoked(...named) : stableLines.revocationUnknown(...named));
      return true;
    }
  }
  return false;
}

function verdictOf(file: string, key: PublicKey | Certificate, crypto: CryptoProvider): 'fine' | 'revoked' | 'unknown' {
  try {
    return decodeRevocationList(readList(file)).revokes(crypto, key) ? 'revoked' : 'fine';
  } catch {
    return 'unknown';
  }
}

function readList(file: string): Uint8Array {
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile() || stat.size > maximumListBytes) throw new Error('not a list');
    return new Uint8Array(fs.readFileSync(descriptor));
  } finally {
    fs.closeSync(descriptor);
  }
}
