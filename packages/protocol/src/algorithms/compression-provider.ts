// What the transport asks of compression (RFC 4253 section 6.2): a stream for each direction, one packet after the
// other with the history of those before. Synchronous, byte arrays in and out.

export interface Deflater {
  /** The parts joined, compressed and flushed as far as the other end needs to read all of them. The caller's. */
  deflate(parts: readonly Uint8Array[]): Uint8Array;
}

export interface Inflater {
  /** What one packet holds, the caller's; undefined when it is malformed or becomes longer than `limitBytes`. */
  inflate(data: Uint8Array, limitBytes: number): Uint8Array | undefined;
}

/** Of the method `zlib` (RFC 1950, RFC 1951). */
export interface CompressionProvider {
  deflater(): Deflater;
  inflater(): Inflater;
}
