// The files of ssh_config and what they ask of the system: where they lie, who may write them, Include, the shell of
// `Match exec`, the interfaces of `Match localnetwork`.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Problem } from '@sallyport/protocol/config/config-error';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expand } from '@sallyport/protocol/config/percent';
import type { ConfigSource } from '@sallyport/protocol/config/resolve-ssh';
import type { LogSink } from '@sallyport/protocol/log/log';
import { matchAddressList } from '@sallyport/protocol/wire/patterns';
import { glob } from '@sallyport/system/glob';
import { withStartingOpenFileLimit } from '@sallyport/system/open-file-limit';
import { errorText } from '@sallyport/system/system-error';
import { optionMessages } from './messages.ts';
import type { Surroundings } from './surroundings.ts';

/** Why there is no plan: the lines to print at level error, the last one being fatal. */
export class ConfigFailure extends Error {
  override readonly name = 'ConfigFailure';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.at(-1) ?? '');
    this.lines = lines;
  }
}

/** What finding and reading the files goes by. */
export interface FileOptions {
  /** Of -F. */
  readonly configFile: string | undefined;
  readonly surroundings: Surroundings;
  readonly log: LogSink;
}

/** The value, or a failure for what an expansion complains about. */
export function expanded<Value>(value: Value | Problem): Value {
  if (isProblem(value)) throw new ConfigFailure([optionMessages.expansion(value.problem)]);
  return value;
}

/** The files to read, first the ones that count most. @throws ConfigFailure */
export function configFiles({ configFile, surroundings, log }: FileOptions): readonly ConfigSource[] {
  if (configFile?.toLowerCase() === 'none') return [];
  if (configFile !== undefined) {
    const text = readConfigFile(configFile, { log, checkedFor: undefined });
    if ('code' in text) throw new ConfigFailure([optionMessages.configMissing(configFile, errorText(text.code))]);
    return [{ path: configFile, text: text.text, isUsers: true }];
  }
  const places = [
    { path: `${surroundings.home}/.ssh/config`, isUsers: true },
    { path: `${surroundings.systemFolder}/ssh_config`, isUsers: false },
  ];
  return places.flatMap(({ path, isUsers }) => {
    const text = readConfigFile(path, { log, checkedFor: isUsers ? surroundings.uid : undefined });
    return 'code' in text ? [] : [{ path, text: text.text, isUsers }];
  });
}

type FileText = { readonly text: string } | { readonly code: string };

/** `checkedFor`: the file must belong to that user or root, and nobody else may write it. */
export function readConfigFile(
  path: string,
  { log, checkedFor }: { readonly log: LogSink; readonly checkedFor: number | undefined },
): FileText {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const { uid, mode } = fstatSync(fd);
    if (checkedFor !== undefined && ((uid !== 0 && uid !== checkedFor) || (mode & 0o022) !== 0)) {
      throw new ConfigFailure([optionMessages.configPermissions(path)]);
    }
    log('debug1', `Reading configuration data ${path}`);
    return { text: readFileSync(fd, 'utf8') };
  } catch (error) {
    if (error instanceof ConfigFailure) throw error;
    return { code: codeOf(error) };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The files that a pattern of Include means, sorted. @throws ConfigFailure */
export function includedFiles(
  pattern: string,
  { isUsers, configFile, surroundings, log }: FileOptions & { readonly isUsers: boolean },
): readonly { readonly path: string; readonly text: string }[] {
  const { home, homeOf, uid, systemFolder } = surroundings;
  const path = expanded(expand(pattern, { home: (user) => (user === '' ? home : homeOf(user)) }));
  const folder = isUsers ? `${home}/.ssh` : systemFolder;
  const absolute = path.startsWith('/') ? path : `${folder}/${path}`;
  const checkedFor = isUsers && configFile === undefined ? uid : undefined;
  return glob(absolute).flatMap((found) => {
    const text = readConfigFile(found, { log, checkedFor });
    if (!('code' in text)) return [{ path: found, text: text.text }];
    if (text.code === 'ENOENT') return [];
    throw new ConfigFailure([optionMessages.configMissing(found, errorText(text.code))]);
  });
}

/** Runs a command by the user's shell; whether it left with 0. */
export function runShell(command: string, environment: Surroundings['environment']): boolean {
  const shell = environment['SHELL'];
  const program = shell === undefined || shell === '' ? '/bin/sh' : shell;
  // Loaded here and not before: few configurations run anything.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status } = withStartingOpenFileLimit(() =>
    spawnSync(program, ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  return status === 0;
}

/** Whether an interface has an address in the list. */
export function localNetwork(list: string): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.some(({ address }) => matchAddressList(address, list) === 'match');
}

/** Why a file that the user names is not there; one that we may not read is complained about when it is used. */
export function whyMissing(path: string): string | undefined {
  try {
    closeSync(openSync(path, 'r'));
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    return code === 'EACCES' ? undefined : errorText(code);
  }
}

/** The code of a system error; anything else is thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
}
