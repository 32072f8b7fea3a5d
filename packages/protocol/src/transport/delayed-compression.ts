// Whether and since when the payloads of one direction are compressed: from the end of authentication on, where the key
// exchange agreed on it, and with an empty history after each exchange (RFC 4253 section 6.2).

import type { CompressionProvider } from '../algorithms/compression-provider.ts';
import { type CompressionName, compressions } from '../algorithms/compressions.ts';

export class DelayedCompression<Stream> {
  readonly #begin: () => Stream;
  #name: CompressionName = 'none';
  #isAuthenticated = false;
  #stream: Stream | undefined;

  constructor(begin: () => Stream) {
    this.#begin = begin;
  }

  /** Whether there is a history by now, which nobody else could go on with. */
  get hasBegun(): boolean {
    return this.#stream !== undefined;
  }

  /** @throws TypeError for a name that is not in the table: somebody offered what nobody can do */
  keysChanged(name: string): void {
    const row = compressions.find((known) => known.name === name);
    if (row === undefined) throw new TypeError(`there is no compression ${name}`);
    this.#name = row.name;
    this.#stream = undefined;
  }

  authenticated(): void {
    this.#isAuthenticated = true;
  }

  /** What the next payload goes through; undefined while payloads are plain. */
  stream(): Stream | undefined {
    if (!this.#isAuthenticated || this.#name === 'none') return undefined;
    this.#stream ??= this.#begin();
    return this.#stream;
  }
}

/** @throws TypeError when compression was offered without it */
export function compressionOf(given: { readonly compression?: CompressionProvider | undefined }): CompressionProvider {
  if (given.compression === undefined) throw new TypeError('compression was offered without a provider');
  return given.compression;
}
