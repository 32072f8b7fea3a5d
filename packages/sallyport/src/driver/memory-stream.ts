// Two ByteStreams joined in memory, for engines of one process that talk to each other and for tests: what one writes
// the other gets in a later task. At most `capacityBytes` wait in each direction before write() says false.

import type { ByteStream } from './byte-stream.ts';

export interface MemoryStreamOptions {
  /** 256 KiB unless told. */
  readonly capacityBytes?: number;
}

/** The two ends of a connection. */
export function memoryStreams(options: MemoryStreamOptions = {}): readonly [ByteStream, ByteStream] {
  const capacityBytes = options.capacityBytes ?? 256 * 1024;
  const a = new MemoryStream(capacityBytes);
  const b = new MemoryStream(capacityBytes);
  a.join(b);
  b.join(a);
  return [a, b];
}

class MemoryStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onClose?: (error?: Error) => void;
  readonly #capacityBytes: number;
  #peer: MemoryStream | undefined;
  /** What came and was not delivered. */
  #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  #paused = true;
  #peerEnded: 'no' | 'yes' | 'told' = 'no';
  #ended = false;
  #closed = false;
  #drainDue = false;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.schedule();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const peer = this.#peer;
    if (this.#closed || this.#ended || peer === undefined || peer.#closed) return true;
    for (const chunk of chunks) {
      peer.#incoming.push(chunk);
      peer.#incomingBytes += chunk.length;
    }
    peer.schedule();
    this.#drainDue = peer.#incomingBytes >= this.#capacityBytes;
    return !this.#drainDue;
  }

  get bufferedBytes(): number {
    return this.#peer?.incomingBytes ?? 0;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#peer?.endIncoming();
    this.schedule();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#incoming = [];
    this.#incomingBytes = 0;
    this.#peer?.endIncoming();
    this.#peer?.incomingTaken();
    queueMicrotask(() => this.onClose?.());
  }

  get incomingBytes(): number {
    return this.#incomingBytes;
  }

  /** The peer writes no more. */
  endIncoming(): void {
    if (this.#peerEnded === 'no') this.#peerEnded = 'yes';
    this.schedule();
  }

  schedule(): void {
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    while (!this.#closed && !this.#paused) {
      const chunk = this.#incoming.shift();
      if (chunk === undefined) break;
      this.#incomingBytes -= chunk.length;
      this.onData?.(chunk);
    }
    this.#peer?.incomingTaken();
    if (this.#closed || this.#paused || this.#incoming.length > 0) return;
    if (this.#peerEnded === 'yes') {
      this.#peerEnded = 'told';
      this.onEnd?.();
    }
    if (this.#peerEnded === 'told' && this.#ended) this.destroy();
  }

  /** The peer has taken some of what we wrote. */
  incomingTaken(): void {
    if (!this.#drainDue || this.bufferedBytes >= this.#capacityBytes / 2) return;
    this.#drainDue = false;
    this.onDrain?.();
  }
}
