// RevokedHostKeys (ssh_config(5)): files that forbid host keys, KRLs or lines of keys. A file that cannot be read or
// understood forbids every key: what it says might be about this one.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { askRevokedKeysFile } from '../shared/revoked-keys-file.ts';
import { hostKeyMessages } from './messages.ts';

export interface RevokedHostKeysOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly files: readonly string[];
  /** The key's fingerprint, for the log. */
  readonly print: string;
}

export function isRevokedHostKey(
  key: PublicKey | Certificate,
  { crypto, log, files, print }: RevokedHostKeysOptions,
): boolean {
  const type = keyTypeLabel(key.type);
  for (const file of files) {
    const answer = askRevokedKeysFile(crypto, file, key);
    if (answer.kind === 'not-revoked') continue;
    if (answer.kind === 'unusable') {
      log('error', hostKeyMessages.revokedUnknown({ type, print, file, reason: answer.reason }));
    } else log('error', hostKeyMessages.revokedBy(type, print, file));
    return true;
  }
  return false;
}
