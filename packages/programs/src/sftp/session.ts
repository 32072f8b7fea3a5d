// What the commands of sftp share: the server, the working folder there, what was chosen for all transfers, and how
// problems of the server become sentences. A command says whether it worked; whether that matters is for who runs it.

import type { CallOptions } from 'sallyport/cancellation';
import type { SftpClient } from 'sallyport/sftp/sftp-client';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { byteString } from '../shared/byte-string.ts';
import { absolutePath } from './paths.ts';
import { RemoteFiles } from './remote-files.ts';
import type { Report } from './report.ts';
import { escapeGlob } from './split-line.ts';
import { problemReason } from './transfer-problem.ts';

/** Of the command line, for every transfer. */
export interface TransferDefaults {
  readonly resume: boolean;
  readonly sync: boolean;
  readonly preserve: boolean;
  readonly recursive: boolean;
  readonly limitBytesPerSecond: number | undefined;
  /** Data of one request. */
  readonly bufferBytes: number | undefined;
  /** Requests that are under way at a time. */
  readonly requests: number | undefined;
}

export interface SessionOptions {
  readonly client: SftpClient;
  readonly report: Report;
  /** The server's, absolute; a byte string. */
  readonly folder: string;
  readonly isQuiet: boolean;
  readonly showsProgress: boolean;
  readonly defaults: TransferDefaults;
}

export class Session {
  readonly client: SftpClient;
  readonly report: Report;
  readonly startFolder: string;
  readonly isQuiet: boolean;
  readonly defaults: TransferDefaults;
  /** Where relative paths of the server begin. */
  folder: string;
  showsProgress: boolean;

  constructor({ client, report, folder, isQuiet, showsProgress, defaults }: SessionOptions) {
    this.client = client;
    this.report = report;
    this.startFolder = folder;
    this.folder = folder;
    this.isQuiet = isQuiet;
    this.showsProgress = showsProgress;
    this.defaults = defaults;
  }

  absolute(path: string): string {
    return absolutePath(path, this.folder);
  }

  /** The same for a pattern: what is special in the working folder's name is not in the pattern. */
  absolutePattern(pattern: string): string {
    return absolutePath(pattern, escapeGlob(this.folder));
  }
}

/** One command that is running. */
export class CommandRun {
  readonly session: Session;
  readonly signal: AbortSignal;
  /** An error ends the command, not only the file that it is about. */
  readonly stopsAtErrors: boolean;
  #hasFailed = false;

  constructor(session: Session, how: { readonly signal: AbortSignal; readonly stopsAtErrors: boolean }) {
    this.session = session;
    this.signal = how.signal;
    this.stopsAtErrors = how.stopsAtErrors;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get isInterrupted(): boolean {
    return this.signal.aborted;
  }

  /** Whether the next file of several has its turn. */
  get goesOn(): boolean {
    return !this.isInterrupted && !(this.#hasFailed && this.stopsAtErrors);
  }

  /** For calls of the client. */
  get call(): CallOptions {
    return { signal: this.signal };
  }

  get files(): RemoteFiles {
    const { client, report } = this.session;
    const problem = (sentence: string): void => this.problem(sentence);
    const remark = (sentence: string): void => report.problem(sentence);
    return new RemoteFiles(client, { problem, remark, signal: this.signal });
  }

  /** Tells the user what is wrong; the command has failed. */
  problem(sentence: string): void {
    this.#hasFailed = true;
    this.session.report.problem(sentence);
  }

  /** Has failed without a word: somebody else said it, or the user wanted it so. */
  fail(): void {
    this.#hasFailed = true;
  }

  /** What a call gives; undefined after a problem with a file, which becomes a sentence. */
  async attempt<T>(call: Promise<T>, sentence: (reason: string, error: SftpError) => string): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      this.problem(
        error.code === 'extension-missing' ? byteString(error.reason) : sentence(problemReason(error), error),
      );
      return undefined;
    }
  }
}
