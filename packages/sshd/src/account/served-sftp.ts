// SFTP for one channel, served by the account process itself, which is the user and in the user's root already. File
// calls go by the pool of threads where they may take long, so that no session of the account waits for another one's
// disk.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { HandleBudget } from '@sallyport/protocol/sftp/handle-table';
import { utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { openFileLimit } from '@sallyport/system/open-file-limit';
import type { SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { isLogged } from 'sallyport/sftp-server/command-line';
import { sendsLinkFirst } from 'sallyport/sftp-server/link-order';
import { localFileSystem } from 'sallyport/sftp-server/local-file-system';
import { sftpLines } from 'sallyport/sftp-server/log-lines';
import { SftpSession } from 'sallyport/sftp-server/sftp-session';
import type { ProgramOptions } from './running-program.ts';

export interface SftpProgramOptions extends ProgramOptions {
  /** Bytes of output that have not left. */
  readonly queuedBytes: () => number;
  /** Its line without the end (RFC 4253 section 4.2). */
  readonly clientIdentification: string;
  readonly log: (line: LogLine) => void;
  /** Until the log takes more, undefined when it does: for what a client makes us say as often as it likes. */
  readonly logDrain: () => Promise<void> | undefined;
}

export interface ServedSftpOptions {
  readonly program: SftpProgramOptions;
  readonly line: SftpServerCommandLine;
  /** Where relative paths begin. */
  readonly start: Uint8Array;
  /** Instead of this process' own mask. */
  readonly umask: number | undefined;
  readonly maximumHandles: number;
  readonly log: (line: LogLine) => void;
  /** Whether requests wait, for the log, until resume(). */
  readonly isHeld?: () => boolean;
  /** That many bytes of receive() have been worked on. */
  readonly onConsumed: (bytes: number) => void;
  /** Everything is closed and told; the exit status of sftp-server. */
  readonly onEnd: (status: number) => void;
}

const brokenProtocol = 11;
const mostHandles = 16_384;
const mostOtherDescriptors = 4096;

const shared: { budget?: HandleBudget } = {};

/** Of all sessions of this process: the other descriptors are for connections and programs. */
function handleBudget(): HandleBudget {
  const limit = openFileLimit();
  shared.budget ??= new HandleBudget(limit - Math.min(Math.ceil(limit / 4), mostOtherDescriptors));
  return shared.budget;
}

export class ServedSftp {
  readonly #options: ServedSftpOptions;
  readonly #session: SftpSession;
  /** Replies that have not left, with the count of bytes sent at their end. */
  readonly #leaving: { readonly chunk: Uint8Array; readonly endBytes: number }[] = [];
  #sentBytes = 0;

  constructor(options: ServedSftpOptions) {
    this.#options = options;
    const { program, line, log, start, umask } = options;
    const { grant, clientIdentification } = program;
    const home = utf8EncodeReversibly(grant.home);
    const files = localFileSystem({ start, home, ...(umask !== undefined && { umask }) });
    const budget = handleBudget();
    const maximumHandles = Math.min(options.maximumHandles, mostHandles, budget.mostForOne);
    const peer = { user: grant.user, address: grant.peer.address };
    const lines = isLogged(line, 'info') ? { log, peer } : { logError: log };
    this.#session = new SftpSession(
      files,
      {
        ...line,
        ...lines,
        maximumHandles: Math.max(1, maximumHandles),
        handleBudget: budget,
        linkFirst: sendsLinkFirst(clientIdentification),
      },
      {
        send: (chunks) => this.#send(chunks),
        isHeld: () => options.isHeld?.() ?? false,
        consumed: options.onConsumed,
        failed: () => {
          log(sftpLines.badMessage(peer));
          this.end(brokenProtocol);
        },
        finished: () => this.end(0),
      },
    );
  }

  /** Takes over bytes of the client. */
  receive(data: Uint8Array): void {
    this.#session.receive(data);
  }

  endInput(): void {
    this.#session.endInput();
  }

  resume(): void {
    this.#giveBack();
    this.#session.drained();
  }

  /** Closes what the client left open, and calls onEnd with the status then. */
  end(status: number): void {
    this.#session.close(() => this.#options.onEnd(status));
  }

  /** The channel is gone. */
  destroy(): void {
    this.#session.close();
  }

  #send(chunks: readonly Uint8Array[]): boolean {
    this.#giveBack();
    let hasRoom = true;
    for (const chunk of chunks) {
      hasRoom = this.#options.program.onOutput(chunk, false);
      this.#sentBytes += chunk.length;
      this.#leaving.push({ chunk, endBytes: this.#sentBytes });
    }
    return hasRoom;
  }

  /** Buffers whose bytes have left are used again. */
  #giveBack(): void {
    const leftBytes = this.#sentBytes - this.#options.program.queuedBytes();
    while (this.#leaving[0] !== undefined && this.#leaving[0].endBytes <= leftBytes) {
      const { chunk } = this.#leaving.shift() as { readonly chunk: Uint8Array };
      this.#session.taken(chunk);
    }
  }
}
