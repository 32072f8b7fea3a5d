// Lists of revoked keys and certificates: KRLs (PROTOCOL.krl) and lines of keys are read, KRLs are made. A list that
// cannot be read or understood whole is an error, upon which whoever asks refuses every key.

import { createCryptoProvider } from '@sallyport/crypto';
import { encodeKrl } from '@sallyport/protocol/keys/krl/encode-krl';
import { decodeRevocationList } from '@sallyport/protocol/keys/krl/revocation-list';
import { Revocations } from '@sallyport/protocol/keys/krl/revocations';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { utf8Encode, utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { decoded, readKeyFile } from './decoded.ts';
import { type AnyKey, namedKey, publicHalfOf } from './public-keys.ts';
import { type PointInTime, secondsOf, serialOf } from './time.ts';

/** What a list says. */
export interface RevocationList {
  /** Whether the key is revoked; a certificate also by its key and by its authority's. */
  revokes(key: AnyKey): boolean;
}

/** The path of a list, which is read anew each time it is asked, or a list that was read. */
export type RevocationSource = string | RevocationList;

/** A list, a KRL or lines of keys. One that is empty or damaged anywhere is none. @throws KeyError `key-malformed` */
export function parseRevocationList(file: string | Uint8Array): RevocationList {
  return listOf('list of revoked keys', typeof file === 'string' ? utf8Encode(file) : file.slice());
}

/** The same for a file by its path. Rejects with KeyError `key-malformed` or `local-failed`. */
export async function readRevocationList(path: string): Promise<RevocationList> {
  return listOf(path, await readKeyFile(path));
}

function listOf(what: string, file: Uint8Array): RevocationList {
  const crypto = createCryptoProvider();
  const list = decoded(what, () => decodeRevocationList(file));
  return { revokes: (key) => list.revokes(crypto, publicHalfOf(key)) };
}

/** The lists of sources, those of paths as they are now. Rejects as readRevocationList() does. */
export async function openRevocationLists(
  sources: RevocationSource | readonly RevocationSource[] | undefined,
): Promise<RevocationList> {
  const given = sources === undefined ? [] : isSource(sources) ? [sources] : sources;
  const lists = await Promise.all(
    given.map(async (source) => (typeof source === 'string' ? await readRevocationList(source) : source)),
  );
  return { revokes: (key) => lists.some((list) => list.revokes(key)) };
}

function isSource(sources: RevocationSource | readonly RevocationSource[]): sources is RevocationSource {
  return !Array.isArray(sources);
}

export interface RevokedCertificates {
  /** Whose certificates: a line, or a key; without one everybody's. */
  readonly authority?: string | PrivateKey | PublicKey;
  /** Numbers, or ranges with both ends; 0 names none and is refused. */
  readonly serials?: readonly (number | bigint | { readonly from: number | bigint; readonly to: number | bigint })[];
  readonly keyIds?: readonly string[];
}

export interface RevocationListContent {
  /** Plain keys, and certificates by their serial number, or, without one, by their key id. */
  readonly keys?: readonly AnyKey[];
  readonly certificates?: readonly RevokedCertificates[];
  /** Should grow with each list; 0 unless told. */
  readonly version?: number | bigint;
  /** When it was made; now unless told. */
  readonly generated?: PointInTime;
  readonly comment?: string;
}

/** The file of a KRL. @throws RangeError for numbers that are none */
export function createRevocationList(content: RevocationListContent): Uint8Array {
  const { keys = [], certificates = [], version = 0, generated = new Date(), comment = '' } = content;
  const list = new Revocations();
  for (const key of keys) list.revoke(publicHalfOf(key));
  for (const { authority, serials = [], keyIds = [] } of certificates) {
    const part = list.certificatesOf(authority === undefined ? undefined : namedKey(authority));
    for (const range of serials) {
      const { from, to } = typeof range === 'object' ? range : { from: range, to: range };
      const [low, high] = [serialOf(from), serialOf(to)];
      if (low === 0n || low > high) throw new RangeError('serial numbers to revoke begin with 1, and end no earlier');
      part.serials.add(low, high);
    }
    for (const keyId of keyIds) part.keyIds.append(utf8EncodeReversibly(keyId));
  }
  return encodeKrl(list, { version: serialOf(version), generated: secondsOf(generated), comment });
}
