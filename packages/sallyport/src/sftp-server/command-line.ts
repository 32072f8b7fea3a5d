// The command line of sftp-server, which internal-sftp has as well: letters to options, as OpenSSH 10.5 reads them.
// What they do is for the program.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import { expand } from '@sallyport/protocol/config/percent';
import type { LogLevel } from '@sallyport/protocol/log/log';
import { levelNames, logLevels } from '@sallyport/protocol/log/log';

import type { RequestPolicy } from './request-policy.ts';

export interface SftpServerCommandLine extends RequestPolicy {
  /** -d, with its tokens. */
  readonly startFolder: string | undefined;
  /** -e */
  readonly logToStderr: boolean;
  /** -l; undefined logs nothing. */
  readonly logLevel: LogLevel | undefined;
  /** -f */
  readonly facility: string;
  /** -u */
  readonly umask: number | undefined;
  /** -Q */
  readonly query: string | undefined;
}

/** A wrong use: without a sentence the usage is what there is to say. */
export interface CommandLineProblem {
  readonly problem: string | undefined;
}

const facilities = /^(DAEMON|USER|AUTH|AUTHPRIV|LOCAL[0-7])$/i;
const largestUmask = 0o777;

type Draft = { -readonly [Key in keyof SftpServerCommandLine]: SftpServerCommandLine[Key] };

interface OptionRow {
  readonly letter: string;
  readonly takesValue: boolean;
  /** Returns what is wrong with the value. */
  readonly apply: (draft: Draft, value: string) => string | undefined;
}

const flag = (letter: string, apply: (draft: Draft) => void): OptionRow => ({
  letter,
  takesValue: false,
  apply: (draft) => {
    apply(draft);
    return undefined;
  },
});
const value = (letter: string, apply: OptionRow['apply']): OptionRow => ({ letter, takesValue: true, apply });

const optionTable: readonly OptionRow[] = [
  // For the tests of OpenSSH, which run the program with standard descriptors that are no pipes.
  flag('c', () => undefined),
  flag('e', (draft) => {
    draft.logToStderr = true;
  }),
  flag('R', (draft) => {
    draft.readOnly = true;
  }),
  value('Q', (draft, query) => {
    draft.query = query;
    return undefined;
  }),
  value('d', (draft, folder) => {
    draft.startFolder = folder;
    return undefined;
  }),
  value('f', (draft, name) => {
    if (!facilities.test(name)) return 'Unrecognized internal syslog facility code -1';
    draft.facility = name.toUpperCase();
    return undefined;
  }),
  value('l', (draft, name) => {
    const level = Object.hasOwn(levelNames, name.toUpperCase()) ? levelNames[name.toUpperCase()] : undefined;
    if (level === undefined) return 'Unrecognized internal syslog level code -1';
    draft.logLevel = level === 'none' ? undefined : level;
    return undefined;
  }),
  value('P', (draft, list) => {
    if (draft.deny !== undefined) return 'Refused requests already set';
    draft.deny = list.split(',');
    return undefined;
  }),
  value('p', (draft, list) => {
    if (draft.allow !== undefined) return 'Permitted requests already set';
    draft.allow = list.split(',');
    return undefined;
  }),
  value('u', (draft, text) => {
    const mask = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
    if (!(mask <= largestUmask)) return `Invalid umask "${text}"`;
    draft.umask = mask;
    return undefined;
  }),
];

const letters = `h${optionTable.map((row) => (row.takesValue ? `${row.letter}:` : row.letter)).join('')}`;

/** Operands are ignored. */
export function readSftpServerCommandLine(argv: readonly string[]): SftpServerCommandLine | CommandLineProblem {
  const draft: Draft = {
    startFolder: undefined,
    logToStderr: false,
    logLevel: 'error',
    facility: 'AUTH',
    umask: undefined,
    query: undefined,
  };
  const reader = new OptionReader(argv, letters);
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    const row = event.kind === 'option' ? optionTable.find(({ letter }) => letter === event.letter) : undefined;
    if (event.kind === 'error' || row === undefined) return { problem: undefined };
    const problem = row.apply(draft, event.value);
    if (problem !== undefined) return { problem };
  }
  return draft;
}

/** Whether lines of a level are wanted. */
export function isLogged({ logLevel }: SftpServerCommandLine, level: LogLevel): boolean {
  return logLevel !== undefined && logLevels.indexOf(level) <= logLevels.indexOf(logLevel);
}

/** The folder of -d for that user; undefined when it has a token that there is not. */
export function expandStartFolder(
  folder: string,
  account: { readonly name: string; readonly home: string },
): string | undefined {
  const values = { d: account.home, u: account.name };
  const expanded = expand(folder, { tokens: { letters: 'du', values } });
  return typeof expanded === 'string' ? expanded : undefined;
}
