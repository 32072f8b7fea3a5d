// The command line of scp (scp(1)): a table of letters, each of which changes the draft of an invocation. What concerns
// the connection is handed on to ssh as it was given.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import { parsePort } from '@sallyport/protocol/config/quantities';
import { argumentBytes } from '../shared/byte-string.ts';
import type { OptionRow } from '../shared/option-table.ts';
import { flag, lettersOf, OptionError, readOptions, UsageError, valued } from '../shared/option-table.ts';
import { parseNumber } from '../shared/parse-number.ts';
import { optionMessages } from './messages.ts';

export interface Invocation {
  /** Sink and source are the roles that a server's scp plays for a client in the old protocol (-t, -f). */
  readonly role: 'client' | 'sink' | 'source';
  readonly protocol: 'sftp' | 'scp';
  /** Sources and target, as byte strings. */
  readonly operands: readonly string[];
  readonly recursive: boolean;
  readonly preserve: boolean;
  /** -d, hidden: the target must be a folder. */
  readonly toFolder: boolean;
  /** Not -T. */
  readonly checksNames: boolean;
  /** -R: a source's host copies to the target's by itself. */
  readonly direct: boolean;
  readonly quiet: boolean;
  /** -v, -vv, -vvv. */
  readonly verbosity: number;
  /** For ssh, before the host. */
  readonly sshArguments: readonly string[];
  /** The same for the ssh of -R. */
  readonly directArguments: readonly string[];
  /** -P. */
  readonly port: number | undefined;
  /** -S: a program that takes the place of ssh. */
  readonly sshProgram: string | undefined;
  /** -D: a server of this machine that takes the place of every host. */
  readonly server: string | undefined;
  readonly limitBytesPerSecond: number | undefined;
  /** -X. */
  readonly requests: number | undefined;
  readonly bufferBytes: number | undefined;
}

type Draft = { -readonly [Name in keyof Invocation]: Invocation[Name] } & {
  readonly sshArguments: string[];
  readonly directArguments: string[];
};

/** For every ssh, as it stands. */
const forSsh = (letter: string, word = `-${letter}`): OptionRow<Draft> =>
  flag(letter, (draft) => {
    draft.sshArguments.push(word);
    draft.directArguments.push(word);
  });

const valueForSsh = (letter: string): OptionRow<Draft> =>
  valued(letter, (draft, value) => {
    draft.sshArguments.push(`-${letter}`, value);
    draft.directArguments.push(`-${letter}`, value);
  });

const largestLimitKilobits = 100 * 1024 * 1024;

const optionTable: readonly OptionRow<Draft>[] = [
  flag('1', () => {
    throw new OptionError(optionMessages.protocolOne);
  }),
  flag('2', () => undefined),
  flag('3', (draft) => {
    draft.direct = false;
  }),
  forSsh('4'),
  forSsh('6'),
  forSsh('A'),
  forSsh('B', '-oBatchmode=yes'),
  forSsh('C'),
  valued('D', (draft, path) => {
    draft.server = path;
  }),
  valueForSsh('F'),
  valueForSsh('J'),
  valued('M', (draft, name) => {
    if (name !== 'sftp' && name !== 'scp') throw new OptionError(optionMessages.badMode);
    draft.protocol = name;
  }),
  flag('O', (draft) => {
    draft.protocol = 'scp';
  }),
  valued('P', (draft, text) => {
    const port = parsePort(text);
    if (port === undefined || port === 0) throw new OptionError(optionMessages.badPort(text));
    draft.port = port;
  }),
  flag('R', (draft) => {
    draft.direct = true;
  }),
  valued('S', (draft, path) => {
    draft.sshProgram = path;
  }),
  flag('T', (draft) => {
    draft.checksNames = false;
  }),
  valued('X', applyTransferOption),
  valueForSsh('c'),
  flag('d', (draft) => {
    draft.toFolder = true;
  }),
  flag('f', (draft) => {
    draft.role = 'source';
  }),
  valueForSsh('i'),
  valued('l', (draft, text) => {
    const kilobits = parseNumber(text, 1, largestLimitKilobits);
    if (typeof kilobits === 'string') throw new UsageError();
    draft.limitBytesPerSecond = (kilobits * 1024) / 8;
  }),
  valueForSsh('o'),
  flag('p', (draft) => {
    draft.preserve = true;
  }),
  flag('q', (draft) => {
    draft.quiet = true;
    draft.sshArguments.push('-q');
    draft.directArguments.push('-q');
  }),
  flag('r', (draft) => {
    draft.recursive = true;
  }),
  flag('s', (draft) => {
    draft.protocol = 'sftp';
  }),
  flag('t', (draft) => {
    draft.role = 'sink';
  }),
  flag('v', (draft) => {
    draft.verbosity = Math.min(draft.verbosity + 1, 3);
    draft.sshArguments.push('-v');
    draft.directArguments.push('-v');
  }),
];

/** `nrequests=N` and `buffer=BYTES`. */
function applyTransferOption(draft: Draft, text: string): void {
  const [, name, value = ''] = /^(nrequests|buffer)=(.*)$/is.exec(text) ?? [];
  if (name?.toLowerCase() === 'nrequests') {
    const count = parseNumber(value, 1, 0x7fffffff);
    if (typeof count === 'string') throw new OptionError(optionMessages.badRequestCount(value, count));
    draft.requests = count;
  } else if (name !== undefined) {
    draft.bufferBytes = parseBufferSize(value);
  } else {
    throw new OptionError(optionMessages.badOption);
  }
}

const largestBufferBytes = 0x7fffffff;

function parseBufferSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([BKMG]?)$/i.exec(text) ?? [];
  const scale = { '': 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[unit.toUpperCase()] ?? 1;
  const bytes = Number(digits) * scale;
  if (digits === undefined) throw new OptionError(optionMessages.badBufferSize(text, 'Invalid argument'));
  if (bytes === 0) throw new OptionError(optionMessages.badBufferSize(text, 'Invalid argument'));
  if (bytes > largestBufferBytes)
    throw new OptionError(optionMessages.badBufferSize(text, 'Numerical result out of range'));
  return bytes;
}

// Whatever the configuration says, a copy runs no command of its own, forwards nothing and wants no terminal.
const alwaysFirst = [
  '-x',
  '-oPermitLocalCommand=no',
  '-oClearAllForwardings=yes',
  '-oRemoteCommand=none',
  '-oRequestTTY=no',
];
/** Last: -A before it wins. */
const alwaysLast = '-oForwardAgent=no';

/** Reads the arguments after the program's name. @throws UsageError @throws OptionError */
export function parseArguments(argv: readonly string[]): Invocation {
  const draft: Draft = {
    role: 'client',
    protocol: 'sftp',
    operands: [],
    recursive: false,
    preserve: false,
    toFolder: false,
    checksNames: true,
    direct: false,
    quiet: false,
    verbosity: 0,
    sshArguments: [...alwaysFirst],
    directArguments: [],
    port: undefined,
    sshProgram: undefined,
    server: undefined,
    limitBytesPerSecond: undefined,
    requests: undefined,
    bufferBytes: undefined,
  };
  const reader = new OptionReader(argv, lettersOf(optionTable));
  readOptions(reader, optionTable, { draft });
  draft.sshArguments.push(alwaysLast);
  draft.operands = argumentBytes(argv).slice(argv.length - reader.remaining().length);
  if (draft.role !== 'client') draft.protocol = 'scp';
  else if (draft.operands.length < 2) throw new UsageError();
  return draft;
}
