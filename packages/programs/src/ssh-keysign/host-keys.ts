// The private host keys of this machine, as far as they are there and open without a passphrase. Files that others may
// read do not count, as in sshd.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { keyFileReasons } from '../shared/messages.ts';
import { KeyFileError, readPrivateKeyFile } from '../shared/private-key-file.ts';
import { lines } from './messages.ts';

/** Keys that cannot be used are left out with a line in the log; those that are missing without one. */
export function loadHostKeys(
  paths: readonly string[],
  { crypto, log }: { readonly crypto: CryptoProvider; readonly log: LogSink },
): PrivateKey[] {
  return paths.flatMap((path) => {
    try {
      const sealed = readPrivateKeyFile(path);
      if (sealed.encrypted) throw new KeyFileError('wrong-passphrase', keyFileReasons.wrongPassphrase);
      return sealed.open(crypto, new Uint8Array(0)) ?? [];
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
      log(error.problem === 'missing' ? 'debug1' : 'error', lines.keyNotLoaded(path, error.message));
      return [];
    }
  });
}
