// A file that is open at the server: reads and writes at offsets, cut into requests that the server takes and sent
// together, and streams made of them. A read is short only at the end of the file, a write is done when the server has
// said so for every byte.

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import type { SftpReply } from '@sallyport/protocol/sftp/client';

import type { ByteSource } from '../channel/byte-source.ts';
import type { FileChanges, FileStatus } from './file-status.ts';
import { fileAttributes, fileStatus } from './file-status.ts';
import { pathText } from './names.ts';
import type { ReadStreamOptions } from './read-stream.ts';
import { readStream } from './read-stream.ts';
import { isDone } from './replies.ts';
import { SftpError, type SftpSubject } from './sftp-error.ts';
import type { SftpLimits } from './sftp-limits.ts';
import type { SftpSession } from './sftp-session.ts';
import type { WriteStreamOptions } from './write-stream.ts';
import { WriteStream } from './write-stream.ts';

export class RemoteFile implements AsyncDisposable {
  readonly pathBytes: Uint8Array;
  /** The server's name for the open file. */
  readonly handle: Uint8Array;
  readonly #session: SftpSession;
  readonly #limits: SftpLimits;
  #closing: Promise<void> | undefined;

  /** Made by SftpClient.open(). */
  constructor(
    session: SftpSession,
    limits: SftpLimits,
    file: { readonly path: Uint8Array; readonly handle: Uint8Array },
  ) {
    this.#session = session;
    this.#limits = limits;
    this.pathBytes = file.path;
    this.handle = file.handle;
  }

  /** The path as text; bytes that are no UTF-8 are lost in it. */
  get path(): string {
    return pathText(this.pathBytes);
  }

  /** Up to `length` bytes from `offset` on; fewer only where the file ends. Rejects with SftpError. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const result = new Uint8Array(length);
    const pieces: Promise<number>[] = [];
    for (let at = 0; at < length; at += this.#limits.readBytes) {
      const piece = result.subarray(at, at + this.#limits.readBytes);
      pieces.push(this.#readPiece(offset + at, piece));
    }
    const lengths = await Promise.all(pieces);
    let end = 0;
    for (const read of lengths) {
      end += read;
      if (read < this.#limits.readBytes) break;
    }
    return result.subarray(0, Math.min(end, length));
  }

  /** Writes all of `data` at `offset`; do not change it before. Resolves when the server has confirmed every byte. */
  async write(offset: number, data: Uint8Array): Promise<void> {
    const pieces: Promise<void>[] = [];
    for (let at = 0; at < data.length; at += this.#limits.writeBytes) {
      pieces.push(this.writePiece(offset + at, data.subarray(at, at + this.#limits.writeBytes)));
    }
    await Promise.all(pieces);
  }

  /** One WRITE with at most the data that the server takes. */
  writePiece(offset: number, piece: Uint8Array): Promise<void> {
    return this.#session.ask((engine) => engine.requestWrite(this.handle, BigInt(offset), piece), {
      subject: this.#subject('write'),
      pick: isDone,
    });
  }

  async stat(): Promise<FileStatus> {
    return fileStatus(
      await this.#session.ask((engine) => engine.request('fstat', { handle: this.handle }), {
        subject: this.#subject('fstat'),
        pick: (reply) => (reply as Extract<SftpReply, { readonly kind: 'attributes' }>).attributes,
      }),
    );
  }

  /** Sets what is given, such as `size` to cut the file. */
  async setstat(changes: FileChanges): Promise<void> {
    await this.setAttributes(fileAttributes(changes));
  }

  /** The same with the attributes as they are sent. */
  setAttributes(attributes: FileAttributes): Promise<void> {
    return this.#session.ask((engine) => engine.request('fsetstat', { handle: this.handle, attributes }), {
      subject: this.#subject('fsetstat'),
      pick: isDone,
    });
  }

  /** Has the server bring the data to its disk. Rejects with code `extension-missing` where it cannot. */
  async sync(): Promise<void> {
    const subject = this.#subject('fsync');
    if (!this.#session.extensions.has('fsync@openssh.com')) {
      throw new SftpError('extension-missing', subject, {
        reason: 'Server does not support fsync@openssh.com extension',
      });
    }
    await this.#session.ask((engine) => engine.requestExtension('fsync', { handle: this.handle }), {
      subject,
      pick: isDone,
    });
  }

  /**
   * The file's bytes in order, asked for ahead of the reader. Leaving it early is fine; close the file all the same.
   */
  readable(options: ReadStreamOptions = {}): ByteSource {
    const file = { handle: this.handle, subject: this.#subject('read'), readBytes: this.#limits.readBytes };
    return readStream(this.#session, file, options);
  }

  /** Takes bytes in order and writes them ahead of the server's answers. End it and await that before close(). */
  writable(options: WriteStreamOptions = {}): WriteStream {
    return new WriteStream(this, this.#limits.writeBytes, options);
  }

  /** Closes the file; rejects with SftpError when the server says that something went wrong with it. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#session.ask((engine) => engine.request('close', { handle: this.handle }), {
      subject: this.#subject('close'),
      pick: isDone,
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Fills `piece` with as many requests as it takes; the number of bytes before the end of the file. */
  async #readPiece(offset: number, piece: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < piece.length) {
      const at = filled;
      const length = piece.length - at;
      const read = await this.#session.ask(
        (engine) => engine.request('read', { handle: this.handle, offset: BigInt(offset + at), length }),
        {
          subject: this.#subject('read'),
          endIsReply: true,
          pick: (reply) => {
            if (reply.kind !== 'data') return 0;
            piece.set(reply.data, at);
            return reply.data.length;
          },
        },
      );
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }

  #subject(operation: string): SftpSubject {
    return { operation, path: this.pathBytes };
  }
}
