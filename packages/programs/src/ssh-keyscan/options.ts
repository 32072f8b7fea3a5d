// The command line of ssh-keyscan: letters to options, checked where
// OpenSSH checks them, in its order.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import type { SshfpDigest } from '@sallyport/protocol/keys/formats/sshfp';
import { sshfpDigest } from '@sallyport/protocol/keys/formats/sshfp';
import { UsageError } from '../shared/option-table.ts';
import { parseNumber } from '../shared/parse-number.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import type { ScanTypeName } from './key-types.ts';
import { defaultScanTypes, scanTypeOf } from './key-types.ts';
import { messages } from './messages.ts';

export interface KeyscanOptions {
  family: 4 | 6 | undefined;
  port: number;
  timeoutMs: number;
  types: readonly ScanTypeName[];
  certificates: boolean;
  hashesNames: boolean;
  printsSshfp: boolean;
  sshfpDigests: readonly SshfpDigest[] | undefined;
  quiet: boolean;
  verbose: boolean;
  files: string[];
  operands: readonly string[];
}

const defaultPort = 22;
const defaultTimeoutMs = 5000;
const longestTimeoutSeconds = 0x7fffffff / 1000;

type Apply = (options: KeyscanOptions, value: string) => void;

const letters: Readonly<Record<string, Apply>> = {
  '4': (options) => void (options.family = 4),
  '6': (options) => void (options.family = 6),
  c: (options) => void (options.certificates = true),
  D: (options) => void (options.printsSshfp = true),
  H: (options) => void (options.hashesNames = true),
  q: (options) => void (options.quiet = true),
  v: (options) => void (options.verbose = true),
  'f:': (options, path) => void options.files.push(path),
  'O:': (options, text) => {
    const [, name] = /^hashalg=(.*)$/.exec(text) ?? [];
    if (name === undefined) throw new ProgramExit(messages.unsupportedOption(text));
    const digest = sshfpDigest(name);
    if (digest === undefined) throw new ProgramExit(messages.unknownHashAlgorithm(name));
    options.sshfpDigests = [digest];
  },
  'p:': (options, text) => {
    const port = parseNumber(text, 1, 65_535);
    if (typeof port === 'string') throw new ProgramExit(messages.badPort(text), 1);
    options.port = port;
  },
  'T:': (options, text) => {
    const seconds = parseSeconds(text);
    if (seconds === undefined || seconds <= 0) throw new UsageError(`${messages.badTimeout(text)}\n`);
    options.timeoutMs = Math.min(seconds, longestTimeoutSeconds) * 1000;
  },
  't:': (options, text) => {
    options.types = text.split(',').map((name) => {
      const type = scanTypeOf(name);
      if (type === undefined) throw new ProgramExit(messages.unknownType(name));
      return type;
    });
  },
};

/** Seconds, or a time in the format of sshd_config (`1m30`). */
function parseSeconds(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return undefined;
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  return parts.reduce((sum, [, digits, unit = '']) => sum + Number(digits) * (units[unit] ?? 1), 0);
}

/** @throws UsageError @throws ProgramExit */
export function parseOptions(argv: readonly string[]): KeyscanOptions {
  const options: KeyscanOptions = {
    family: undefined,
    port: defaultPort,
    timeoutMs: defaultTimeoutMs,
    types: defaultScanTypes,
    certificates: false,
    hashesNames: false,
    printsSshfp: false,
    sshfpDigests: undefined,
    quiet: false,
    verbose: false,
    files: [],
    operands: [],
  };
  const reader = new OptionReader(argv, Object.keys(letters).join(''));
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(`${event.message}\r\n`);
    const { letter, value } = event;
    (letters[letter] ?? letters[`${letter}:`])?.(options, value);
  }
  options.operands = reader.remaining();
  if (options.operands.length === 0 && options.files.length === 0) throw new UsageError('');
  return options;
}
