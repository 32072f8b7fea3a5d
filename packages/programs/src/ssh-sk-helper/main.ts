// ssh-sk-helper: speaks to FIDO authenticators, through libfido2 or a middleware library, so that no program that holds
// keys or talks to strangers does. Requests on stdin, answers on stdout (security-key-messages.ts); a request takes as
// long as its user does. It ends when its input does (ssh-sk-helper(8)).

import { forbidTracing, limitFurtherMemory } from '@sallyport/system/identity';
import { Libfido2 } from '@sallyport/system/libfido2';
import { SecurityKeyMiddleware } from '@sallyport/system/security-key-middleware';
import type { SecurityKeyProvider } from '@sallyport/system/security-key-provider';
import { serveRequests } from '../shared/serve-requests.ts';
import { writeError } from '../shared/standard-streams.ts';
import { answerTo } from './answers.ts';

const usage = 'usage: ssh-sk-helper [-v]\n';
const internal = 'internal';
/** For libraries that reserve as much as a token says. */
const memoryBytes = 256 * 1024 * 1024;

/** What speaks to authenticators on USB. */
type OpenInternal = (isVerbose: boolean) => SecurityKeyProvider;

/** Resolves when stdin has ended. Tests of authenticators that are not on USB give another `openInternal`. */
export function main(
  argv: readonly string[],
  openInternal: OpenInternal = (isVerbose) => new Libfido2({ isVerbose }),
): Promise<number> {
  if (argv.some((word) => !/^-v+$/.test(word))) {
    writeError(usage);
    return Promise.resolve(1);
  }
  limitFurtherMemory(memoryBytes);
  forbidTracing();
  const open = (provider: string): SecurityKeyProvider =>
    provider === internal ? openInternal(argv.length > 0) : new SecurityKeyMiddleware(provider);
  return serveRequests((request) => answerTo(request, open));
}
