// Reads sshd_config with what it includes, and says what sshd must not pass over in silence: a line that restricts
// access and that this sshd does not enforce yet is an error, never ignored.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { configErrorText } from '@sallyport/protocol/config/config-error';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import { sshdKeywords } from '@sallyport/protocol/config/sshd-keywords';
import { matchPattern } from '@sallyport/protocol/wire/patterns';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import type { ConfigurationLine } from './command-line.ts';
import { listenAddresses } from './listen-addresses.ts';

export const defaultConfigFile = '/etc/ssh/sshd_config';
const maximumFileBytes = 16 * 1024 * 1024;

export interface ConfigurationSource {
  readonly file: string | undefined;
  readonly lines: readonly ConfigurationLine[];
  /** What relative names are relative to, also when the daemon has left it. */
  readonly workingFolder: string;
}

export interface ReadConfiguration {
  readonly config: SshdConfig;
  /** Sentences for stderr; with any of them sshd does not start. */
  readonly problems: readonly string[];
  /** The exit status then: OpenSSH's 1 for a file that is not there and an unknown keyword of -o, 255 for the rest. */
  readonly status: 1 | 255;
  readonly notes: readonly string[];
}

export function readConfiguration({ file, lines, workingFolder }: ConfigurationSource): ReadConfiguration {
  const config = new SshdConfig({
    include: includedFiles,
    algorithms: ownAlgorithms('server'),
    workingFolder,
  });
  for (const line of lines) {
    if (typeof line === 'string') config.readOption(line);
    else config.fixPort(line.port);
  }
  const problems: string[] = [];
  if (file !== 'none') {
    const name = file ?? defaultConfigFile;
    try {
      config.readFile({ path: name, text: readText(path.resolve(workingFolder, name)) });
    } catch (error) {
      problems.push(`${name}: ${reasonOf(error)}`);
    }
  }
  const isFatal = config.errors.some((error) => error.file !== 'command-line' || error.kind !== 'bad-option');
  const status = isFatal ? 255 : 1;
  problems.push(...config.errors.map(configErrorText));
  if (problems.length > 0) return { config, problems, status, notes: config.notes.map(({ text }) => text) };
  const addresses = listenAddresses(config.globalOptions());
  if ('problem' in addresses) problems.push(addresses.problem);
  problems.push(...commandsWithoutUser(config), ...notEnforced(config));
  return { config, problems, status: 255, notes: config.notes.map(({ text }) => text) };
}

/** Commands of sshd must say whom they run as. */
function commandsWithoutUser(config: SshdConfig): readonly string[] {
  const set = new Set(config.mentioned.filter(({ value }) => value !== 'none').map(({ name }) => name));
  const commands = ['AuthorizedKeysCommand', 'AuthorizedPrincipalsCommand'];
  const bad = commands.filter((name) => set.has(name as never) && !set.has(`${name}User` as never));
  return bad.map((name) => `${name} set without ${name}User`);
}

/** Restrictions that are set and that nothing enforces. */
function notEnforced(config: SshdConfig): readonly string[] {
  const problems: string[] = [];
  for (const { name, value } of config.mentioned) {
    const row = sshdKeywords.find((candidate) => candidate.name === name);
    const weakens = row !== undefined && 'ignoring' in row && row.ignoring === 'weakens' && row.effect === 'not-yet';
    if (!weakens || JSON.stringify(value) === JSON.stringify(row.default)) continue;
    const what = `${name} is set, but this version of sshd does not enforce it: refusing to start.`;
    problems.push(`${what} Remove the line to go on without it.`);
  }
  return [...new Set(problems)];
}

function readText(file: string): string {
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile() && !stat.isCharacterDevice()) throw new Error('not a regular file');
    if (stat.size > maximumFileBytes) throw new Error('file is too large');
    return utf8Decode(fs.readFileSync(descriptor));
  } finally {
    fs.closeSync(descriptor);
  }
}

function includedFiles(pattern: string): readonly { readonly path: string; readonly text: string }[] {
  const absolute = path.isAbsolute(pattern) ? pattern : path.join('/etc/ssh', pattern);
  return expandGlob(absolute).map((name) => ({ path: name, text: readText(name) }));
}

/** Files that a pattern means, sorted; wildcards in any component. */
function expandGlob(pattern: string): readonly string[] {
  let found: string[] = ['/'];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    found = found.flatMap((folder) => (/[*?]/.test(part) ? matching(folder, part) : [path.join(folder, part)]));
  }
  return found.filter((name) => fs.existsSync(name));
}

function matching(folder: string, pattern: string): string[] {
  try {
    const names = fs
      .readdirSync(folder)
      .filter((name) => (!name.startsWith('.') || pattern.startsWith('.')) && matchPattern(name, pattern));
    return names.sort().map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'No such file or directory';
  if (code === 'EACCES') return 'Permission denied';
  return error instanceof Error ? error.message : String(error);
}
