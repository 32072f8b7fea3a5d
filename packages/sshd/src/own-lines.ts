// Log lines of the monitor that OpenSSH does not have, because its processes are other ones: what went wrong between
// them, or in one of them.

import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';

const error = (text: string): LogLine => ({ level: 'error', text });

export const ownLines = {
  /** A call that was not permitted, or bytes that are no call: the process is ended. */
  misbehaved: (process: string, pid: number, what: string) =>
    error(`${process} process ${pid} broke the rules and is ended: ${visible(what)}`),
  /** A fault of ours; what it belongs to is ended, everything else goes on. */
  failed: (doing: string, cause: unknown) => error(`internal error while ${doing}: ${visible(reasonOf(cause))}`),
  crashed: (process: string, pid: number, how: string) => error(`${process} process ${pid} ended with ${how}`),
  noMethods: error('No AuthenticationMethods left after eliminating disabled methods'),
  /** The keys that were needed together force different commands. */
  inconsistentOptions: error('inconsistent authentication options: forced command options do not match'),
  cannotStart: (process: string, cause: unknown) =>
    error(`cannot start an ${process} process: ${visible(reasonOf(cause))}`),
} as const;

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
