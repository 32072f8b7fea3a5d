// The CompressionProvider: zlib by the package pako, which goes on with a stream synchronously, as a transport must;
// the runtimes' own zlib does so only by private calls (decision record 0022). Loaded when somebody compresses.

import type { CompressionProvider, Deflater, Inflater } from '@sallyport/protocol/algorithms/compression-provider';
import type * as Pako from 'pako';

type ZStream = Pako.ZStream;

/** OpenSSH's. */
const level = 6;
const smallestOutputBytes = 4 * 1024;

export const zlib: CompressionProvider = { deflater: () => new ZlibDeflater(), inflater: () => new ZlibInflater() };

/** The output of a stream: memory that grows and is used again for the next packet. */
class Output {
  readonly #stream: ZStream;

  constructor(stream: ZStream) {
    this.#stream = stream;
    stream.output = new Uint8Array(smallestOutputBytes);
  }

  begin(): void {
    this.#stream.next_out = 0;
    this.#stream.avail_out = this.#stream.output.length;
  }

  get isFull(): boolean {
    return this.#stream.avail_out === 0;
  }

  get length(): number {
    return this.#stream.next_out;
  }

  grow(limitBytes = Infinity): void {
    const larger = new Uint8Array(Math.min(2 * this.#stream.output.length, limitBytes));
    larger.set(this.#stream.output);
    this.#stream.output = larger;
    this.#stream.avail_out = larger.length - this.#stream.next_out;
  }

  taken(): Uint8Array {
    return this.#stream.output.slice(0, this.#stream.next_out);
  }
}

/** Bun's bundler follows only a literal call of `require`, which Node's own modules do not have. */
function loadPackage(): typeof Pako {
  if (typeof require === 'function') return require('pako') as typeof Pako;
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)('pako') as typeof Pako;
}

function feed(stream: ZStream, data: Uint8Array): void {
  stream.input = data;
  stream.next_in = 0;
  stream.avail_in = data.length;
}

class ZlibDeflater implements Deflater {
  readonly #pako = loadPackage();
  readonly #stream = new this.#pako.ZStream();
  readonly #output = new Output(this.#stream);

  constructor() {
    const { zlibDeflateInit, Z_OK } = this.#pako;
    if (zlibDeflateInit(this.#stream, level) !== Z_OK) throw new Error('zlib does not start');
  }

  deflate(parts: readonly Uint8Array[]): Uint8Array {
    const { Z_NO_FLUSH, Z_PARTIAL_FLUSH } = this.#pako;
    this.#output.begin();
    for (const part of parts) this.#run(part, Z_NO_FLUSH);
    this.#run(new Uint8Array(0), Z_PARTIAL_FLUSH);
    return this.#output.taken();
  }

  /** A flush is complete when it leaves room in the output. */
  #run(data: Uint8Array, flush: typeof Pako.Z_NO_FLUSH | typeof Pako.Z_PARTIAL_FLUSH): void {
    const { zlibDeflate, Z_OK, Z_BUF_ERROR } = this.#pako;
    feed(this.#stream, data);
    for (;;) {
      const status = zlibDeflate(this.#stream, flush);
      if (status !== Z_OK && status !== Z_BUF_ERROR) throw new Error(`zlib fails with ${status}`);
      if (!this.#output.isFull) return;
      this.#output.grow();
    }
  }
}

class ZlibInflater implements Inflater {
  readonly #pako = loadPackage();
  readonly #stream = new this.#pako.ZStream();
  readonly #output = new Output(this.#stream);

  constructor() {
    const { zlibInflateInit, Z_OK } = this.#pako;
    if (zlibInflateInit(this.#stream) !== Z_OK) throw new Error('zlib does not start');
  }

  inflate(data: Uint8Array, limitBytes: number): Uint8Array | undefined {
    const { zlibInflate, Z_OK, Z_BUF_ERROR, Z_SYNC_FLUSH } = this.#pako;
    this.#output.begin();
    feed(this.#stream, data);
    for (;;) {
      const status = zlibInflate(this.#stream, Z_SYNC_FLUSH);
      // Also the end of the stream is an error: more packets would have to follow it.
      if (status !== Z_OK && status !== Z_BUF_ERROR) return undefined;
      if (!this.#output.isFull) return this.#stream.avail_in === 0 ? this.#output.taken() : undefined;
      if (this.#output.length > limitBytes) return undefined;
      this.#output.grow(limitBytes + 1);
    }
  }
}
