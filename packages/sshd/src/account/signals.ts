// Signals by the names of RFC 4254 section 6.10 and Linux' numbers
// (the same on x86-64 and arm64).

import * as os from 'node:os';

/** The names that exit-signal may carry without a domain. */
const exitNames = ['ABRT', 'ALRM', 'FPE', 'HUP', 'ILL', 'INT', 'KILL', 'PIPE', 'QUIT', 'SEGV', 'TERM', 'USR1', 'USR2'];
/** What a client may send to its program. */
const acceptedNames = ['HUP', 'INT', 'KILL', 'QUIT', 'TERM', 'USR1', 'USR2'];

const numbers: Readonly<Record<string, number>> = os.constants.signals;

/** The name for exit-signal: RFC 4254's, or `SIG@openssh.com` for any other. */
export function signalNameOf(number: number): string {
  const found = Object.entries(numbers)
    .find(([, value]) => value === number)?.[0]
    .slice('SIG'.length);
  return found !== undefined && exitNames.includes(found) ? found : 'SIG@openssh.com';
}

/** The number of a signal that a client may send; undefined for any other. */
export function acceptedSignal(name: string): number | undefined {
  return acceptedNames.includes(name) ? numbers[`SIG${name}`] : undefined;
}
