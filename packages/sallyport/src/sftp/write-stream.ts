// Bytes in order into a remote file, ahead of the server's answers by a window. The first write that fails fails the
// stream: nothing that comes later hides it, and end() tells it.

import { Writable } from 'node:stream';
import { WritableStream } from 'node:stream/web';

import { utf8Encode } from '@sallyport/protocol/wire/utf8';

export interface WriteStreamOptions {
  /** Where the first byte goes; 0 unless told. */
  readonly start?: number;
  /** Bytes that may be unconfirmed before write() makes its caller wait; 1 MiB unless told. */
  readonly windowBytes?: number;
}

/** What a write stream needs of its file. */
interface WrittenFile {
  writePiece(offset: number, piece: Uint8Array): Promise<void>;
}

const defaultWindowBytes = 1024 * 1024;

export class WriteStream {
  readonly #file: WrittenFile;
  readonly #pieceBytes: number;
  readonly #windowBytes: number;
  #offset: number;
  #unconfirmedBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(file: WrittenFile, pieceBytes: number, options: WriteStreamOptions) {
    this.#file = file;
    this.#pieceBytes = pieceBytes;
    this.#windowBytes = Math.max(options.windowBytes ?? defaultWindowBytes, pieceBytes);
    this.#offset = options.start ?? 0;
  }

  /**
   * Writes bytes or UTF-8 text behind what was written before. Resolves when more is welcome, so that whoever awaits
   * each write is held back by a slow server; the array is copied. Rejects
   * when this or an earlier write has failed.
   */
  async write(data: Uint8Array | string): Promise<void> {
    if (this.#ended) throw new Error('write after end');
    this.#throwFailure();
    const bytes = typeof data === 'string' ? utf8Encode(data) : data;
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) {
      this.#send(bytes.subarray(at, at + this.#pieceBytes));
    }
    while (this.#unconfirmedBytes >= this.#windowBytes && this.#failure === undefined) await this.#change();
    this.#throwFailure();
  }

  /** Resolves when the server has confirmed every byte; rejects with the first failure. The file stays open. */
  async end(): Promise<void> {
    this.#ended = true;
    while (this.#unconfirmedBytes > 0) await this.#change();
    this.#throwFailure();
  }

  /** Writes all chunks in order, then ends. */
  async from(source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>): Promise<void> {
    for await (const chunk of source) await this.write(chunk);
    await this.end();
  }

  /** A Writable of Node; it finishes when every byte is confirmed. */
  get node(): Writable {
    return new Writable({
      highWaterMark: this.#pieceBytes,
      write: (chunk: Buffer, _encoding, callback) => {
        this.write(chunk).then(() => callback(), callback);
      },
      final: (callback) => {
        this.end().then(() => callback(), callback);
      },
    });
  }

  /** A WritableStream of bytes; its close resolves when every byte is confirmed. */
  get web(): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({
      write: (chunk) => this.write(chunk),
      close: () => this.end(),
    });
  }

  #send(piece: Uint8Array): void {
    this.#unconfirmedBytes += piece.length;
    const done = (): void => {
      this.#unconfirmedBytes -= piece.length;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    };
    this.#file.writePiece(this.#offset, piece.slice()).then(done, (error: unknown) => {
      this.#failure ??= { error };
      done();
    });
    this.#offset += piece.length;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
