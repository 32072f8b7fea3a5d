// Reads one DER SEQUENCE of non-negative INTEGERs, the shape of an RSAPrivateKey (RFC 8017 appendix A.1.2), as the
// runtime writes it after generating a key. Not a parser for foreign input: anything unexpected throws.

const sequenceTag = 0x30;
const integerTag = 0x02;

interface Element {
  readonly content: Uint8Array;
  readonly end: number;
}

/**
 * The integers' magnitudes, big-endian without leading zeros, as views. @throws Error if the bytes have another shape
 */
export function readIntegerSequence(der: Uint8Array): Uint8Array[] {
  const { content, end } = readElement(der, 0, sequenceTag);
  if (end !== der.length) throw new Error('DER sequence has bytes behind it');
  const integers: Uint8Array[] = [];
  for (let at = 0; at < content.length; ) {
    const integer = readElement(content, at, integerTag);
    integers.push(integer.content[0] === 0 ? integer.content.subarray(1) : integer.content);
    at = integer.end;
  }
  return integers;
}

function readElement(der: Uint8Array, at: number, tag: number): Element {
  if (der[at] !== tag) throw new Error('DER element has another tag');
  let length = der[at + 1] ?? 0;
  let start = at + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count < 1 || count > 3) throw new Error('DER length has another form');
    length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | (der[start++] ?? 0);
  }
  const end = start + length;
  if (end > der.length) throw new Error('DER element ends early');
  return { content: der.subarray(start, end), end };
}
