// Logins by certificate: one whose authority a line of authorized_keys names, or TrustedUserCAKeys. The principals are
// those of the line, of AuthorizedPrincipalsFile, of AuthorizedPrincipalsCommand, or the account's name. The strictest
// of line and certificate holds (PROTOCOL.certkeys).

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { checkCertificate, mergeKeyOptions } from '@sallyport/protocol/keys/certificate-check';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { KeyOptions } from '@sallyport/protocol/keys/formats/key-options';
import { defaultKeyOptions, endOfKeyOptions, parseKeyOptions } from '@sallyport/protocol/keys/formats/key-options';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { visible } from '@sallyport/protocol/log/log';
import type { NamedCertificate } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { AllowedKey } from './grant.ts';
import type { LoginAttempt } from './key-authority.ts';
import { keyGrant, optionsPermit } from './key-authority.ts';

const maximumLineLength = 8192;

export interface CertificateAttempt extends LoginAttempt {
  readonly crypto: CryptoProvider;
  /** CASignatureAlgorithms. */
  readonly authorityAlgorithms: readonly string[];
}

/** Says that a certificate is refused; always undefined. */
function refuse(certificate: Certificate, reason: string, where: Where): undefined {
  const { attempt, place } = where;
  attempt.log(stableLines.certificateRefused(named(certificate, attempt.crypto), reason, place && visible(place)));
}

interface Where {
  readonly attempt: CertificateAttempt;
  /** `FILE:LINE`; undefined where a file of authorities vouches. */
  readonly place?: string;
}

/** As log lines name it. */
export function named(certificate: Certificate, crypto: CryptoProvider): NamedCertificate {
  const { keyId, serial, authority } = certificate;
  return {
    keyId,
    serial,
    authority: { type: keyTypeLabel(authority.type), fingerprint: fingerprint(crypto, authority) },
  };
}

/** By a line of authorized_keys with `cert-authority` that names its authority. */
export function admitByLine(
  certificate: Certificate,
  line: { readonly options: KeyOptions; readonly place: string },
  attempt: CertificateAttempt,
): AllowedKey | undefined {
  const { options, place } = line;
  const where = { attempt, place };
  if (!optionsPermit(options, place, attempt)) {
    attempt.log({ level: 'error', text: `Refused by key options at ${visible(place)}` });
    return undefined;
  }
  const listed = options.principals?.split(',').filter((name) => name !== '');
  if (listed !== undefined && !certificate.principals.some((principal) => listed.includes(principal)))
    return refuse(certificate, 'Certificate does not contain an authorized principal', where);
  const principal = listed === undefined ? attempt.account.name : undefined;
  const merged = hold(certificate, { principal, others: options }, where);
  if (merged === undefined) return undefined;
  attempt.log(stableLines.certificateFound(named(certificate, attempt.crypto), visible(place)));
  return { grant: keyGrant(merged, attempt), place };
}

export interface Principals {
  /** Options of the line that lists one of the certificate's principals; undefined when no line does. */
  readonly options: KeyOptions | undefined;
}

/** By TrustedUserCAKeys. `principals` undefined: neither file nor command is configured, the account's name counts. */
export function admitByAuthority(
  certificate: Certificate,
  by: { readonly file: string; readonly principals: Principals | undefined },
  attempt: CertificateAttempt,
): AllowedKey | undefined {
  const { file, principals } = by;
  const where = { attempt };
  if (principals !== undefined && principals.options === undefined)
    return refuse(certificate, 'Certificate does not contain an authorized principal', where);
  const principal = principals === undefined ? attempt.account.name : undefined;
  const others = principals?.options;
  if (others !== undefined && (others.certAuthority || !optionsPermit(others, 'principals', attempt)))
    return refuse(certificate, 'Refused by certificate principals options', where);
  const merged = hold(certificate, { principal, others }, where);
  if (merged === undefined) return undefined;
  attempt.log(stableLines.certificateTrusted(named(certificate, attempt.crypto), visible(file)));
  return { grant: keyGrant(merged, attempt), place: file };
}

/** What holds of the certificate and the options beside it; undefined when it is refused, which has been said. */
function hold(
  certificate: Certificate,
  by: { readonly principal: string | undefined; readonly others: KeyOptions | undefined },
  where: Where,
): KeyOptions | undefined {
  const { attempt } = where;
  const { crypto, authorityAlgorithms } = attempt;
  const now = Math.floor(Date.now() / 1000);
  const { principal } = by;
  const verdict = checkCertificate(crypto, { certificate, kind: 'user', principal, now, authorityAlgorithms });
  if (!verdict.ok) return refuse(certificate, verdict.reason, where);
  if (!optionsPermit(verdict.options, 'cert', attempt))
    return refuse(certificate, 'Refused by certificate options', where);
  const merged = by.others === undefined ? verdict.options : mergeKeyOptions(by.others, verdict.options);
  return 'refusal' in merged ? refuse(certificate, merged.refusal, where) : merged;
}

/**
 * The options of the first line that lists one of the certificate's principals: `[options] principal` each
 * (sshd_config(5), AuthorizedPrincipalsFile).
 */
export function principalOptions(
  text: string,
  certificate: Certificate,
  where: { readonly place: string; readonly log: LoginAttempt['log'] },
): KeyOptions | undefined {
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line
      .replace(/\r$/, '')
      .replace(/^[ \t]+/, '')
      .replace(/[ \t]+$/, '');
    if (entry === '' || entry.startsWith('#') || entry.length > maximumLineLength) continue;
    const blank = Math.max(entry.lastIndexOf(' '), entry.lastIndexOf('\t'));
    if (!certificate.principals.includes(entry.slice(blank + 1))) continue;
    const options = optionsOf(entry.slice(0, Math.max(blank, 0)).trimEnd());
    const place = `${where.place}:${index + 1}`;
    if (!('refusal' in options)) {
      where.log({ level: 'debug3', text: `${visible(place)}: matched principal` });
      return options;
    }
    where.log({ level: 'error', text: `${visible(place)}: bad principals options: ${options.refusal}` });
  }
  return undefined;
}

/** Blanks outside quotes do not belong into options. */
function optionsOf(text: string): KeyOptions | { readonly refusal: string } {
  if (text === '') return defaultKeyOptions();
  return endOfKeyOptions(text) === text.length ? parseKeyOptions(text) : { refusal: 'unknown key option' };
}
