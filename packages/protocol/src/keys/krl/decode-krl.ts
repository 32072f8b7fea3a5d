// Reads a key revocation list (PROTOCOL.krl). It is read whole or not at all: a section that is unknown, cut off or has
// bytes left over, and a critical extension, refuse the list, since to leave out a part would let revoked keys pass.
// Signed lists are refused, as OpenSSH does since 9.4.

import { equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { utf8DecodeReversibly } from '../../wire/utf8.ts';
import { decodePublicKey } from '../public-key.ts';
import type { ByteStrings } from './byte-strings.ts';
import { certificateSections, krlFormatVersion, krlMagic, krlSections, maximumBitmapBytes } from './format.ts';
import { Revocations, type RevokedCertificates } from './revocations.ts';
import type { SerialNumbers } from './serial-numbers.ts';

const lengthBytes = 4;
const lastSerial = 0xffffffffffffffffn;

/** Whether the file claims to be a list in this format. */
export function isKrl(file: Uint8Array): boolean {
  return equalBytes(file.subarray(0, krlMagic.length), krlMagic);
}

/** A section's contents, and where in the file they begin. */
interface Section {
  readonly type: number;
  readonly start: number;
  readonly reader: Reader;
}

/** Reads a list; the file must not change afterwards, as entries stay where they are in it. @throws DecodeError */
export function decodeKrl(file: Uint8Array): Revocations {
  if (!isKrl(file)) throw new DecodeError('KRL file has invalid magic number');
  const reader = new Reader(file);
  reader.take(krlMagic.length);
  if (reader.uint32() !== krlFormatVersion) throw new DecodeError('KRL has an unknown version');
  const version = reader.uint64();
  const generated = reader.uint64();
  // Flags and a reserved string, which mean nothing yet.
  reader.uint64();
  reader.string();
  const comment = utf8DecodeReversibly(reader.string());
  const list = new Revocations({ version, generated, comment }, file);
  while (reader.remaining > 0) {
    const section = readSection(reader, file.length);
    readKrlSection(list, section);
    section.reader.end();
  }
  return list;
}

/** The next section of a reader whose end stands at `end` in the file. */
function readSection(reader: Reader, end: number): Section {
  const type = reader.byte();
  const contents = reader.string();
  return { type, start: end - reader.remaining - contents.length, reader: new Reader(contents) };
}

function readKrlSection(list: Revocations, section: Section): void {
  switch (section.type) {
    case krlSections.certificates:
      readCertificates(list, section);
      return;
    case krlSections.explicitKeys:
      includeStrings(list.keys, section);
      return;
    case krlSections.sha1:
      includeStrings(list.sha1s, section, 20);
      return;
    case krlSections.sha256:
      includeStrings(list.sha256s, section, 32);
      return;
    case krlSections.extension:
      refuseCriticalExtension(section.reader);
      return;
    default:
      throw new DecodeError(section.type === krlSections.signature ? 'KRL is signed' : 'KRL has an unknown section');
  }
}

/** Notes each string of a section; all must have the length, if one is given. */
function includeStrings(strings: ByteStrings, { start, reader }: Section, wanted?: number): void {
  for (let at = start; reader.remaining > 0; ) {
    const { length } = reader.string();
    if (wanted !== undefined && length !== wanted) throw new DecodeError('KRL has a digest of a wrong length');
    strings.include(at);
    at += lengthBytes + length;
  }
}

function refuseCriticalExtension(reader: Reader): void {
  reader.string();
  const isCritical = reader.boolean();
  reader.string();
  if (isCritical) throw new DecodeError('KRL has a critical extension that is not known');
}

function readCertificates(list: Revocations, { start, reader }: Section): void {
  const end = start + reader.remaining;
  const authority = reader.string();
  reader.string();
  const part = list.certificatesOf(authority.length === 0 ? undefined : decodePublicKey(authority));
  while (reader.remaining > 0) {
    const section = readSection(reader, end);
    readCertificateSection(part, section);
    section.reader.end();
  }
}

function readCertificateSection({ serials, keyIds }: RevokedCertificates, section: Section): void {
  const { type, reader } = section;
  switch (type) {
    case certificateSections.serialList:
      while (reader.remaining > 0) serials.add(serialNumber(reader.uint64()));
      return;
    case certificateSections.serialRange: {
      const [low, high] = [serialNumber(reader.uint64()), reader.uint64()];
      if (low > high) throw new DecodeError('KRL has a range of serial numbers that ends before it begins');
      serials.add(low, high);
      return;
    }
    case certificateSections.serialBitmap:
      readBitmap(serials, reader);
      return;
    case certificateSections.keyIds:
      includeStrings(keyIds, section);
      return;
    case certificateSections.extension:
      refuseCriticalExtension(reader);
      return;
    default:
      throw new DecodeError('KRL has an unknown section on certificates');
  }
}

function serialNumber(value: bigint): bigint {
  if (value === 0n) throw new DecodeError('KRL revokes the serial number 0, which is none');
  return value;
}

/** Bit i of the number stands for the serial number offset + i. */
function readBitmap(serials: SerialNumbers, reader: Reader): void {
  const offset = reader.uint64();
  const bitmap = reader.mpintBytes();
  if (bitmap.length > maximumBitmapBytes) throw new DecodeError('KRL has a bitmap that is too long');
  for (let index = bitmap.length - 1, base = 0; index >= 0; index--, base += 8) {
    const bits = bitmap[index] as number;
    for (let bit = 0; bit < 8; bit++) {
      if ((bits & (1 << bit)) === 0) continue;
      const serial = offset + BigInt(base + bit);
      if (serial > lastSerial) throw new DecodeError('KRL has a bitmap beyond the last serial number');
      serials.add(serialNumber(serial));
    }
  }
}
