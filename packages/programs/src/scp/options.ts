// The command line of scp (scp(1)): a table of letters, each of which changes the draft of an invocation. What concerns
// the connection is handed on to ssh as it was given.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import { parsePort } from '@sallyport/protocol/config/quantities';
import { argumentBytes } from '../shared/byte-string.ts';
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

/** Wrong use: the usage is printed, status 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A value that cannot be meant: its sentence is printed, status 255. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

type Draft = { -readonly [Name in keyof Invocation]: Invocation[Name] } & {
  readonly sshArguments: string[];
  readonly directArguments: string[];
};

interface OptionRow {
  readonly takesValue: boolean;
  readonly apply: (draft: Draft, value: string) => void;
}

const flag = (apply: (draft: Draft) => void): OptionRow => ({ takesValue: false, apply });
const valued = (apply: OptionRow['apply']): OptionRow => ({ takesValue: true, apply });

/** For every ssh, as it stands. */
const forSsh = (...words: readonly string[]): OptionRow =>
  flag((draft) => {
    draft.sshArguments.push(...words);
    draft.directArguments.push(...words);
  });

const valueForSsh = (letter: string): OptionRow =>
  valued((draft, value) => {
    draft.sshArguments.push(`-${letter}`, value);
    draft.directArguments.push(`-${letter}`, value);
  });

const ignored = flag(() => undefined);
const largestLimitKilobits = 100 * 1024 * 1024;

const optionTable: Readonly<Record<string, OptionRow>> = {
  '1': flag(() => {
    throw new OptionError(optionMessages.protocolOne);
  }),
  '2': ignored,
  '3': flag((draft) => {
    draft.direct = false;
  }),
  '4': forSsh('-4'),
  '6': forSsh('-6'),
  A: forSsh('-A'),
  B: forSsh('-oBatchmode=yes'),
  C: forSsh('-C'),
  D: valued((draft, path) => {
    draft.server = path;
  }),
  F: valueForSsh('F'),
  J: valueForSsh('J'),
  M: valued((draft, name) => {
    if (name !== 'sftp' && name !== 'scp') throw new OptionError(optionMessages.badMode);
    draft.protocol = name;
  }),
  O: flag((draft) => {
    draft.protocol = 'scp';
  }),
  P: valued((draft, text) => {
    const port = parsePort(text);
    if (port === undefined || port === 0) throw new OptionError(optionMessages.badPort(text));
    draft.port = port;
  }),
  R: flag((draft) => {
    draft.direct = true;
  }),
  S: valued((draft, path) => {
    draft.sshProgram = path;
  }),
  T: flag((draft) => {
    draft.checksNames = false;
  }),
  X: valued(applyTransferOption),
  c: valueForSsh('c'),
  d: flag((draft) => {
    draft.toFolder = true;
  }),
  f: flag((draft) => {
    draft.role = 'source';
  }),
  i: valueForSsh('i'),
  l: valued((draft, text) => {
    const kilobits = parseNumber(text, 1, largestLimitKilobits);
    if (typeof kilobits === 'string') throw new UsageError();
    draft.limitBytesPerSecond = (kilobits * 1024) / 8;
  }),
  o: valueForSsh('o'),
  p: flag((draft) => {
    draft.preserve = true;
  }),
  q: flag((draft) => {
    draft.quiet = true;
    draft.sshArguments.push('-q');
    draft.directArguments.push('-q');
  }),
  r: flag((draft) => {
    draft.recursive = true;
  }),
  s: flag((draft) => {
    draft.protocol = 'sftp';
  }),
  t: flag((draft) => {
    draft.role = 'sink';
  }),
  v: flag((draft) => {
    draft.verbosity = Math.min(draft.verbosity + 1, 3);
    draft.sshArguments.push('-v');
    draft.directArguments.push('-v');
  }),
};

const letters = Object.entries(optionTable)
  .map(([letter, row]) => (row.takesValue ? `${letter}:` : letter))
  .join('');

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
  const reader = new OptionReader(argv, letters);
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(event.message);
    optionTable[event.letter]?.apply(draft, event.value);
  }
  draft.sshArguments.push(alwaysLast);
  draft.operands = argumentBytes(argv).slice(argv.length - reader.remaining().length);
  if (draft.role !== 'client') draft.protocol = 'scp';
  else if (draft.operands.length < 2) throw new UsageError();
  return draft;
}
