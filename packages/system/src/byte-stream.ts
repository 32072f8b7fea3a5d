// A stream of bytes over something that the system keeps open: the one shape in which sockets, pipes, terminals and
// files reach the rest of this suite, on both runtimes. `EndpointStream` has the rules (queue, back-pressure,
// half-close, order of the last events) and leaves the reading and writing to an endpoint.

/** It starts paused: nothing is delivered before `resume()`. Set the callbacks first. */
export interface ByteStream {
  /** Nothing more is delivered after this returns, until `resume()`. */
  pause(): void;
  resume(): void;
  /**
   * Takes the chunks, which the caller must not change any more, in order. True: more is welcome. False: wait for
   * `onDrain`. Once the other end has stopped reading, chunks are taken and dropped, and the stream ends with its
   * error when its input is over.
   */
  write(chunks: readonly Uint8Array[]): boolean;
  /**
   * Hands the system what it takes at once and keeps no reference: how many bytes that were. The rest, which may be
   * all of it, is for `write`. Streams that would have to keep the bytes do not have it.
   */
  writeNow?(bytes: Uint8Array): number;
  /** No more writing: what is queued goes out, then the other end sees the end. Reading goes on. */
  end(): void;
  /** Closes at once and drops what is queued; only `onClose` follows. */
  destroy(): void;
  /** The chunk belongs to the receiver. */
  onData?: (chunk: Uint8Array) => void;
  /**
   * Set beside `onData` by who is done with a chunk when it returns: gets chunks that are lent until then, instead of
   * copies of them. Streams whose chunks are no copies never call it.
   */
  onView?: (chunk: Uint8Array) => void;
  /** The other end writes no more; everything before it has been delivered. */
  onEnd?: () => void;
  onDrain?: () => void;
  /**
   * The system has its own copy of a chunk that was written: its memory is the writer's again. Streams that cannot tell
   * never call it.
   */
  onTaken?: (chunk: Uint8Array) => void;
  /** Both directions are over, or an error ended them. Called once, and nothing after it. */
  onClose?: (error?: Error) => void;
  /** Written but not yet taken by the system. */
  readonly bufferedBytes: number;
}

/** Where the reading half of an endpoint reports; calls after a close are ignored. */
export interface EndpointEvents {
  data(chunk: Uint8Array): void;
  /** Data that is lent until the call returns. */
  view(chunk: Uint8Array): void;
  /** Data that is the receiver's, unless it was done with it when the call returned: then that is true. */
  offer(chunk: Uint8Array): boolean;
  end(): void;
  error(error: Error): void;
}

export type WriteDone = (error?: Error) => void;

/** The halves that exist, on one descriptor. */
export interface Endpoint {
  /** Reads from `start` to `stop`; what arrives later nevertheless is kept by the stream. */
  readonly source?: { start(): void; stop(): void };
  /** Is given one batch at a time, and after the last one `end`. */
  readonly sink?: {
    write(batch: readonly Uint8Array[], done: WriteDone): void;
    /** What the system takes at once; 0 also for what fails, since `write` fails then, too. */
    writeNow?(bytes: Uint8Array): number;
    end(): void;
  };
  close(): void;
}

/** `write` asks for a pause from here on. */
const enoughBufferedBytes = 128 * 1024;

export class EndpointStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onView?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onTaken?: (chunk: Uint8Array) => void;
  onClose?: (error?: Error) => void;

  private readonly endpoint: Endpoint;
  private flowing = false;
  private delivering = false;
  private held: Uint8Array[] = [];
  private reading: 'open' | 'ended' | 'over';
  private writing: 'open' | 'ending' | 'over';
  private queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private batchBytes = 0;
  private isBusy = false;
  private owesDrain = false;
  private brokenBy: Error | undefined;
  private closed = false;

  constructor(open: (events: EndpointEvents) => Endpoint) {
    this.reading = 'open';
    this.writing = 'open';
    this.endpoint = open({
      data: (chunk) => this.receive(chunk),
      view: (chunk) => this.lend(chunk),
      offer: (chunk) => this.offer(chunk),
      end: () => this.receiveEnd(),
      error: (error) => this.close(error),
    });
    if (this.endpoint.source === undefined) this.reading = 'over';
    if (this.endpoint.sink === undefined) this.writing = 'over';
  }

  get bufferedBytes(): number {
    return this.queuedBytes + this.batchBytes;
  }

  pause(): void {
    if (!this.flowing) return;
    this.flowing = false;
    if (this.reading === 'open' && !this.closed) this.endpoint.source?.stop();
  }

  resume(): void {
    if (this.flowing || this.closed) return;
    this.flowing = true;
    if (this.reading === 'open') this.endpoint.source?.start();
    if (this.held.length > 0 || this.reading === 'ended') queueMicrotask(() => this.deliver());
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.writing !== 'open' || this.closed) return true;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.queue.push(chunk);
      this.queuedBytes += chunk.length;
    }
    this.send();
    if (this.bufferedBytes < enoughBufferedBytes) return true;
    this.owesDrain = true;
    return false;
  }

  writeNow(bytes: Uint8Array): number {
    const isIdle = this.writing === 'open' && !this.closed && !this.isBusy && this.queue.length === 0;
    return isIdle ? (this.endpoint.sink?.writeNow?.(bytes) ?? 0) : 0;
  }

  end(): void {
    if (this.writing !== 'open' || this.closed) return;
    this.writing = 'ending';
    this.send();
  }

  destroy(): void {
    this.close(undefined);
  }

  private receive(chunk: Uint8Array): void {
    if (this.closed || this.reading !== 'open') return;
    if (this.flowing && this.held.length === 0) this.onData?.(chunk);
    else this.held.push(chunk);
  }

  private lend(chunk: Uint8Array): void {
    if (!this.showView(chunk)) this.receive(new Uint8Array(chunk));
  }

  private offer(chunk: Uint8Array): boolean {
    const isDone = this.showView(chunk);
    if (!isDone) this.receive(chunk);
    return isDone;
  }

  private showView(chunk: Uint8Array): boolean {
    const isWelcome = this.flowing && !this.closed && this.reading === 'open' && this.held.length === 0;
    if (!isWelcome || this.onView === undefined) return false;
    // slice() of a Buffer is no copy, and copies are what receivers keep.
    this.onView(Buffer.isBuffer(chunk) ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length) : chunk);
    return true;
  }

  private receiveEnd(): void {
    if (this.closed || this.reading !== 'open') return;
    this.reading = 'ended';
    this.deliver();
  }

  /** Hands out what was held while paused, and the end behind it. */
  private deliver(): void {
    if (this.delivering) return;
    this.delivering = true;
    while (this.flowing && !this.closed && this.held.length > 0) this.onData?.(this.held.shift() as Uint8Array);
    this.delivering = false;
    if (!this.flowing || this.closed || this.reading !== 'ended') return;
    this.reading = 'over';
    this.onEnd?.();
    this.closeWhenOver();
  }

  /** One batch after the other, each with everything that was queued meanwhile. */
  private send(): void {
    while (!this.isBusy && this.queue.length > 0 && !this.closed) {
      const batch = this.queue;
      this.batchBytes = this.queuedBytes;
      this.queue = [];
      this.queuedBytes = 0;
      this.isBusy = true;
      this.endpoint.sink?.write(batch, (error) => this.sent(batch, error));
    }
    if (this.writing === 'ending' && !this.isBusy && !this.closed) this.finishWriting();
  }

  private sent(batch: readonly Uint8Array[], error: Error | undefined): void {
    if (this.closed || !this.isBusy) return;
    this.isBusy = false;
    this.batchBytes = 0;
    if (error !== undefined) this.breakWriting(error);
    else {
      for (const chunk of batch) this.onTaken?.(chunk);
      this.send();
    }
    if (this.owesDrain && this.bufferedBytes === 0 && !this.closed) {
      this.owesDrain = false;
      this.onDrain?.();
    }
  }

  private breakWriting(error: Error): void {
    this.brokenBy = error;
    this.queue = [];
    this.queuedBytes = 0;
    this.writing = 'over';
    this.closeWhenOver();
  }

  private finishWriting(): void {
    this.writing = 'over';
    this.endpoint.sink?.end();
    this.closeWhenOver();
  }

  private closeWhenOver(): void {
    if (this.reading === 'over' && this.writing === 'over') this.close(this.brokenBy);
  }

  private close(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.held = [];
    this.queue = [];
    this.queuedBytes = 0;
    this.batchBytes = 0;
    this.endpoint.close();
    queueMicrotask(() => this.onClose?.(error));
  }
}
