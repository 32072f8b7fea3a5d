// A connected socket as an endpoint on Bun: Bun.connect adopts the descriptor. (`new net.Socket({fd})` is silently dead
// on Bun.) Bun reads what wakes it up; what has come meanwhile behind a large chunk is read here, into one room that is
// used again, where Bun would make memory for each chunk and go round its loop.

import { readNow } from './blocking-io.ts';
import { bulkGauge } from './bulk-gauge.ts';
import type { BunRuntime, BunSocket } from './bun-runtime.ts';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';
import { errorNumber, SystemError } from './system-error.ts';

/** Chunks smaller than this are joined before a write; larger ones are not worth the copy. */
const joinBelowBytes = 16 * 1024;

/** The same bytes in fewer chunks. */
function joinSmall(batch: readonly Uint8Array[]): Uint8Array[] {
  if (batch.length === 1) return [...batch];
  const joined: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const flush = (): void => {
    if (small.length > 0) joined.push(small.length === 1 ? (small[0] as Uint8Array) : Buffer.concat(small));
    small = [];
  };
  for (const chunk of batch) {
    if (chunk.length < joinBelowBytes) {
      small.push(chunk);
      continue;
    }
    flush();
    joined.push(chunk);
  }
  flush();
  return joined;
}

/** What is smaller is left to the collector. */
const leastDiscardedBytes = 16 * 1024;

/**
 * The memory of a chunk that nobody looks at any more goes back at once: each chunk has memory of its own, and left to
 * the collector those of a large transfer pile up.
 */
function giveBack({ buffer, length }: Uint8Array): void {
  if (length >= leastDiscardedBytes && buffer.byteLength === length) (buffer as Transferable).transfer(0);
}

/** Standard since ES2024. */
type Transferable = ArrayBuffer & { transfer(newByteLength: number): ArrayBuffer };

/** Behind a chunk of this size more is likely to be there. */
const largeChunkBytes = 64 * 1024;
/** What is read at once: it stays in the processor's cache until it is worked on. */
const roomBytes = 256 * 1024;
/** Reads before other work of the process has its turn. */
const maximumReads = 2;

export interface BunSocketOptions {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
}

/** A connected socket of any family. Owns the descriptor. */
export class BunSocketEndpoint implements Endpoint {
  readonly source?: Endpoint['source'] & object;
  readonly sink?: Endpoint['sink'] & object;
  private socket: BunSocket | undefined;
  private readonly fd: number;
  private readonly events: EndpointEvents;
  private readonly gauge = bulkGauge();
  private flowing = false;
  private closing = false;
  /** While much comes. */
  private room: Uint8Array | undefined;
  private ended = false;
  private pending: Uint8Array[] = [];
  private done: WriteDone | undefined;

  constructor(bun: BunRuntime, options: BunSocketOptions, events: EndpointEvents) {
    this.fd = options.fd;
    this.events = events;
    if (options.readable) this.source = { start: () => this.setFlowing(true), stop: () => this.setFlowing(false) };
    if (options.writable) {
      this.sink = { write: (batch, done) => this.write(batch, done), end: () => this.endWriting() };
    }
    const opened = bun.connect({
      fd: options.fd,
      allowHalfOpen: true,
      socket: {
        binaryType: 'uint8array',
        open: (socket) => this.open(socket),
        data: (_, chunk) => this.receive(chunk),
        drain: () => this.send(),
        end: () => events.end(),
        close: (_, error) => {
          this.closing = true;
          if (error instanceof Error) events.error(error);
          else events.end();
        },
        error: (_, error) => events.error(error),
      },
    });
    opened.catch((error: unknown) => events.error(error instanceof Error ? error : new Error(String(error))));
  }

  close(): void {
    this.closing = true;
    this.socket?.end();
  }

  private receive(chunk: Uint8Array): void {
    const isLarge = chunk.length >= largeChunkBytes;
    this.gauge.passed(chunk.length);
    if (!this.events.offer(chunk)) return;
    giveBack(chunk);
    if (isLarge) this.readOn();
    else this.room = undefined;
  }

  /** Reads what is there now. The end is left for Bun to see; an error is told once, and only to who reads. */
  private readOn(): void {
    const room = (this.room ??= new Uint8Array(roomBytes));
    for (let reads = 0; reads < maximumReads && this.flowing && !this.closing; reads++) {
      const length = this.readWhatIsThere(room);
      if (length === 0) return;
      this.gauge.passed(length);
      this.events.view(room.subarray(0, length));
    }
  }

  private readWhatIsThere(room: Uint8Array): number {
    try {
      return readNow(this.fd, room) ?? 0;
    } catch (error) {
      this.events.error(error as SystemError);
      return 0;
    }
  }

  private open(socket: BunSocket): void {
    this.socket = socket;
    if (this.closing) socket.end();
    else {
      if (!this.flowing) socket.pause();
      this.send();
      if (this.ended) socket.shutdown();
    }
  }

  private setFlowing(flowing: boolean): void {
    this.flowing = flowing;
    if (flowing) this.socket?.resume();
    else this.socket?.pause();
  }

  private write(batch: readonly Uint8Array[], done: WriteDone): void {
    this.pending = joinSmall(batch);
    this.gauge.passed(batch.reduce((bytes, { length }) => bytes + length, 0));
    this.done = done;
    this.send();
  }

  private send(): void {
    if (this.socket === undefined || this.done === undefined) return;
    for (let chunk = this.pending[0]; chunk !== undefined; chunk = this.pending[0]) {
      const taken = this.socket.write(chunk);
      if (taken < 0) {
        this.finish(new SystemError('write', errorNumber('EPIPE')));
        return;
      }
      if (taken < chunk.length) {
        this.pending[0] = chunk.subarray(taken);
        return;
      }
      this.pending.shift();
    }
    this.finish();
  }

  private finish(error?: Error): void {
    const done = this.done;
    this.pending = [];
    this.done = undefined;
    done?.(error);
  }

  private endWriting(): void {
    this.ended = true;
    this.socket?.shutdown();
  }
}
