// The CompressionProvider: zlib by the package pako, which goes on with a stream synchronously, as a transport must;
// the runtimes' own zlib does so only by private calls (decision record 0022). Loaded when somebody compresses.

import type { CompressionProvider, Deflater, Inflater } from '@sallyport/protocol/algorithms/compression-provider';
import type * as Pako from 'pako';
import { loadPackage } from './load-package.ts';

/** OpenSSH's. */
const level = 6;
const smallestOutputBytes = 4 * 1024;

export const zlib: CompressionProvider = { deflater: () => new ZlibDeflater(), inflater: () => new ZlibInflater() };

/** A stream with the memory for its output, which grows and is used again for the next packet. */
class ZlibStream {
  readonly pako = loadPackage('pako', () => require('pako') as typeof Pako);
  readonly state = new this.pako.ZStream();

  constructor() {
    this.state.output = new Uint8Array(smallestOutputBytes);
  }

  /** The next packet's output begins. */
  begin(): void {
    this.state.next_out = 0;
    this.state.avail_out = this.state.output.length;
  }

  feed(data: Uint8Array): void {
    this.state.input = data;
    this.state.next_in = 0;
    this.state.avail_in = data.length;
  }

  /** Whether zlib can go on with that status; other values of it are errors, or the end. */
  goesOn(status: number): boolean {
    return status === this.pako.Z_OK || status === this.pako.Z_BUF_ERROR;
  }

  get isFull(): boolean {
    return this.state.avail_out === 0;
  }

  grow(limitBytes = Infinity): void {
    const larger = new Uint8Array(Math.min(2 * this.state.output.length, limitBytes));
    larger.set(this.state.output);
    this.state.output = larger;
    this.state.avail_out = larger.length - this.state.next_out;
  }

  taken(): Uint8Array {
    return this.state.output.slice(0, this.state.next_out);
  }
}

class ZlibDeflater implements Deflater {
  readonly #stream = new ZlibStream();

  constructor() {
    const { pako, state } = this.#stream;
    if (pako.zlibDeflateInit(state, level) !== pako.Z_OK) throw new Error('zlib does not start');
  }

  deflate(parts: readonly Uint8Array[]): Uint8Array {
    const { Z_NO_FLUSH, Z_PARTIAL_FLUSH } = this.#stream.pako;
    this.#stream.begin();
    for (const part of parts) this.#run(part, Z_NO_FLUSH);
    this.#run(new Uint8Array(0), Z_PARTIAL_FLUSH);
    return this.#stream.taken();
  }

  /** A flush is complete when it leaves room in the output. */
  #run(data: Uint8Array, flush: typeof Pako.Z_NO_FLUSH | typeof Pako.Z_PARTIAL_FLUSH): void {
    const stream = this.#stream;
    stream.feed(data);
    for (;;) {
      const status = stream.pako.zlibDeflate(stream.state, flush);
      if (!stream.goesOn(status)) throw new Error(`zlib fails with ${status}`);
      if (!stream.isFull) return;
      stream.grow();
    }
  }
}

class ZlibInflater implements Inflater {
  readonly #stream = new ZlibStream();

  constructor() {
    const { pako, state } = this.#stream;
    if (pako.zlibInflateInit(state) !== pako.Z_OK) throw new Error('zlib does not start');
  }

  inflate(data: Uint8Array, limitBytes: number): Uint8Array | undefined {
    const { pako, state } = this.#stream;
    this.#stream.begin();
    this.#stream.feed(data);
    for (;;) {
      // Also the end of the stream is an error: more packets would have to follow it.
      if (!this.#stream.goesOn(pako.zlibInflate(state, pako.Z_SYNC_FLUSH))) return undefined;
      if (!this.#stream.isFull) return state.avail_in === 0 ? this.#stream.taken() : undefined;
      if (state.next_out > limitBytes) return undefined;
      this.#stream.grow(limitBytes + 1);
    }
  }
}
