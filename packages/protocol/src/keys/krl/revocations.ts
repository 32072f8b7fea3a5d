// What a key revocation list holds (PROTOCOL.krl): plain keys, digests of keys, and for each authority, or for all of
// them, serial numbers and key ids of certificates. Reading and writing the format is decode-krl.ts and encode-krl.ts.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { base64Encode } from '../../wire/base64.ts';
import { utf8EncodeReversibly } from '../../wire/utf8.ts';
import { type Certificate, isCertificate } from '../certificate.ts';
import type { PublicKey } from '../public-key.ts';
import { ByteStrings } from './byte-strings.ts';
import { SerialNumbers } from './serial-numbers.ts';

/** What one authority has revoked. */
export interface RevokedCertificates {
  /** undefined: whichever authority signed. */
  readonly authority: PublicKey | undefined;
  readonly serials: SerialNumbers;
  readonly keyIds: ByteStrings;
}

/** What stands at the head of a list. */
export interface KrlHeader {
  /** A number that should grow with each list. */
  readonly version: bigint;
  /** Seconds since 1970 at which it was made. */
  readonly generated: bigint;
  readonly comment: string;
}

export class Revocations {
  readonly header: KrlHeader;
  /** Blobs of plain keys. */
  readonly keys: ByteStrings;
  readonly sha1s: ByteStrings;
  readonly sha256s: ByteStrings;
  readonly #certificates = new Map<string, RevokedCertificates>();
  readonly #file: Uint8Array;
  /** The part that was asked for last: lists name the same authority a hundred thousand times. */
  #latest: RevokedCertificates | undefined;

  /** `file` is the list that is being read, whose entries are not copied; empty for a new list. */
  constructor(header: KrlHeader = { version: 0n, generated: 0n, comment: '' }, file: Uint8Array = new Uint8Array(0)) {
    this.header = header;
    this.#file = file;
    this.keys = new ByteStrings(file);
    this.sha1s = new ByteStrings(file);
    this.sha256s = new ByteStrings(file);
  }

  /** By authority, in the order in which they were first named. */
  get certificates(): Iterable<RevokedCertificates> {
    return this.#certificates.values();
  }

  /** The part of an authority, made when it is new. */
  certificatesOf(authority: PublicKey | undefined): RevokedCertificates {
    if (this.#latest !== undefined && this.#latest.authority === authority) return this.#latest;
    const name = nameOf(authority);
    const part = this.#certificates.get(name) ?? {
      authority,
      serials: new SerialNumbers(),
      keyIds: new ByteStrings(this.#file),
    };
    this.#certificates.set(name, part);
    this.#latest = part;
    return part;
  }

  /** Adds a plain key, or a certificate by its serial number; one without a number by its key id. */
  revoke(key: PublicKey | Certificate): void {
    if (!isCertificate(key)) {
      this.keys.append(key.blob);
      return;
    }
    const part = this.certificatesOf(key.authority);
    if (key.serial === 0n) part.keyIds.append(utf8EncodeReversibly(key.keyId));
    else part.serials.add(key.serial);
  }

  /** Whether the key is revoked; a certificate also by its plain key and by the key of its authority. */
  revokes(crypto: CryptoProvider, key: PublicKey | Certificate): boolean {
    if (!isCertificate(key)) return this.#revokesKey(crypto, key);
    if (this.#revokesKey(crypto, key.key) || this.#revokesKey(crypto, key.authority)) return true;
    return [key.authority, undefined].some((authority) => {
      const part = this.#certificates.get(nameOf(authority));
      return part !== undefined && revokesCertificate(part, key);
    });
  }

  #revokesKey(crypto: CryptoProvider, { blob }: PublicKey): boolean {
    if (this.sha1s.size > 0 && this.sha1s.has(crypto.digest('sha1', blob))) return true;
    if (this.sha256s.size > 0 && this.sha256s.has(crypto.digest('sha256', blob))) return true;
    return this.keys.has(blob);
  }
}

/** Certificates without a number all have 0, which therefore names none. */
function revokesCertificate({ serials, keyIds }: RevokedCertificates, { serial, keyId }: Certificate): boolean {
  return keyIds.has(utf8EncodeReversibly(keyId)) || (serial !== 0n && serials.has(serial));
}

function nameOf(authority: PublicKey | undefined): string {
  return authority === undefined ? '' : base64Encode(authority.blob);
}
