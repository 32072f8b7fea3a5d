// Whether a certificate holds: the authority's signature, user or host, time, principal, and its options
// (PROTOCOL.certkeys) by the rules of OpenSSH 10.5, where a certificate without principals holds for nobody. Whether
// the authority is trusted, and what has been revoked, is the caller's to find out. Reasons are OpenSSH's words.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { matchNetworkList, matchPattern } from '../wire/patterns.ts';
import { Reader } from '../wire/reader.ts';
import { utf8DecodeReversibly } from '../wire/utf8.ts';
import {
  type Certificate,
  type CertificateKind,
  type CertificateOption,
  verifyCertificateSignature,
} from './certificate.ts';
import { certifiedPermissions, permissionExtensions } from './certificate-options.ts';
import { defaultKeyOptions, type KeyOptions, type KeyPermissions } from './formats/key-options.ts';

export interface CertificateUse {
  readonly certificate: Certificate;
  readonly kind: CertificateKind;
  /** Host name in lower case or account name; undefined only when the caller compares the principals itself. */
  readonly principal: string | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  /** What authorities may sign with (CASignatureAlgorithms); undefined: whatever is not refused everywhere. */
  readonly authorityAlgorithms?: readonly string[] | undefined;
}

export type CertificateVerdict =
  /** What the certificate allows and demands; for hosts the defaults. */
  { readonly ok: true; readonly options: KeyOptions } | { readonly ok: false; readonly reason: string };

type Draft = { -readonly [K in keyof KeyOptions]: KeyOptions[K] } & { permissions: KeyPermissions };
/** Gives back what is wrong with the value. */
type OptionReader = (draft: Draft, data: Uint8Array) => string | undefined;

const criticalOptions: ReadonlyMap<string, OptionReader> = new Map<string, OptionReader>([
  ['force-command', takeForcedCommand],
  ['source-address', takeSourceAddress],
  ['verify-required', flag((draft) => (draft.verifyRequired = true))],
]);

const extensions: ReadonlyMap<string, OptionReader> = new Map<string, OptionReader>([
  ['no-touch-required', flag((draft) => (draft.touchRequired = false))],
  ...certifiedPermissions.map((permission): [string, OptionReader] => [
    permissionExtensions[permission],
    flag(({ permissions }) => (permissions[permission] = true)),
  ]),
]);

/** The verdict on a certificate whose authority the caller trusts. */
export function checkCertificate(crypto: CryptoProvider, use: CertificateUse): CertificateVerdict {
  const { certificate, kind } = use;
  if (!verifyCertificateSignature(crypto, certificate)) return refused('Certificate invalid: incorrect signature');
  if (certificate.kind !== kind) return refused(`Certificate invalid: not a ${kind} certificate`);
  const now = BigInt(Math.trunc(use.now));
  if (now < certificate.validAfter) return refused('Certificate invalid: not yet valid');
  if (now >= certificate.validBefore) return refused('Certificate invalid: expired');
  if (certificate.principals.length === 0) return refused('Certificate lacks principal list');
  if (use.principal !== undefined && !certifiesPrincipal(certificate, use.principal)) {
    return refused('Certificate invalid: name is not a listed principal');
  }
  if (kind === 'host' && certificate.criticalOptions.length > 0) {
    return refused('Certificate contains unsupported critical options');
  }
  if (use.authorityAlgorithms?.includes(certificate.signatureAlgorithm) === false) {
    return refused('Certificate signed with disallowed algorithm');
  }
  return kind === 'host' ? { ok: true, options: defaultKeyOptions() } : readCertificateOptions(certificate);
}

/** Whether the name is a listed principal. Wildcards count in host certificates only. */
export function certifiesPrincipal({ kind, principals }: Certificate, name: string): boolean {
  return kind === 'host' ? principals.some((pattern) => matchPattern(name, pattern)) : principals.includes(name);
}

function refused(reason: string): CertificateVerdict {
  return { ok: false, reason };
}

/** The options of a user certificate; an unknown critical option refuses, an unknown extension is passed over. */
function readCertificateOptions(certificate: Certificate): CertificateVerdict {
  const draft: Draft = { ...defaultKeyOptions(), permissions: { ...noPermissions } };
  for (const option of certificate.criticalOptions) {
    const read = criticalOptions.get(option.name);
    const reason = read === undefined ? notSupported(option) : readOption(draft, option, read);
    if (reason !== undefined) return refused(reason);
  }
  for (const option of certificate.extensions) {
    const read = extensions.get(option.name);
    const reason = read && readOption(draft, option, read);
    if (reason !== undefined) return refused(reason);
  }
  return { ok: true, options: draft };
}

/** Tunnels have no extension: the line that names the authority decides about them. */
const noPermissions: KeyPermissions = {
  agentForwarding: false,
  portForwarding: false,
  x11Forwarding: false,
  pty: false,
  userRc: false,
  tunnel: true,
};

function notSupported({ name }: CertificateOption): string {
  return `Certificate critical option "${name}" is not supported`;
}

function readOption(draft: Draft, { name, data }: CertificateOption, read: OptionReader): string | undefined {
  try {
    return read(draft, data);
  } catch (error) {
    if (error instanceof DecodeError) return `Certificate option "${name}" corrupt (extra data)`;
    throw error;
  }
}

function flag(set: (draft: Draft) => void): OptionReader {
  return (draft, data) => {
    new Reader(data).end();
    set(draft);
    return undefined;
  };
}

function textOf(data: Uint8Array): string {
  const reader = new Reader(data);
  const bytes = reader.string();
  reader.end();
  if (bytes.includes(0)) throw new DecodeError('certificate option has a null character');
  return utf8DecodeReversibly(bytes);
}

function takeForcedCommand(draft: Draft, data: Uint8Array): string | undefined {
  if (draft.command !== undefined) return 'Certificate has multiple force-command options';
  draft.command = textOf(data);
  return undefined;
}

function takeSourceAddress(draft: Draft, data: Uint8Array): string | undefined {
  if (draft.sourceAddress !== undefined) return 'Certificate has multiple source-address options';
  draft.sourceAddress = textOf(data);
  return matchNetworkList(undefined, draft.sourceAddress) === 'invalid'
    ? 'Certificate source-address contents invalid'
    : undefined;
}

/**
 * What holds when a line of authorized_keys (or of a principals file) and a certificate both speak: the stricter of the
 * two. Gives back a refusal when both force a command and not the same.
 */
export function mergeKeyOptions(line: KeyOptions, certificate: KeyOptions): KeyOptions | { readonly refusal: string } {
  const commands = [line.command, certificate.command].filter((command) => command !== undefined);
  if (commands.length === 2 && commands[0] !== commands[1]) {
    return { refusal: 'forced command options do not match' };
  }
  const permissions = { ...line.permissions };
  for (const name of Object.keys(permissions) as (keyof KeyPermissions)[])
    permissions[name] &&= certificate.permissions[name];
  return {
    ...line,
    permissions,
    command: commands[0],
    sourceAddress: certificate.sourceAddress,
    touchRequired: line.touchRequired || certificate.touchRequired,
    verifyRequired: line.verifyRequired || certificate.verifyRequired,
  };
}
