// internal-sftp: SFTP without a process of its own. Options are those of sftp-server; what of them concerns a whole
// process (-u, -d) holds for the one session.

import * as path from 'node:path';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { utf8Encode, utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { errorText } from '@sallyport/system/system-error';
import type { SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { expandStartFolder, isLogged, readSftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import type { Grant } from '../authentication/grant.ts';
import { messages } from '../messages.ts';
import type { ProgramOptions, RunningProgram } from './running-program.ts';
import type { SftpProgramOptions } from './served-sftp.ts';
import { ServedSftp } from './served-sftp.ts';
import { cannotEnter, startFolder } from './start-folder.ts';

const badUse = 1;

/** Starts serving, or refuses because the service is for SFTP only. */
export function startInternal(options: SftpProgramOptions): RunningProgram {
  if (options.command.internal === 'sftp-only') return new Refusal(options, messages.sftpOnly);
  const words = (options.command.command ?? '').split(/[ \t]+/).filter((word) => word !== '');
  const line = readSftpServerCommandLine(words.slice(1));
  if (!('problem' in line)) return new InternalSftp(options, line);
  options.log({ level: 'error', text: messages.badInternalSftp(options.command.command ?? '', line.problem) });
  return new Refusal(options, '');
}

/** Ends as soon as it has started. */
class Refusal implements RunningProgram {
  readonly #options: ProgramOptions;

  constructor(options: ProgramOptions, text: string) {
    this.#options = options;
    setImmediate(() => {
      if (text !== '') options.onOutput(utf8Encode(text), false);
      options.onEnd({ code: badUse });
    });
  }

  write(data: Uint8Array): void {
    this.#options.onConsumed(data.length);
  }

  endInput(): void {}
  resume(): void {}
  stopOutput(): void {}
  destroy(): void {}

  signal(): boolean {
    return false;
  }
}

class InternalSftp implements RunningProgram {
  readonly #service: ServedSftp;
  #awaited: Promise<void> | undefined;

  constructor(options: SftpProgramOptions, line: SftpServerCommandLine) {
    const log = logOf(options, line);
    this.#service = new ServedSftp({
      program: options,
      line,
      start: utf8EncodeReversibly(chosenFolder(options.grant, line, log)),
      umask: line.umask,
      maximumHandles: Number.POSITIVE_INFINITY,
      log,
      isHeld: () => this.#waitsForLog(options.logDrain()),
      onConsumed: options.onConsumed,
      onEnd: (code) => options.onEnd({ code }),
    });
  }

  write(data: Uint8Array): void {
    this.#service.receive(new Uint8Array(data));
  }

  endInput(): void {
    this.#service.endInput();
  }

  resume(): void {
    this.#service.resume();
  }

  stopOutput(): void {
    this.#service.end(0);
  }

  signal(): boolean {
    return false;
  }

  destroy(): void {
    this.#service.destroy();
  }

  #waitsForLog(drain: Promise<void> | undefined): boolean {
    if (drain !== undefined && drain !== this.#awaited) void drain.then(() => this.#service.resume());
    this.#awaited = drain;
    return drain !== undefined;
  }
}

/** Lines that -l wants, to the client with -e and else to the daemon's log, or where -f says. */
function logOf(options: SftpProgramOptions, line: SftpServerCommandLine): (entry: LogLine) => void {
  return ({ level, text }) => {
    if (!isLogged(line, level)) return;
    const prefix = level.startsWith('debug') ? `${level}: ` : '';
    if (line.logToStderr) options.onOutput(utf8Encode(`${prefix}${text}\r\n`), true);
    else options.log({ level, text, facility: line.facility });
  };
}

/** The home, or / when there is none; the folder of -d if it can be entered. */
function chosenFolder(grant: Grant, line: SftpServerCommandLine, log: (entry: LogLine) => void): string {
  const { path: home } = startFolder(grant.home);
  if (line.startFolder === undefined) return home;
  const folder = expandStartFolder(line.startFolder, { name: grant.user, home: grant.home });
  if (folder === undefined) {
    log({ level: 'error', text: messages.badStartFolder(line.startFolder) });
    return home;
  }
  const problem = cannotEnter(path.resolve(home, folder));
  if (problem === undefined) return path.resolve(home, folder);
  log({ level: 'error', text: messages.cannotEnterStartFolder(folder, errorText(problem)) });
  return home;
}
