// Bytes that come, for whoever reads them: an async iterable, with lines, whole contents, and adapters to the streams
// of Node and of the web. Data waits here until it is read, and only then may the peer send more: memory is bounded
// by the window.

import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { concatBytes } from '@sallyport/protocol/wire/bytes';

import { SshError } from '../errors.ts';

/** What is called instead of keeping data, by flowTo(). */
export interface FlowHandlers {
  /** The view is valid until this returns. */
  data(chunk: Uint8Array): void;
  /** Nothing more comes; `error` when it was cut off. */
  end(error: Error | undefined): void;
}

/** Small data shares buffers, which grow while more comes than is read. */
const smallestBufferBytes = 4 * 1024;
const largestBufferBytes = 256 * 1024;
/** What a collecting call takes unless told. */
const defaultLimitBytes = 64 * 1024 * 1024;

export class ByteSource implements AsyncIterable<Uint8Array> {
  readonly #consumed: (bytes: number) => void;
  /** Filled buffers that wait to be read, oldest first; the last one may have room. */
  #waiting: { readonly buffer: Uint8Array; from: number; to: number }[] = [];
  #ended: { readonly error: Error | undefined } | undefined;
  #discarding = false;
  #paused = false;
  #flow: FlowHandlers | undefined;
  #wake: (() => void) | undefined;
  #reading = false;
  #bufferBytes = smallestBufferBytes;

  /** `consumed` is told how many bytes have been taken and may be replaced. */
  constructor(consumed: (bytes: number) => void) {
    this.#consumed = consumed;
  }

  /** Chunks in order, each the reader's own. Leaving the loop early discards the rest. One reader at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#claim();
    try {
      for (;;) {
        const chunk = await this.#next();
        if (chunk === undefined) return;
        yield chunk;
      }
    } finally {
      this.discard();
    }
  }

  /** Lines of UTF-8 text without their ends (LF or CR LF); the last one may have no end. */
  async *lines(): AsyncGenerator<string, void, undefined> {
    const decoder = new TextDecoder();
    let pending = '';
    for await (const chunk of this) {
      pending += decoder.decode(chunk, { stream: true });
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    pending += decoder.decode();
    if (pending !== '') yield pending;
  }

  /** Everything until the end. Rejects when more than `limitBytes` (64 MiB unless told) come. */
  async bytes(limitBytes = defaultLimitBytes): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this) {
      length += chunk.length;
      if (length > limitBytes) throw new SshError('limit-exceeded', `more than ${limitBytes} bytes`);
      chunks.push(chunk);
    }
    return concatBytes(...chunks);
  }

  /** Everything until the end as UTF-8 text. */
  async text(limitBytes?: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limitBytes));
  }

  /** A Readable of Node; reads as its consumer does. */
  get node(): Readable {
    return Readable.from(this, { objectMode: false, highWaterMark: largestBufferBytes });
  }

  /** A ReadableStream of bytes; reads as its consumer does. */
  get web(): ReadableStream<Uint8Array> {
    const iterator = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { value, done } = await iterator.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await iterator.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Takes no more notice of what comes: it is dropped, so that the peer is not held up. */
  discard(): void {
    this.#discarding = true;
    const waiting = this.waitingBytes;
    this.#waiting = [];
    if (waiting > 0) this.#consumed(waiting);
    this.#wakeReader();
  }

  /** Hands chunks over as they come, without a copy, instead of keeping them. For adapters. */
  flowTo(handlers: FlowHandlers): void {
    this.#claim();
    this.#flow = handlers;
    this.#drainToFlow();
  }

  /** While paused a flow gets nothing: data waits here. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#drainToFlow();
  }

  /** Bytes that came and were not read. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const { from, to } of this.#waiting) bytes += to - from;
    return bytes;
  }

  /** For who feeds it: bytes that came; the view is copied unless it can be passed on at once. */
  push(view: Uint8Array): void {
    if (view.length === 0 || this.#ended !== undefined) return;
    if (this.#discarding) {
      this.#consumed(view.length);
      return;
    }
    if (this.#flow !== undefined && !this.#paused && this.waitingBytes === 0) {
      this.#flow.data(view);
      this.#consumed(view.length);
      return;
    }
    this.#keep(view);
    this.#wakeReader();
  }

  /** For who feeds it: nothing more comes. */
  finish(error?: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#wakeReader();
    this.#drainToFlow();
  }

  #claim(): void {
    if (this.#reading) throw new Error('these bytes have a reader already');
    this.#reading = true;
  }

  #keep(view: Uint8Array): void {
    const last = this.#waiting.at(-1);
    const room = last === undefined ? 0 : last.buffer.length - last.to;
    if (last !== undefined && room >= view.length) {
      last.buffer.set(view, last.to);
      last.to += view.length;
      return;
    }
    if (last !== undefined && last.to > last.from)
      this.#bufferBytes = Math.min(this.#bufferBytes * 2, largestBufferBytes);
    const buffer = new Uint8Array(Buffer.allocUnsafeSlow(Math.max(this.#bufferBytes, view.length)).buffer);
    buffer.set(view);
    if (last !== undefined && last.from === last.to) this.#waiting.pop();
    this.#waiting.push({ buffer, from: 0, to: view.length });
  }

  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#take();
      if (chunk !== undefined) return chunk;
      if (this.#ended?.error !== undefined) throw this.#ended.error;
      if (this.#ended !== undefined || this.#discarding) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The oldest waiting bytes; what is left of their buffer takes what comes next. */
  #take(): Uint8Array | undefined {
    const first = this.#waiting[0];
    if (first === undefined || first.from === first.to) return undefined;
    const chunk = first.buffer.subarray(first.from, first.to);
    first.from = first.to;
    const last = this.#waiting.length === 1;
    if (!last || first.to > first.buffer.length / 2) this.#waiting.shift();
    if (last) this.#bufferBytes = Math.max(this.#bufferBytes / 2, smallestBufferBytes);
    this.#consumed(chunk.length);
    return chunk;
  }

  #drainToFlow(): void {
    const flow = this.#flow;
    if (flow === undefined) return;
    while (!this.#paused) {
      const chunk = this.#take();
      if (chunk === undefined) break;
      flow.data(chunk);
    }
    if (this.#paused || this.#ended === undefined || this.waitingBytes > 0) return;
    this.#flow = undefined;
    flow.end(this.#ended.error);
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
