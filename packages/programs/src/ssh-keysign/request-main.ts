// Answers one request (ssh-keysign(8)) and ends. Nobody calls this program by hand: the service does for each client,
// whose socket is descriptor 0. The keys are read first, then every right is given up, and only then is a byte of the
// client looked at.

import { createCryptoProvider } from '@sallyport/crypto';
import { dieWithParent, limitResource } from '@sallyport/system/identity';
import { peerUser } from '@sallyport/system/local-listener';
import { answerRequest } from './answer-request.ts';
import { giveUpRights } from './give-up-rights.ts';
import { loadHostKeys } from './host-keys.ts';
import { lines, refusals } from './messages.ts';
import type { KeysignOptions } from './options.ts';
import { openServiceLog } from './service-log.ts';

const clientFd = 0;

export interface RequestSettings
  extends Pick<KeysignOptions, 'logsToStderr' | 'isVerbose' | 'configFile' | 'hostKeys'> {
  /** The service. */
  readonly parentPid: number;
}

export function main(argv: readonly string[]): Promise<number> {
  dieWithParent();
  limitResource('coreBytes', 0);
  const settings = JSON.parse(argv[0] ?? '') as RequestSettings;
  // It may have ended before it could be told what that means.
  if (process.ppid !== settings.parentPid) return Promise.resolve(1);
  const log = openServiceLog(settings);
  const crypto = createCryptoProvider();
  const trustedUid = process.getuid?.() ?? 0;
  const uid = peerUser(clientFd);
  const hostKeys = loadHostKeys(settings.hostKeys, { crypto, log });
  try {
    giveUpRights();
    answerRequest(clientFd, { crypto, log, hostKeys, uid, trustedUid, configFile: settings.configFile });
  } catch (error) {
    log('error', lines.refused(uid, `${refusals.internal}: ${error instanceof Error ? error.message : String(error)}`));
    return Promise.resolve(1);
  } finally {
    for (const key of hostKeys) key.wipe();
  }
  return Promise.resolve(0);
}
