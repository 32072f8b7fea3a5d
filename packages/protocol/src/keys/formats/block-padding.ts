// The padding of block ciphers in key files (RFC 5652 section 6.3): as many bytes as are missing to a whole block, each
// of that value. Whoever decrypts with a wrong passphrase finds another padding.

/** A copy with the padding behind it. */
export function addPadding(data: Uint8Array, blockBytes: number): Uint8Array {
  const count = blockBytes - (data.length % blockBytes);
  const padded = new Uint8Array(data.length + count).fill(count);
  padded.set(data);
  return padded;
}

/** A view without the padding; undefined when it is none. */
export function removePadding(data: Uint8Array, blockBytes: number): Uint8Array | undefined {
  const count = data.at(-1) ?? 0;
  if (count === 0 || count > blockBytes || count > data.length) return undefined;
  const end = data.length - count;
  return data.subarray(end).every((byte) => byte === count) ? data.subarray(0, end) : undefined;
}
