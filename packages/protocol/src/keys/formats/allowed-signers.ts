// allowed_signers: lines `principals [options] type base64`, which say whose signatures count for which principals,
// namespaces and times (ssh-keygen(1), ALLOWED SIGNERS). Lines with `cert-authority` speak for the certificates of a
// key. A line that is not understood counts for nothing and is told with the reason.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { equalBytes } from '../../wire/bytes.ts';
import { tryDecode } from '../../wire/decode-error.ts';
import { matchPattern, matchPatternList } from '../../wire/patterns.ts';
import { type LocalTimeConversion, parseCalendarTime, secondsOfCalendarTime } from '../calendar-time.ts';
import { type Certificate, isCertificate } from '../certificate.ts';
import { checkCertificate } from '../certificate-check.ts';
import type { PublicKey } from '../public-key.ts';
import { endOfKeyOptions, unknownOption, walkOptions } from './key-options.ts';
import { parseAnyPublicLine } from './public-line.ts';

export interface AllowedSigner {
  /** Pattern list. */
  readonly principals: string;
  readonly key: PublicKey | Certificate;
  readonly certAuthority: boolean;
  /** Pattern list; undefined: all. */
  readonly namespaces: string | undefined;
  /** Seconds since 1970, both included. */
  readonly validAfter: number | undefined;
  readonly validBefore: number | undefined;
}

type Options = Omit<AllowedSigner, 'principals' | 'key'>;
type Draft = { -readonly [K in keyof Options]: Options[K] };

export type AllowedSignersLine =
  /** Empty, a comment, or of other principals than were asked for. */
  | { readonly kind: 'passed-over' }
  | ({ readonly kind: 'entry' } & AllowedSigner)
  | { readonly kind: 'refused'; readonly reason: string };

export interface AllowedSignersQuestion {
  readonly localTime: LocalTimeConversion;
  /** When given, what stands behind the names of other lines is not looked at. */
  readonly principal?: string | undefined;
}

/** One line, with or without its end. */
export function parseAllowedSignersLine(
  line: string,
  { localTime, principal }: AllowedSignersQuestion,
): AllowedSignersLine {
  const text = line.replace(/^[ \t\r\n]+/, '').replace(/[\r\n]+$/, '');
  if (text === '' || text.startsWith('#')) return { kind: 'passed-over' };
  const [, quoted, plain, rest] = /^(?:"([^"]*)"|([^ \t"]\S*))[ \t]*([^]*)$/.exec(text) ?? [];
  const principals = quoted ?? plain;
  if (principals === undefined || rest === undefined) return refused('invalid line');
  if (principal !== undefined && matchPatternList(principal, principals) !== 'match') return { kind: 'passed-over' };
  if (rest === '') return refused('missing key');
  const bare = tryKey(rest);
  if (bare !== undefined) return { kind: 'entry', principals, key: bare, ...noOptions };
  const end = endOfKeyOptions(rest);
  if (end < 0) return refused('invalid options');
  const behind = rest.slice(end).trim();
  if (end === rest.length) return refused('missing key');
  const key = tryKey(behind);
  if (key === undefined) return refused('invalid key');
  const options = parseOptions(rest.slice(0, end), localTime);
  if (typeof options === 'string') return refused(`bad options: ${options}`);
  return { kind: 'entry', principals, key, ...options };
}

function refused(reason: string): AllowedSignersLine {
  return { kind: 'refused', reason };
}

function tryKey(text: string): PublicKey | Certificate | undefined {
  return tryDecode(() => parseAnyPublicLine(text).key);
}

const noOptions: Options = {
  certAuthority: false,
  namespaces: undefined,
  validAfter: undefined,
  validBefore: undefined,
};

/** The options, or what is wrong with them. */
function parseOptions(text: string, localTime: LocalTimeConversion): Options | string {
  const draft: Draft = { ...noOptions };
  const refusal = walkOptions(text, (word, value) => {
    if (word === 'cert-authority' && value === undefined) {
      draft.certAuthority = true;
      return undefined;
    }
    if (value === undefined) return unknownOption;
    if (word === 'namespaces') {
      if (draft.namespaces !== undefined) return 'multiple "namespaces" clauses';
      draft.namespaces = value;
      return undefined;
    }
    if (word === 'valid-after') return takeTime(draft, 'validAfter', { word, value, localTime });
    if (word === 'valid-before') return takeTime(draft, 'validBefore', { word, value, localTime });
    return unknownOption;
  });
  const { validAfter = 0, validBefore = Number.POSITIVE_INFINITY } = draft;
  return refusal ?? (validBefore < validAfter ? '"valid-before" time is before "valid-after"' : draft);
}

function takeTime(
  draft: Draft,
  name: 'validAfter' | 'validBefore',
  option: { readonly word: string; readonly value: string; readonly localTime: LocalTimeConversion },
): string | undefined {
  const { word, value, localTime } = option;
  if (draft[name] !== undefined) return `multiple "${word}" clauses`;
  const time = parseCalendarTime(value);
  if (time === undefined) return `invalid "${word}" time`;
  draft[name] = secondsOfCalendarTime(time, localTime);
  return undefined;
}

export interface SignatureUse {
  readonly key: PublicKey | Certificate;
  readonly principal: string;
  readonly namespace: string;
  /** Seconds since 1970 at which the signature should have been valid. */
  readonly time: number;
}

/** The line is about this key, but not at that time. */
export interface LifespanRefusal {
  readonly kind: 'not-yet-valid' | 'expired';
  readonly limit: number;
}

export type SignerVerdict =
  | { readonly kind: 'allowed' }
  /** The line speaks of another key or principal. */
  | { readonly kind: 'other' }
  /** The line is about this key, and forbids it. */
  | { readonly kind: 'namespace-refused' }
  | LifespanRefusal
  | { readonly kind: 'certificate-refused'; readonly reason: string };

/** What a line says of a signature whose maths is right. */
export function judgeSigner(crypto: CryptoProvider, line: AllowedSigner, use: SignatureUse): SignerVerdict {
  const { key, principal, namespace, time } = use;
  if (matchPatternList(principal, line.principals) !== 'match') return { kind: 'other' };
  if (!speaksOf(line, key)) return { kind: 'other' };
  if (line.certAuthority && isCertificate(key)) {
    const verdict = checkCertificate(crypto, { certificate: key, kind: 'user', principal, now: time });
    if (!verdict.ok) return { kind: 'certificate-refused', reason: verdict.reason };
  }
  if (line.namespaces !== undefined && matchPatternList(namespace, line.namespaces) !== 'match') {
    return { kind: 'namespace-refused' };
  }
  return outsideOfLifespan(line, time) ?? { kind: 'allowed' };
}

function outsideOfLifespan({ validAfter, validBefore }: AllowedSigner, time: number): LifespanRefusal | undefined {
  if (validAfter !== undefined && time < validAfter) return { kind: 'not-yet-valid', limit: validAfter };
  if (validBefore !== undefined && time > validBefore) return { kind: 'expired', limit: validBefore };
  return undefined;
}

/** Whether the line has this very key, or the authority of this certificate. */
function speaksOf(line: AllowedSigner, key: PublicKey | Certificate): boolean {
  if (!line.certAuthority) return equalBytes(line.key.blob, key.blob);
  return isCertificate(key) && equalBytes(plainBlob(line.key), key.authority.blob);
}

function plainBlob(key: PublicKey | Certificate): Uint8Array {
  return isCertificate(key) ? key.key.blob : key.blob;
}

export type PrincipalsFinding =
  | { readonly kind: 'found'; readonly principals: readonly string[] }
  | { readonly kind: 'other' }
  /** The certificate's authority is in the line, but it vouches for nobody there at that time. */
  | { readonly kind: 'none-valid' }
  | LifespanRefusal;

/** The principals of a line for a key; of a certificate those of its own that the line's patterns name. */
export function principalsOfSigner(
  crypto: CryptoProvider,
  line: AllowedSigner,
  { key, time }: Pick<SignatureUse, 'key' | 'time'>,
): PrincipalsFinding {
  if (!speaksOf(line, key)) return { kind: 'other' };
  const outside = outsideOfLifespan(line, time);
  if (outside !== undefined) return outside;
  const patterns = line.principals.split(',');
  if (!line.certAuthority || !isCertificate(key)) return { kind: 'found', principals: patterns };
  const verdict = checkCertificate(crypto, { certificate: key, kind: 'user', principal: undefined, now: time });
  const principals = verdict.ok
    ? key.principals.filter((name) => patterns.some((pattern) => matchPattern(name, pattern)))
    : [];
  return principals.length === 0 ? { kind: 'none-valid' } : { kind: 'found', principals };
}
