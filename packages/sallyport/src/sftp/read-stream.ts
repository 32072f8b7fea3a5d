// The bytes of a remote file as a ByteSource: requests run ahead of the reader by a window, replies in any order are
// put in order, short ones are completed. What waits for the reader counts against the window, so memory is bounded.

import type { SftpReply } from '@sallyport/protocol/sftp/client';
import { statusCodes } from '@sallyport/protocol/sftp/status';
import { ByteSource } from '../channel/byte-source.ts';
import type { SshError } from '../errors.ts';
import type { SftpSubject } from './sftp-error.ts';
import { SftpError, statusError } from './sftp-error.ts';
import type { SftpSession } from './sftp-session.ts';

export interface ReadStreamOptions {
  /** Where to begin, and the first byte that is not read any more; the whole file unless told. */
  readonly start?: number;
  readonly end?: number;
  /** Bytes that are asked for ahead of the reader; 1 MiB unless told. */
  readonly windowBytes?: number;
}

interface ReadFile {
  readonly handle: Uint8Array;
  readonly subject: SftpSubject;
  readonly readBytes: number;
}

const defaultWindowBytes = 1024 * 1024;
/** Pieces that wait because one in front of them has not come; a server may make them as small as it likes. */
const mostEarlyPieces = 16_384;

export function readStream(session: SftpSession, file: ReadFile, options: ReadStreamOptions): ByteSource {
  return new ReadAhead(session, file, options).source;
}

class ReadAhead {
  readonly source: ByteSource;
  readonly #session: SftpSession;
  readonly #file: ReadFile;
  readonly #end: number;
  readonly #windowBytes: number;
  /** Where the next request begins, what the source has got, and what its reader has taken. */
  #asked: number;
  #delivered: number;
  #consumed: number;
  /** Data that came before what is in front of it, by offset. */
  readonly #early = new Map<number, Uint8Array>();
  #over = false;

  constructor(session: SftpSession, file: ReadFile, options: ReadStreamOptions) {
    this.#session = session;
    this.#file = file;
    this.#asked = options.start ?? 0;
    this.#delivered = this.#asked;
    this.#consumed = this.#asked;
    this.#end = options.end ?? Number.MAX_SAFE_INTEGER;
    this.#windowBytes = Math.max(options.windowBytes ?? defaultWindowBytes, file.readBytes);
    this.source = new ByteSource((bytes) => {
      this.#consumed += bytes;
      this.#ask();
    });
    this.#ask();
  }

  #ask(): void {
    while (!this.#over && this.#asked < this.#end && this.#asked - this.#consumed < this.#windowBytes) {
      const length = Math.min(this.#file.readBytes, this.#end - this.#asked);
      this.#request(this.#asked, length);
      this.#asked += length;
    }
    if (this.#delivered >= this.#end) this.#finish(undefined);
  }

  #request(offset: number, length: number): void {
    const { handle } = this.#file;
    this.#session.send((engine) => engine.request('read', { handle, offset: BigInt(offset), length }), {
      reply: (reply) => this.#receive(reply, offset, length),
      lost: (error) => this.#finish(error),
    });
  }

  #receive(reply: SftpReply, offset: number, length: number): void {
    if (this.#over) return;
    if (reply.kind !== 'data' || reply.data.length === 0) {
      if (reply.kind === 'status' && reply.code !== statusCodes.endOfFile) {
        this.#finish(statusError(this.#file.subject, reply));
      } else if (offset === this.#delivered) this.#finish(undefined);
      else this.#early.set(offset, new Uint8Array(0));
      return;
    }
    const { data } = reply;
    if (data.length < length) this.#request(offset + data.length, length - data.length);
    if (offset !== this.#delivered) {
      this.#early.set(offset, data.slice());
      if (this.#early.size > mostEarlyPieces) this.#finish(tooManyPieces(this.#file.subject));
      return;
    }
    this.#deliver(data);
    for (let next = this.#takeEarly(); next !== undefined; next = this.#takeEarly()) {
      if (next.length === 0) return this.#finish(undefined);
      this.#deliver(next);
    }
    if (this.#delivered >= this.#end) this.#finish(undefined);
  }

  #takeEarly(): Uint8Array | undefined {
    const data = this.#early.get(this.#delivered);
    this.#early.delete(this.#delivered);
    return data;
  }

  #deliver(data: Uint8Array): void {
    this.#delivered += data.length;
    this.source.push(data);
  }

  #finish(error: SshError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#early.clear();
    this.source.finish(error);
  }
}

function tooManyPieces(subject: SftpSubject): SftpError {
  return new SftpError('limit-exceeded', subject, { reason: 'too many short answers' });
}
