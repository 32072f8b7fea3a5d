// Certificates of users and hosts (PROTOCOL.certkeys): an authority signs them, and the verdict whether one holds. What
// they allow and demand is a typed object both ways; the bytes inside are the protocol package's.

import { createCryptoProvider } from '@sallyport/crypto';
import {
  buildCertificate,
  type Certificate,
  type CertificateKind,
  type CertificateOption,
  verifyCertificateSignature,
} from '@sallyport/protocol/keys/certificate';
import * as check from '@sallyport/protocol/keys/certificate-check';
import {
  type CertifiedPermission,
  certifiedPermissions,
  encodeCertificateOption,
  permissionExtensions,
} from '@sallyport/protocol/keys/certificate-options';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { isForConversion } from '@sallyport/protocol/keys/types/table';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { matchNetworkList } from '@sallyport/protocol/wire/patterns';
import { KeyError } from '../errors.ts';
import { type AnyKey, namedKey, plainKeyOf } from './public-keys.ts';
import type { RevocationList } from './revocation.ts';
import { prepareSigner, type Signer } from './signer.ts';
import { type PointInTime, secondsOf, serialOf } from './time.ts';

/** What a session of a user certificate may ask for: `pty`, `portForwarding`, `agentForwarding` … */
export type CertificatePermissions = Readonly<Record<CertifiedPermission, boolean>>;

/** What a user certificate allows and demands. */
export interface CertificateRights {
  /** Runs instead of whatever is asked for. */
  readonly forceCommand: string | undefined;
  /** Addresses and networks in CIDR form from which alone it holds; undefined: from everywhere. */
  readonly sourceAddresses: readonly string[] | undefined;
  readonly permissions: CertificatePermissions;
  /** Of keys in tokens: somebody must touch it for each signature, and must show who he is (PIN, finger). */
  readonly touchRequired: boolean;
  readonly verifyRequired: boolean;
}

/** Rights that are not named are as ssh-keygen has them: all permissions, from everywhere, with a touch. */
export type WantedRights = Partial<Omit<CertificateRights, 'permissions'>> & {
  readonly permissions?: Partial<CertificatePermissions>;
};

export interface CertificateRequest {
  readonly kind: CertificateKind;
  /** What is certified; of a certificate or a private key the plain public key. */
  readonly key: AnyKey;
  /** Tells the certificate in logs: a person, a host. */
  readonly keyId: string;
  /** Accounts, or host names (`*` and `?` match there), at least one: without it a certificate holds for nobody. */
  readonly principals: readonly string[];
  /** From then on it has expired: a Date, seconds since 1970, or Infinity. */
  readonly validBefore: PointInTime;
  /** A minute ago unless told, for clocks that differ. */
  readonly validAfter?: PointInTime;
  /** The authority's own numbering, by which it may be revoked; 0, which is none, unless told. */
  readonly serial?: number | bigint;
  /** Of a user certificate. */
  readonly rights?: WantedRights;
  /** Others than OpenSSH's, by name: `{ 'login@example.com': 'me' }`. Who does not know one passes it over. */
  readonly extensions?: Readonly<Record<string, string>>;
}

const skewSeconds = 60;

/**
 * Has the authority sign a certificate; formatPublicKey() makes its line. Rejects with KeyError `signing-refused` when
 * an agent does not sign, `key-unsupported` for keys that cannot, TypeError or RangeError for a request that makes no
 * sense.
 */
export async function createCertificate(authority: Signer, request: CertificateRequest): Promise<Certificate> {
  const { kind, principals, keyId, rights, extensions = {} } = request;
  const key = plainKeyOf(request.key);
  if (isForConversion(key.type)) throw new KeyError('key-unsupported', `keys of type ${key.type} are not certified`);
  const names = [keyId, ...principals, ...Object.keys(extensions), rights?.forceCommand ?? ''];
  if (names.some((name) => name.includes('\0'))) throw new TypeError('a name has a null character');
  if (principals.length === 0 || principals.includes('')) throw new TypeError('a certificate needs principals');
  if (kind === 'host' && rights !== undefined) throw new TypeError('rights are for user certificates');
  const validAfter = secondsOf(request.validAfter ?? Math.max(Date.now() / 1000 - skewSeconds, 0));
  const validBefore = secondsOf(request.validBefore);
  if (validBefore <= validAfter) throw new RangeError('a certificate must begin before it ends');
  const options = kind === 'user' ? optionsOf(rights ?? {}) : { criticalOptions: [], extensions: [] };
  const others = Object.entries(extensions).map(([name, value]) => encodeCertificateOption(name, value));
  const content = {
    key,
    kind,
    keyId,
    principals,
    validAfter,
    validBefore,
    serial: serialOf(request.serial ?? 0),
    criticalOptions: options.criticalOptions,
    extensions: [...options.extensions, ...others],
  };
  const crypto = createCryptoProvider();
  const { signer } = prepareSigner(authority);
  const certificate = await buildCertificate(crypto, content, { signer });
  if (!verifyCertificateSignature(crypto, certificate)) {
    throw new KeyError('signing-refused', 'the authority made a signature that is wrong');
  }
  return certificate;
}

function optionsOf(rights: WantedRights): Record<'criticalOptions' | 'extensions', CertificateOption[]> {
  const { forceCommand, sourceAddresses, permissions = {}, touchRequired = true, verifyRequired = false } = rights;
  if (forceCommand === '') throw new TypeError('a forced command is empty');
  const sources = sourceAddresses?.join(',');
  if (sources !== undefined && (sources === '' || matchNetworkList(undefined, sources) === 'invalid')) {
    throw new TypeError('source addresses are not a list of addresses and networks');
  }
  const critical = [
    ...(forceCommand === undefined ? [] : [encodeCertificateOption('force-command', forceCommand)]),
    ...(sources === undefined ? [] : [encodeCertificateOption('source-address', sources)]),
    ...(verifyRequired ? [encodeCertificateOption('verify-required')] : []),
  ];
  const permitted = certifiedPermissions.filter((name) => permissions[name] ?? true);
  const names = [
    ...permitted.map((name) => permissionExtensions[name]),
    ...(touchRequired ? [] : ['no-touch-required']),
  ];
  return { criticalOptions: critical, extensions: names.map((name) => encodeCertificateOption(name)) };
}

export interface CertificateUse {
  readonly kind: CertificateKind;
  /** The account or host name that it is used for; of several one must be listed. */
  readonly principal: string | readonly string[];
  /** Who is trusted to sign: public key lines or keys. */
  readonly authorities: readonly (string | PrivateKey | PublicKey)[];
  /** Now unless told. */
  readonly at?: PointInTime;
  /** Where the user comes from; without it a certificate that is tied to addresses is refused. */
  readonly address?: string | undefined;
  readonly revoked?: RevocationList | undefined;
}

/**
 * What a certificate allows, if it holds: signed by one of the authorities, not revoked, of that kind, within its time,
 * for that principal and address, and without a critical option that is unknown here. It proves nothing about who
 * presents it: that is the signature by its key.
 * @throws KeyError `certificate-refused` when it does not hold; the message says why
 */
export function checkCertificate(certificate: Certificate, use: CertificateUse): CertificateRights {
  const trusted = use.authorities.some((line) => equalBytes(namedKey(line).blob, certificate.authority.blob));
  if (!trusted) return refuse('Certificate invalid: its authority is not trusted');
  if (use.revoked?.revokes(certificate) === true) return refuse('Certificate invalid: revoked');
  const verdict = verdictOn(certificate, use);
  if (!verdict.ok) return refuse(verdict.reason);
  const { command, sourceAddress, permissions, touchRequired, verifyRequired } = verdict.options;
  if (sourceAddress !== undefined) {
    const isFrom = use.address !== undefined && matchNetworkList(use.address, sourceAddress) === true;
    if (!isFrom) return refuse('Certificate invalid: not for use from this address');
  }
  const { tunnel: _, ...permitted } = permissions;
  return {
    forceCommand: command,
    sourceAddresses: sourceAddress?.split(','),
    permissions: permitted,
    touchRequired,
    verifyRequired,
  };
}

function verdictOn(
  certificate: Certificate,
  { kind, principal, at = new Date() }: CertificateUse,
): check.CertificateVerdict {
  const names = (typeof principal === 'string' ? [principal] : principal).filter((name) => name !== '');
  const wanted = kind === 'host' ? names.map((name) => name.toLowerCase()) : names;
  const name = wanted.find((one) => check.certifiesPrincipal(certificate, one)) ?? wanted[0];
  if (name === undefined) return { ok: false, reason: 'Certificate invalid: name is not a listed principal' };
  const now = Number(secondsOf(at));
  return check.checkCertificate(createCryptoProvider(), { certificate, kind, principal: name, now });
}

function refuse(reason: string): never {
  throw new KeyError('certificate-refused', reason);
}
