// What an EngineDriver pumps: a two-way stream of bytes with back-pressure. A TCP socket (socket-stream.ts), an
// inherited descriptor (packages/system) and a channel of another connection all have this shape.

export interface ByteStreamHandlers {
  /** Bytes that came; the view may be used again by the stream after the call returns. */
  data(chunk: Uint8Array): void;
  /** The other side has ended its direction; nothing more comes. */
  end(): void;
  /** After a write() that said false: more may be written. */
  drain(): void;
  /** The stream is gone, exactly once and last; `error` if it failed. */
  close(error: Error | undefined): void;
}

export interface ByteStream {
  /** Sets who is told; nothing is read before. A stream has one listener at a time. */
  listen(handlers: ByteStreamHandlers): void;
  /** No data() is called until resume(), not even for what was read already. */
  pause(): void;
  resume(): void;
  /** Writes the chunks in order as one system call if it can; false when the caller should wait for drain(). */
  write(chunks: readonly Uint8Array[]): boolean;
  /** Bytes accepted by write() that the system has not taken. */
  readonly bufferedBytes: number;
  /** Ends our direction once all is written. The stream closes by itself when both directions have ended. */
  end(): void;
  /** Drops what is unwritten and closes both directions. */
  destroy(): void;
}
