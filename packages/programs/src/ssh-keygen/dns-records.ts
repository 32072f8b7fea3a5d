// ssh-keygen -r: SSHFP records (RFC 4255) of a key file, or of this machine's host keys, for the zone file of a host. A
// certificate stands for its plain key.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { formatSshfp, type SshfpDigest, sshfpDigest, sshfpRecords } from '@sallyport/protocol/keys/formats/sshfp';
import { errorText } from '@sallyport/system/system-error';
import { badDigest } from '../shared/fingerprint-digest.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import type { KeygenContext } from './context.ts';
import { hostKeyPath, hostKeyTypes } from './host-keys.ts';
import { messages } from './messages.ts';

export function printRecords(context: KeygenContext): number {
  const { file } = context.options;
  if (file !== undefined) {
    if (printFile(context, file)) return 0;
    throw new ProgramExit(messages.cannotOpen(file, errorText('ENOENT')));
  }
  const printed = hostKeyTypes.filter(({ name }) => printFile(context, hostKeyPath(name)));
  if (printed.length === 0) throw new ProgramExit(messages.noKeysFound);
  return 0;
}

/** False when there is no such file. */
function printFile({ crypto, options }: KeygenContext, path: string): boolean {
  const { host, generic, settings } = options;
  try {
    const { key } = loadPublicKey(path);
    const plain = isCertificate(key) ? key.key : key;
    for (const record of sshfpRecords(crypto, plain, digestsOf(settings))) {
      writeOut(`${formatSshfp(host, record, generic)}\n`);
    }
    return true;
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    if (error.problem === 'missing') return false;
    throw new ProgramExit(messages.publicUnreadable(path, error.message));
  }
}

/** -O hashalg=…; all of them unless told. */
function digestsOf(settings: readonly string[]): readonly SshfpDigest[] | undefined {
  const [setting] = settings;
  if (setting === undefined) return undefined;
  const [, name] = /^hashalg=(.*)$/.exec(setting) ?? [];
  if (name === undefined) throw new ProgramExit(messages.badSetting(setting));
  const digest = sshfpDigest(name);
  if (digest === undefined) throw new ProgramExit(badDigest(name));
  return [digest];
}
