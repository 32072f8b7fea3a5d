// Certificates of the user (ssh_config(5), CertificateFile): those that are named, and without any named those that lie
// beside the identity files. A certificate signs with its key, wherever that is: in a file, an agent or a token.

import { isProblem } from '@sallyport/protocol/config/config-error';
import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { loadKeyFailed } from '../shared/messages.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import type { IdentityOptions } from './identity-options.ts';
import type { CandidateKey } from './login/candidate-key.ts';
import { loginMessages } from './messages.ts';

export interface UserCertificate {
  /** The file, as it was named. */
  readonly name: string;
  readonly isExplicit: boolean;
  readonly certificate: Certificate;
}

/** The certificates of CertificateFile. */
export function namedCertificates(given: IdentityOptions): UserCertificate[] {
  const { options, expansion } = given.plan;
  return (options.CertificateFile ?? []).flatMap((name) => {
    if (name.toLowerCase() === 'none') return [];
    const path = expandValue('CertificateFile', name, expansion);
    if (isProblem(path)) {
      given.log('error', loadKeyFailed(name, path.problem));
      return [];
    }
    const found = certificateIn(path, given);
    given.log('debug1', loginMessages.debugCertificateFile(path, found !== undefined));
    return found === undefined ? [] : [{ name: path, isExplicit: true, certificate: found }];
  });
}

/** The certificate that lies beside an identity file, as `FILE-cert.pub`, when none is named. */
export function certificateBeside(
  file: { readonly path: string; readonly isExplicit: boolean },
  given: IdentityOptions,
): UserCertificate | undefined {
  if (given.plan.options.CertificateFile !== undefined) return undefined;
  const path = `${file.path}-cert`;
  const certificate = certificateIn(path, given);
  given.log('debug1', loginMessages.debugIdentityFile(path, certificate !== undefined));
  return certificate && { name: file.path, isExplicit: file.isExplicit, certificate };
}

/** The certificate of a file for users; undefined when there is none. */
function certificateIn(path: string, given: IdentityOptions): Certificate | undefined {
  try {
    const { key } = loadPublicKey(path);
    return isCertificate(key) && isForUsers(key, path, given) ? key : undefined;
  } catch (error) {
    if (error instanceof KeyFileError) return undefined;
    throw error;
  }
}

/** Whether a certificate may be offered; one for hosts is told and left out. */
export function isForUsers(
  { kind }: Pick<Certificate, 'kind'>,
  path: string,
  { log }: Pick<IdentityOptions, 'log'>,
): boolean {
  if (kind === 'host') log('debug1', loginMessages.debugNotUserCertificate(path));
  return kind === 'user';
}

/** A certificate as something to offer; undefined when none of the keys is its own. */
export function certificateCandidate(
  { name, isExplicit, certificate }: UserCertificate,
  keys: readonly CandidateKey[],
  { log }: Pick<IdentityOptions, 'log'>,
): CandidateKey | undefined {
  const own = keys.find(({ publicKey }) => equalBytes(publicKey, certificate.key.blob));
  if (own === undefined) {
    log('debug1', loginMessages.debugNoPrivateKey(name));
    return undefined;
  }
  return { ...own, name, isExplicit, publicKey: certificate.blob };
}
