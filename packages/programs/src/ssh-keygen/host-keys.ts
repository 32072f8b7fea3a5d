// ssh-keygen -A: the host keys that a server wants and that are missing, one of each type, without a passphrase. -f is
// a folder that stands before their usual place.

import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { type KeygenContext, logLine, ownAccount } from './context.ts';
import { messages } from './messages.ts';
import { savePrivateKey, savePublicKey } from './save.ts';

/** In the order in which they are made. */
export const hostKeyTypes = [
  { name: 'rsa', label: 'RSA' },
  { name: 'ecdsa', label: 'ECDSA' },
  { name: 'ed25519', label: 'ED25519' },
  { name: 'mldsa44-ed25519', label: 'MLDSA44-ED25519' },
] as const;

export function hostKeyPath(name: (typeof hostKeyTypes)[number]['name']): string {
  return `/etc/ssh/ssh_host_${name.replace('-', '_')}_key`;
}

export async function makeHostKeys(context: KeygenContext): Promise<number> {
  const { crypto, options } = context;
  const missing = hostKeyTypes.filter(({ name }) => isMissing(`${options.file ?? ''}${hostKeyPath(name)}`));
  if (missing.length === 0) return 0;
  writeOut(messages.generatingHostKeys);
  const comment = `${ownAccount().name}@${hostname()}`;
  for (const { name, label } of missing) {
    writeOut(`${label} `);
    const path = `${options.file ?? ''}${hostKeyPath(name)}`;
    const key = new PrivateKey(crypto.generateKey(name), comment);
    try {
      await savePrivateKey(context, key, { path, passphrase: new Uint8Array(0), comment });
      savePublicKey(key.publicKey, comment, `${path}.pub`);
    } catch (error) {
      // As OpenSSH: the other types are tried all the same, and the status does not tell.
      if (!(error instanceof ProgramExit)) throw error;
      logLine(error.message);
    } finally {
      key.wipe();
    }
  }
  writeOut('\n');
  return 0;
}

/** A file that is there and empty was left by a making that failed. */
function isMissing(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined || status.size === 0;
}
