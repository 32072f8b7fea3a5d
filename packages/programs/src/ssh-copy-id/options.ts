// The command line of ssh-copy-id (ssh-copy-id(1)). What concerns the connection is handed on to ssh as it was given.
// The value of -i may be left out, which getopt(3) does not know.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import { UsageError } from '../shared/option-table.ts';
import { messages } from './messages.ts';

export interface CopyIdOptions {
  readonly host: string;
  /** -i: '' is the newest key of the user; undefined when the option was not given. */
  readonly identity: string | undefined;
  readonly isForced: boolean;
  readonly isDryRun: boolean;
  readonly usesSftp: boolean;
  readonly isVerbose: boolean;
  /** -t, below the remote home unless absolute. */
  readonly target: string | undefined;
  /** For ssh, before the host. */
  readonly sshArguments: readonly string[];
}

const letters = 'F:fhi:no:p:st:x?';

/** Reads the arguments after the program's name. @throws UsageError */
export function parseOptions(argv: readonly string[]): CopyIdOptions {
  const reader = new OptionReader(withIdentityValue(argv), letters);
  const seen = new Map<string, string>();
  const sshArguments: string[] = [];
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error' || event.letter === 'h' || event.letter === '?') throw new UsageError();
    const { letter, value } = event;
    if (letter === 'i' && seen.has('i')) throw new UsageError(messages.onlyOneFile);
    if ('Fop'.includes(letter)) sshArguments.push(`-${letter}`, value);
    else seen.set(letter, value);
  }
  const [host, ...rest] = reader.remaining();
  if (host === undefined) throw new UsageError();
  if (rest.length > 0) throw new UsageError(messages.tooMany(reader.remaining().join(' ')));
  return {
    host,
    identity: seen.get('i'),
    isForced: seen.has('f'),
    isDryRun: seen.has('n'),
    usesSftp: seen.has('s'),
    isVerbose: seen.has('x'),
    target: seen.get('t'),
    sshArguments,
  };
}

/** The value of -i may be missing: before another option, and before the host at the end. */
function withIdentityValue(argv: readonly string[]): readonly string[] {
  const index = argv.indexOf('-i');
  const next = argv[index + 1];
  if (index < 0 || (next !== undefined && !next.startsWith('-') && index + 2 < argv.length)) return argv;
  return [...argv.slice(0, index + 1), '', ...argv.slice(index + 1)];
}
