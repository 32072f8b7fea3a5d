// Writes a key revocation list (PROTOCOL.krl). Serial numbers go into whichever of list, range and bitmap takes the
// fewest bytes for those that stand close together.

import { bytesFromBigint } from '../../wire/mpint.ts';
import { utf8EncodeReversibly } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import type { ByteStrings } from './byte-strings.ts';
import { certificateSections, krlFormatVersion, krlMagic, krlSections, maximumBitmapBytes } from './format.ts';
import type { KrlHeader, Revocations, RevokedCertificates } from './revocations.ts';
import type { SerialNumbers, SerialRange } from './serial-numbers.ts';

/** The file of a list; a list that was read keeps nothing of its old header but what the new one repeats. */
export function encodeKrl({ certificates, keys, sha1s, sha256s }: Revocations, header: KrlHeader): Uint8Array {
  const writer = new Writer(4096).raw(krlMagic).uint32(krlFormatVersion);
  writer.uint64(header.version).uint64(header.generated).uint64(0n).string('');
  writer.string(utf8EncodeReversibly(header.comment));
  for (const part of certificates) writer.byte(krlSections.certificates).string(encodeCertificates(part));
  writeStrings(writer, krlSections.explicitKeys, keys);
  writeStrings(writer, krlSections.sha1, sha1s);
  writeStrings(writer, krlSections.sha256, sha256s);
  return writer.bytes();
}

function writeStrings(writer: Writer, section: number, strings: ByteStrings): void {
  if (strings.size === 0) return;
  const contents = new Writer(4096);
  for (const entry of strings) contents.string(entry);
  writer.byte(section).string(contents.bytes());
}

function encodeCertificates({ authority, serials, keyIds }: RevokedCertificates): Uint8Array {
  const writer = new Writer(4096).string(authority?.blob ?? '').string('');
  writeSerials(writer, serials);
  writeStrings(writer, certificateSections.keyIds, keyIds);
  return writer.bytes();
}

/** What a number alone takes in a list, and a range in a section of its own. */
const singleBytes = 8;
const rangeBytes = 1 + 4 + 2 * 8;
/** What a bitmap takes beside its bits: section, offset, length of the number and its sign. */
const bitmapBytes = 1 + 4 + 8 + 4 + 1;
const maximumBitmapBits = BigInt(maximumBitmapBytes) * 8n;

function writeSerials(writer: Writer, serials: SerialNumbers): void {
  let group: SerialRange[] = [];
  let separateBytes = 0;
  const list = new SerialList(writer);
  const finish = (): void => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return;
    const bits = last.high - first.low + 1n;
    if (bits <= maximumBitmapBits && bitmapBytes + Number(bits) / 8 < separateBytes) {
      list.end();
      writeBitmap(writer, group);
    } else {
      for (const range of group) writeSeparately(writer, list, range);
    }
    group = [];
    separateBytes = 0;
  };
  for (const range of serials.ranges()) {
    const [first, last] = [group[0], group.at(-1)];
    const cost = costOf(range);
    if (first !== undefined && last !== undefined) {
      const fits = range.high - first.low < maximumBitmapBits;
      if (!fits || Number(range.high - last.high) / 8 > cost) finish();
    }
    group.push(range);
    separateBytes += cost;
  }
  finish();
  list.end();
}

function costOf({ low, high }: SerialRange): number {
  return Math.min(Number(high - low + 1n) * singleBytes, rangeBytes);
}

function writeSeparately(writer: Writer, list: SerialList, { low, high }: SerialRange): void {
  if (high - low < 2n) {
    list.add(low);
    if (high !== low) list.add(high);
    return;
  }
  list.end();
  writer.byte(certificateSections.serialRange).string(new Writer().uint64(low).uint64(high).bytes());
}

function writeBitmap(writer: Writer, group: readonly SerialRange[]): void {
  const offset = group[0]?.low ?? 0n;
  let bits = 0n;
  for (const { low, high } of group) bits |= ((1n << (high - low + 1n)) - 1n) << (low - offset);
  const contents = new Writer(bitmapBytes + maximumBitmapBytes).uint64(offset).mpint(bytesFromBigint(bits));
  writer.byte(certificateSections.serialBitmap).string(contents.bytes());
}

/** Numbers that stand in one list section until another kind of section comes between. */
class SerialList {
  readonly #writer: Writer;
  #numbers: Writer | undefined;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  add(serial: bigint): void {
    this.#numbers ??= new Writer(1024);
    this.#numbers.uint64(serial);
  }

  end(): void {
    if (this.#numbers === undefined) return;
    this.#writer.byte(certificateSections.serialList).string(this.#numbers.bytes());
    this.#numbers = undefined;
  }
}
