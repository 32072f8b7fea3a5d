// The picture of a fingerprint ("drunken bishop"): a walk over 17 x 9 squares steered by two bits of the digest at a
// time, least significant first; a square's character says how often it was visited. OpenSSH frames it with key type
// and digest name.

import type { CryptoProvider, DigestName } from '../algorithms/crypto-provider.ts';
import { keyTypeLabel, type PublicKey } from './public-key.ts';

const width = 17;
const height = 9;
/** By number of visits; the last two mark the start and the end of the walk. */
const marks = ' .o+=*BOX@%&#/^SE';
const startMark = marks.length - 2;
const endMark = marks.length - 1;

/** The lines of the framed picture, SHA-256 unless told. */
export function randomart(crypto: CryptoProvider, key: PublicKey, digest: DigestName = 'sha256'): readonly string[] {
  const squares = walk(crypto.digest(digest, key.blob));
  const label = keyTypeLabel(key.type);
  const title = `[${label} ${key.bits}]`;
  const lines = [frameLine(title.length > width ? `[${label}]` : title)];
  for (let y = 0; y < height; y++) {
    const row = squares.subarray(y * width, (y + 1) * width);
    lines.push(`|${Array.from(row, (visits) => marks.charAt(visits)).join('')}|`);
  }
  lines.push(frameLine(`[${digest.toUpperCase()}]`));
  return lines;
}

function walk(digest: Uint8Array): Uint8Array {
  const squares = new Uint8Array(width * height);
  let x = (width - 1) / 2;
  let y = (height - 1) / 2;
  const start = y * width + x;
  for (const byte of digest) {
    for (let shift = 0; shift < 8; shift += 2) {
      const step = byte >> shift;
      x = clamp(x + ((step & 1) === 1 ? 1 : -1), width);
      y = clamp(y + ((step & 2) === 2 ? 1 : -1), height);
      const at = y * width + x;
      squares[at] = Math.min((squares[at] as number) + 1, startMark - 1);
    }
  }
  squares[start] = startMark;
  squares[y * width + x] = endMark;
  return squares;
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit - 1);
}

function frameLine(title: string): string {
  const left = Math.floor((width - title.length) / 2);
  return `+${'-'.repeat(left)}${title}${'-'.repeat(width - left - title.length)}+`;
}
