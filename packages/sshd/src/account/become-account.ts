// The first thing an account process does: learns from the monitor whom it serves and how, and becomes that account
// for good. When sshd runs as an ordinary user the process is that user already, and serves nobody else.

import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { receiveDescriptors } from '@sallyport/system/descriptor-passing';
import { becomeAccount as become, enterRoot } from '@sallyport/system/identity';
import { setProcessTitle } from '@sallyport/system/process-title';
import type { StackSettings } from '../auth/stack-settings.ts';
import { decodeStackSettings } from '../auth/stack-settings.ts';
import type { AccountIdentity, AccountStart } from '../listener/account-worker.ts';

const messageLimitBytes = 128 * 1024;

export interface AccountDuty {
  readonly identity: AccountIdentity;
  readonly settings: StackSettings;
}

/**
 * Waits for its duty on the descriptor socket; undefined when sshd is gone. Throws when it cannot become the account.
 */
export function becomeAccount(passingFd: number): AccountDuty | undefined {
  const received = receiveDescriptors(passingFd, {
    maximumDescriptors: 0,
    maximumBytes: messageLimitBytes,
    wait: true,
  });
  if (received === undefined || received.data.length === 0) return undefined;
  const { identity, settings } = JSON.parse(utf8Decode(received.data)) as AccountStart;
  const uid = process.getuid?.();
  if (uid === 0 && identity.chroot !== undefined) {
    // What has to be read from this machine's own root: where the title is kept, and the zone of local times.
    setProcessTitle(`sshd-session: ${identity.name}`);
    new Date().getTimezoneOffset();
    enterRoot(identity.chroot);
  }
  if (uid === 0) become(identity);
  else if (uid !== identity.uid) throw new Error('sshd runs as an ordinary user and serves only that user');
  return { identity, settings: decodeStackSettings(settings) };
}
