// ssh-keygen -Y: which of the operations on signatures is meant, and whether its arguments are there. The letters have
// other meanings here: -n is the namespace, -s the signature, -r a list of revoked keys.

import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import type { KeygenContext } from './context.ts';
import { findPrincipals, matchPrincipals } from './find-principals.ts';
import { messages } from './messages.ts';
import { signFiles } from './sign-files.ts';
import { verifySignature } from './verify-signature.ts';

export function workOnSignatures(context: KeygenContext): Promise<number> | number {
  const { operation, names, signingFile, file, identity } = context.options;
  const need = (value: string | undefined, sentence: string): string => {
    if (value === undefined || value === '') throw new ProgramExit(sentence, 1);
    return value;
  };
  if (operation.startsWith('find-principals')) {
    const signature = need(signingFile, messages.missingOfSearch('signature file'));
    return findPrincipals(context, signature, need(file, messages.missingOfSearch('allowed keys file')));
  }
  if (operation.startsWith('match-principals')) {
    const allowed = need(file, messages.missingOfMatch);
    return matchPrincipals(allowed, need(identity, messages.missingArgument('match-principals', 'principal ID')));
  }
  if (operation.startsWith('sign')) {
    const namespace = need(names, messages.missingArgument('sign', 'namespace'));
    return signFiles(context, namespace, need(file, messages.missingArgument('sign', 'key')));
  }
  const verifies = operation.startsWith('verify');
  if (!verifies && !operation.startsWith('check-novalidate')) {
    throw new UsageError(messages.unknownOperation(operation));
  }
  const name = verifies ? 'verify' : 'check-novalidate';
  const namespace = need(names, messages.missingArgument(name, 'namespace'));
  const signature = need(signingFile, messages.missingArgument(name, 'signature file'));
  if (!verifies) return verifySignature(context, { namespace, signature, signer: undefined });
  // The word is the stock program's.
  const allowed = need(file, messages.missingArgument('sign', 'allowed keys file'));
  const principal = need(identity, messages.missingArgument(name, 'principal identity'));
  return verifySignature(context, { namespace, signature, signer: { allowed, principal } });
}
