// internal-sftp: SFTP served by the account process itself, which is the user and in the user's root already. File
// calls go by the pool of threads, so that no session of the account waits for another one's disk. Options are those of
// sftp-server; what of them concerns a whole process (-u, -d) holds for the one session.

import * as path from 'node:path';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { utf8Encode, utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { openFileLimit } from '@sallyport/system/identity';
import { errorText } from '@sallyport/system/system-error';
import type { SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { expandStartFolder, isLogged, readSftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { sendsLinkFirst } from 'sallyport/sftp-server/link-order';
import { localFileSystem } from 'sallyport/sftp-server/local-file-system';
import { sftpLines } from 'sallyport/sftp-server/log-lines';
import { SftpSession } from 'sallyport/sftp-server/sftp-session';
import type { Grant } from '../authentication/grant.ts';
import { messages } from '../messages.ts';
import type { ProgramOptions, RunningProgram } from './running-program.ts';
import { cannotEnter, startFolder } from './start-folder.ts';

export interface InternalSftpOptions extends ProgramOptions {
  /** Bytes of output that have not left. */
  readonly queuedBytes: () => number;
  /** Its line without the end (RFC 4253 section 4.2). */
  readonly clientIdentification: string;
  readonly log: (line: LogLine) => void;
}

const badUse = 1;
const brokenProtocol = 11;
const mostHandles = 16_384;

/** Starts serving, or refuses because the service is for SFTP only. */
export function startInternal(options: InternalSftpOptions): RunningProgram {
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
  readonly #options: InternalSftpOptions;
  readonly #session: SftpSession;
  /** Replies that have not left, with the count of bytes sent at their end. */
  readonly #leaving: { readonly chunk: Uint8Array; readonly endBytes: number }[] = [];
  #sentBytes = 0;

  constructor(options: InternalSftpOptions, line: SftpServerCommandLine) {
    this.#options = options;
    const { grant } = options;
    const log = logOf(options, line);
    const start = chosenFolder(grant, line, log);
    const home = utf8EncodeReversibly(grant.home);
    const files = localFileSystem({
      start: utf8EncodeReversibly(start),
      home,
      ...(line.umask !== undefined && { umask: line.umask }),
    });
    const maximumHandles = Math.max(1, Math.min(mostHandles, Math.floor(openFileLimit() / 2)));
    const peer = { user: grant.user, address: grant.peer.address };
    const lines = isLogged(line, 'info') ? { log, peer } : {};
    this.#session = new SftpSession(
      files,
      { ...line, ...lines, maximumHandles, linkFirst: sendsLinkFirst(options.clientIdentification) },
      {
        send: (chunks) => this.#send(chunks),
        consumed: (bytes) => options.onConsumed(bytes),
        failed: () => {
          log(sftpLines.badMessage(peer));
          this.#end(brokenProtocol);
        },
        finished: () => this.#end(0),
      },
    );
  }

  write(data: Uint8Array): void {
    this.#session.receive(new Uint8Array(data));
  }

  endInput(): void {
    this.#session.endInput();
  }

  resume(): void {
    this.#giveBack();
    this.#session.drained();
  }

  stopOutput(): void {
    this.#end(0);
  }

  signal(): boolean {
    return false;
  }

  destroy(): void {
    this.#session.close();
  }

  #send(chunks: readonly Uint8Array[]): boolean {
    this.#giveBack();
    let hasRoom = true;
    for (const chunk of chunks) {
      hasRoom = this.#options.onOutput(chunk, false);
      this.#sentBytes += chunk.length;
      this.#leaving.push({ chunk, endBytes: this.#sentBytes });
    }
    return hasRoom;
  }

  /** Buffers whose bytes have left are used again. */
  #giveBack(): void {
    const leftBytes = this.#sentBytes - this.#options.queuedBytes();
    while (this.#leaving[0] !== undefined && this.#leaving[0].endBytes <= leftBytes) {
      const { chunk } = this.#leaving.shift() as { readonly chunk: Uint8Array };
      this.#session.taken(chunk);
    }
  }

  #end(code: number): void {
    this.#session.close(() => this.#options.onEnd({ code }));
  }
}

/** Lines that -l wants, to the client with -e and else to the daemon's log, or where -f says. */
function logOf(options: InternalSftpOptions, line: SftpServerCommandLine): (entry: LogLine) => void {
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
