// The lines from which -k makes a revocation list: keys and certificates as they stand in .pub files, or `serial:`,
// `id:`, `key:`, `sha1:`, `sha256:` and `hash:` with what to revoke. A line that is not understood ends the program.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import type { Revocations, RevokedCertificates } from '@sallyport/protocol/keys/krl/revocations';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { base64Decode } from '@sallyport/protocol/wire/base64';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { keyFileReasons } from '../shared/messages.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { type AnyPublicLine, tryPublicLine } from '../shared/public-key-file.ts';
import { messages } from './messages.ts';

/** Whose certificates are meant by numbers and ids: one authority's, everybody's, or nothing was said. */
export type Authority = PublicKey | 'any' | 'unnamed';

export interface LineTarget {
  readonly list: Revocations;
  readonly crypto: CryptoProvider;
  readonly authority: Authority;
  /** As messages name it. */
  readonly path: string;
}

const lastSerial = 0xffffffffffffffffn;
const sha256Bytes = 32;

/** Where a line stands, made into words only when something is wrong with it. */
type Place = () => string;
type LineKind = (target: LineTarget, rest: string, place: Place) => void;

const lineKinds: Readonly<Record<string, LineKind>> = {
  serial: revokeSerials,
  id: (target, rest) => certificatesOf(target, messages.keyIdNeedsAuthority).keyIds.append(utf8Encode(rest)),
  hash: ({ list }, rest, place) => list.sha256s.append(parseHash(rest, place)),
  key: ({ list }, rest, place) => list.revoke(plainOf(keyOf(rest, place))),
  sha1: ({ list, crypto }, rest, place) => list.sha1s.append(crypto.digest('sha1', plainOf(keyOf(rest, place)).blob)),
  sha256: ({ list, crypto }, rest, place) =>
    list.sha256s.append(crypto.digest('sha256', plainOf(keyOf(rest, place)).blob)),
};

/** Adds what the text says to the list. @throws ProgramExit */
export function revokeLines(target: LineTarget, text: string): void {
  let number = 0;
  const place = (): string => `${target.path}:${number}`;
  for (const line of text.split('\n')) {
    number++;
    const comment = line.indexOf('#');
    const entry = (comment < 0 ? line : line.slice(0, comment)).trim();
    if (entry === '') continue;
    const colon = entry.indexOf(':');
    const kind = colon < 0 ? undefined : lineKinds[entry.slice(0, colon).toLowerCase()];
    if (kind === undefined) target.list.revoke(keyOf(entry, place));
    else kind(target, entry.slice(colon + 1).trimStart(), place);
  }
}

function certificatesOf({ list, authority }: LineTarget, refusal: string): RevokedCertificates {
  if (authority === 'unnamed') throw new ProgramExit(refusal);
  return list.certificatesOf(authority === 'any' ? undefined : authority);
}

function revokeSerials(target: LineTarget, text: string, place: Place): void {
  const { serials } = certificatesOf(target, messages.serialNeedsAuthority);
  const dash = text.indexOf('-');
  const low = parseSerial(dash < 0 ? text : text.slice(0, dash), text, place);
  const rest = text.slice(dash + 1);
  const high = dash < 0 ? low : parseSerial(rest, rest, place);
  if (dash >= 0 && high <= low) throw new ProgramExit(messages.badSerialRange(place(), low, high));
  if (low === 0n) throw new ProgramExit(messages.serialZero);
  serials.add(low, high);
}

/** Decimal, hexadecimal with 0x or octal with 0, as C reads numbers. */
function parseSerial(digits: string, shown: string, place: Place): bigint {
  if (!/^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(digits)) {
    throw new ProgramExit(messages.badSerialLine(place(), shown));
  }
  const serial = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (serial > lastSerial) throw new ProgramExit(messages.serialOutOfRange(place()));
  return serial;
}

/** A SHA-256 digest as fingerprints spell it, without padding. */
function parseHash(text: string, place: Place): Uint8Array {
  const [, digits] = /^SHA256:(.*)$/.exec(text) ?? [];
  if (digits === undefined) throw new ProgramExit(messages.badHashAlgorithm(place()));
  try {
    const digest = base64Decode(digits.padEnd(Math.ceil(digits.length / 4) * 4, '='));
    if (digest.length === sha256Bytes) return digest;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  throw new ProgramExit(messages.badHashLine(place(), keyFileReasons.malformed));
}

function keyOf(text: string, place: Place): AnyPublicLine['key'] {
  const found = tryPublicLine(text);
  if (found === undefined) throw new ProgramExit(messages.badKeyLine(place(), keyFileReasons.malformed));
  return found.key;
}

function plainOf(key: AnyPublicLine['key']): PublicKey {
  return isCertificate(key) ? key.key : key;
}
