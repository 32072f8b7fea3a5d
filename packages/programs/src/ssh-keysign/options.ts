// The command line of ssh-keysign. Without -D it is the helper that an ssh starts, without any option, and which takes
// no more than the socket.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import { hostKeyFiles, systemFolder } from '../shared/host-key-files.ts';

export interface KeysignOptions {
  /** -D */
  serves: boolean;
  /** -e */
  logsToStderr: boolean;
  /** -v */
  isVerbose: boolean;
  /** -f: the file that enables the service. */
  configFile: string;
  /** -h */
  hostKeys: readonly string[];
  /** -s */
  socket: string | undefined;
}

/** A wrong use: the message, if any, goes before the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Apply = (options: KeysignOptions, value: string) => void;

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): KeysignOptions {
  const hostKeys: string[] = [];
  const options: KeysignOptions = {
    serves: false,
    logsToStderr: false,
    isVerbose: false,
    configFile: `${systemFolder}/ssh_config`,
    hostKeys: hostKeyFiles(systemFolder),
    socket: undefined,
  };
  const table: Readonly<Record<string, Apply>> = {
    D: (all) => void (all.serves = true),
    e: (all) => void (all.logsToStderr = true),
    v: (all) => void (all.isVerbose = true),
    f: (all, path) => void (all.configFile = path),
    h: (all, path) => {
      hostKeys.push(path);
      all.hostKeys = hostKeys;
    },
    s: (all, path) => void (all.socket = path),
  };
  const reader = new OptionReader(argv, 'Devf:h:s:');
  const seen = new Set<string>();
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(event.message);
    table[event.letter]?.(options, event.value);
    seen.add(event.letter);
  }
  if (reader.remaining().length > 0) throw new UsageError('');
  if (!options.serves && [...seen].some((letter) => letter !== 's')) throw new UsageError('');
  return options;
}
