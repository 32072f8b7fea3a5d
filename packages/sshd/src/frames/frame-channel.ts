// One end of the framed pipe between two of sshd's processes: typed rows out, numbers and bodies in. A frame that
// breaks its table ends the channel: the other process is not to be trusted any more. So does a fault of ours while a
// frame is handled: it costs that one connection or process, not the daemon. Frames hold passwords and session keys:
// copies of them are overwritten when they have been sent or cut up.

import type { Struct } from '@sallyport/protocol/codec/struct';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { encodeFrame, FrameReader } from '@sallyport/protocol/wire/frame';
import type { ByteStream } from '@sallyport/system/byte-stream';

export interface FrameRow<T> {
  readonly number: number;
  readonly fields: Struct<T>;
}

export interface FrameChannelOptions {
  /** Largest body of each number that may come; -1 for others. */
  readonly limitBytes: (number: number) => number;
  /** One frame; an error that it throws closes the channel. */
  readonly frame: (number: number, body: Uint8Array) => void;
  /** What was sent has gone out, after send() has said that no more is welcome. */
  readonly drained?: () => void;
  /** The other process is gone or has broken the protocol, or we have failed; once. */
  readonly closed: (reason: ChannelEnd) => void;
}

export type ChannelEnd =
  | { readonly kind: 'ended' }
  | { readonly kind: 'misbehaved'; readonly what: string }
  | { readonly kind: 'failed'; readonly error: unknown };

export class FrameChannel {
  readonly #stream: ByteStream;
  readonly #options: FrameChannelOptions;
  readonly #reader: FrameReader;
  #open = true;
  #drain: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(stream: ByteStream, options: FrameChannelOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#reader = new FrameReader(options.limitBytes);
    stream.onData = (chunk) => this.#receive(chunk);
    stream.onTaken = (frame) => frame.fill(0);
    stream.onDrain = () => {
      this.#drained();
      options.drained?.();
    };
    stream.onEnd = () => this.#close({ kind: 'ended' });
    stream.onClose = () => this.#close({ kind: 'ended' });
    stream.resume();
  }

  /** True: more is welcome. False: wait for `drained`, who can. */
  send<T>(row: FrameRow<T>, value: T): boolean {
    if (!this.#open) return true;
    const body = row.fields.encode(value);
    const isWelcome = this.#stream.write([encodeFrame(row.number, body)]);
    body.fill(0);
    if (!isWelcome) this.#drain ??= pendingDrain();
    return isWelcome;
  }

  /** Until more is welcome, which it is at an end as well; undefined when it is now. */
  get drain(): Promise<void> | undefined {
    return this.#drain?.promise;
  }

  /** Closes without telling the owner. */
  destroy(): void {
    this.#open = false;
    this.#drained();
    this.#stream.destroy();
  }

  #drained(): void {
    this.#drain?.resolve();
    this.#drain = undefined;
  }

  #receive(chunk: Uint8Array): void {
    if (!this.#open) return;
    try {
      for (const { number, body } of this.#reader.receive(chunk)) {
        if (this.#open) this.#options.frame(number, body);
      }
    } catch (error) {
      if (error instanceof DecodeError) this.#close({ kind: 'misbehaved', what: error.message });
      else this.#close({ kind: 'failed', error });
    } finally {
      chunk.fill(0);
    }
  }

  #close(reason: ChannelEnd): void {
    if (!this.#open) return;
    this.destroy();
    this.#options.closed(reason);
  }
}

function pendingDrain(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}
