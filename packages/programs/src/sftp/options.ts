// The command line of sftp (sftp(1)): a table of letters, each of which changes the draft of an invocation. What
// concerns the connection is handed on to ssh as it was given; values are checked where OpenSSH checks them, in its
// order.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import { parsePort } from '@sallyport/protocol/config/quantities';
import { splitWords } from '@sallyport/protocol/config/words';
import { argumentBytes, textOf } from '../shared/byte-string.ts';
import type { OptionRow } from '../shared/option-table.ts';
import { flag, lettersOf, OptionError, readOptions, UsageError, valued } from '../shared/option-table.ts';
import { parseNumber } from '../shared/parse-number.ts';
import type { RemotePlace } from '../shared/remote-place.ts';
import { isPlaceUri, parseHostPath, parsePlaceUri, parseUserHost } from '../shared/remote-place.ts';
import { optionMessages } from './messages.ts';

export interface Invocation {
  /** For ssh, before the host. */
  readonly sshArguments: readonly string[];
  /** undefined with -D. Its path is a file to fetch or a folder to enter; empty for where the server begins. */
  readonly destination: RemotePlace | undefined;
  /** The second operand, a byte string: what the destination's path is fetched to. */
  readonly target: string | undefined;
  readonly port: number | undefined;
  /** -S: a program that takes the place of ssh. */
  readonly sshProgram: string | undefined;
  /** -D: a server of this machine, with its arguments; as it was given, in front. */
  readonly server: { readonly text: string; readonly words: readonly string[] } | undefined;
  /** -s: a subsystem, or a path. */
  readonly subsystem: string;
  /** -b; `-` is stdin. */
  readonly batchFile: string | undefined;
  readonly quiet: boolean;
  /** Not -q: what is of interest but no problem is told. */
  readonly showsNotes: boolean;
  /** -v, -vv, -vvv. */
  readonly verbosity: number;
  readonly resume: boolean;
  readonly sync: boolean;
  readonly preserve: boolean;
  readonly recursive: boolean;
  readonly showsProgress: boolean;
  readonly limitBytesPerSecond: number | undefined;
  /** -B. */
  readonly bufferBytes: number | undefined;
  /** -R. */
  readonly requests: number | undefined;
}

type Draft = { -readonly [Name in keyof Invocation]: Invocation[Name] } & {
  readonly sshArguments: string[];
  isNoisy: boolean;
};

const forSsh = (letter: string): OptionRow<Draft> =>
  flag(letter, (draft) => void draft.sshArguments.push(`-${letter}`));
const valueForSsh = (letter: string): OptionRow<Draft> =>
  valued(letter, (draft, value) => void draft.sshArguments.push(`-${letter}`, value));
type Setting = 'resume' | 'sync' | 'preserve' | 'recursive' | 'isNoisy';
const setting = (letter: string, name: Setting): OptionRow<Draft> =>
  flag(letter, (draft) => {
    draft[name] = true;
  });

const largestLimitKilobits = 100 * 1024 * 1024;
const largestRequestCount = 0x7fffffff;
const largestBufferBytes = 0x7fffffff;

const optionTable: readonly OptionRow<Draft>[] = [
  flag('1', () => {
    throw new OptionError(optionMessages.protocolOne);
  }),
  flag('2', () => undefined),
  forSsh('4'),
  forSsh('6'),
  forSsh('A'),
  valued('B', (draft, text) => {
    draft.bufferBytes = readCount(text, optionMessages.badBufferSize(text));
  }),
  forSsh('C'),
  valued('D', (draft, text) => {
    const words = splitWords(text);
    if (words === undefined || words.length === 0) throw new OptionError(optionMessages.badServerCommand);
    draft.server = { text, words };
  }),
  valueForSsh('F'),
  valueForSsh('J'),
  setting('N', 'isNoisy'),
  valued('P', (draft, text) => {
    const port = parsePort(text);
    if (port === undefined || port === 0) throw new OptionError(optionMessages.badPort(text));
    draft.port = port;
  }),
  valued('R', (draft, text) => {
    draft.requests = readCount(text, optionMessages.badRequestCount(text));
  }),
  valued('S', (draft, path) => {
    draft.sshProgram = path;
  }),
  valued('X', applyProtocolOption),
  setting('a', 'resume'),
  valued('b', (draft, file) => {
    if (draft.batchFile !== undefined) throw new OptionError(optionMessages.batchTwice);
    draft.batchFile = file;
    draft.showsProgress = false;
    draft.quiet = true;
    draft.sshArguments.push('-obatchmode yes');
  }),
  valueForSsh('c'),
  setting('f', 'sync'),
  flag('h', () => {
    throw new UsageError();
  }),
  valueForSsh('i'),
  valued('l', (draft, text) => {
    const kilobits = parseNumber(text, 1, largestLimitKilobits);
    if (typeof kilobits === 'string') throw new UsageError();
    draft.limitBytesPerSecond = (kilobits * 1024) / 8;
  }),
  valueForSsh('o'),
  setting('p', 'preserve'),
  flag('q', (draft) => {
    draft.quiet = true;
    draft.showsNotes = false;
    draft.showsProgress = false;
    draft.sshArguments.push('-q');
  }),
  setting('r', 'recursive'),
  valued('s', (draft, name) => {
    draft.subsystem = name;
  }),
  flag('v', (draft) => {
    if (draft.verbosity === 3) return;
    draft.verbosity++;
    draft.sshArguments.push('-v');
  }),
];

/** Reads the arguments after the program's name. @throws UsageError @throws OptionError */
export function parseArguments(argv: readonly string[]): Invocation {
  const draft: Draft = {
    sshArguments: ['-oForwardX11 no', '-oPermitLocalCommand no', '-oClearAllForwardings yes'],
    destination: undefined,
    target: undefined,
    port: undefined,
    sshProgram: undefined,
    server: undefined,
    subsystem: 'sftp',
    batchFile: undefined,
    quiet: false,
    showsNotes: true,
    verbosity: 0,
    resume: false,
    sync: false,
    preserve: false,
    recursive: false,
    showsProgress: true,
    limitBytesPerSecond: undefined,
    bufferBytes: undefined,
    requests: undefined,
    isNoisy: false,
  };
  const reader = new OptionReader(argv, lettersOf(optionTable));
  readOptions(reader, optionTable, { draft });
  // Whoever asked for it has come first.
  draft.sshArguments.push('-oForwardAgent no');
  if (draft.isNoisy) draft.quiet = false;
  if (draft.server === undefined) takeOperands(draft, argumentBytes(reader.remaining()));
  return draft;
}

function takeOperands(draft: Draft, operands: readonly string[]): void {
  const [typed, target] = operands;
  if (typed === undefined || operands.length > 2) throw new UsageError();
  const place = isPlaceUri(typed, 'sftp') ? parsePlaceUri(typed, 'sftp') : parseDestination(typed);
  const host = place === undefined ? undefined : textOf(place.host);
  const user = place?.user === undefined ? undefined : textOf(place.user);
  if (place === undefined || host === undefined) throw new UsageError();
  if (host === '') throw new UsageError(optionMessages.missingHost);
  draft.destination = place;
  draft.target = target;
  draft.port = place.port ?? draft.port;
  if (draft.port !== undefined) draft.sshArguments.push(`-oPort ${draft.port}`);
  if (user !== undefined) draft.sshArguments.push('-l', user);
}

function parseDestination(text: string): RemotePlace {
  const place = parseHostPath(text);
  if (place === undefined) return { ...parseUserHost(text), port: undefined, path: '' };
  return { ...place, path: place.path || '.' };
}

function readCount(text: string, complaint: string): number {
  const count = parseNumber(text, 1, largestRequestCount);
  if (typeof count === 'string') throw new OptionError(complaint);
  return count;
}

function applyProtocolOption(draft: Draft, text: string): void {
  const [, name = '', value = ''] = /^(nrequests|buffer)=(.*)$/s.exec(text) ?? [];
  if (name === 'nrequests') {
    const count = parseNumber(value, 1, largestRequestCount);
    if (typeof count === 'string') throw new OptionError(optionMessages.badRequestOption(value, count));
    draft.requests = count;
  } else if (name === 'buffer') {
    draft.bufferBytes = readSize(value);
  } else throw new OptionError(optionMessages.badOption);
}

const sizeUnits = 'kmg';

/** A size with an optional K, M or G behind it. */
function readSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** (unit === '' ? 0 : sizeUnits.indexOf(unit.toLowerCase()) + 1);
  if (digits === '') throw new OptionError(optionMessages.badBufferOption(text, 'Invalid argument'));
  if (bytes < 1) throw new OptionError(optionMessages.badBufferOption(text, 'Numerical result out of range'));
  return Math.min(bytes, largestBufferBytes);
}
