// A server's certificate: how it is told, and whether it holds for the host by its own words. Whether its authority is
// trusted stands in the files of known hosts.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import { checkCertificate } from '@sallyport/protocol/keys/certificate-check';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import type { LogLevel } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import { certificateValidity } from '../shared/certificate-words.ts';
import { hostKeyMessages } from './messages.ts';

interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

/** What the log says of a key that a server presents. */
export function describeHostKey(key: PublicKey | Certificate, print: (key: PublicKey) => string): readonly Line[] {
  if (!isCertificate(key)) return [{ level: 'debug1', text: hostKeyMessages.debugKey(key.type, print(key)) }];
  const { authority, serial, keyId, principals, type } = key;
  const text = hostKeyMessages.debugCertificate({
    key: `${type} ${print(key.key)}`,
    serial,
    id: visible(keyId),
    authority: `${authority.type} ${print(authority)}`,
    validity: certificateValidity(key),
  });
  const names = principals.map((name) => hostKeyMessages.debugPrincipal(visible(name)));
  return [{ level: 'debug1', text }, ...names.map((name): Line => ({ level: 'debug2', text: name }))];
}

/** Why the certificate does not hold for the name now; undefined when it does. */
export function checkHostCertificate(
  crypto: CryptoProvider,
  certificate: Certificate,
  { name, authorityAlgorithms }: { readonly name: string; readonly authorityAlgorithms: readonly string[] | undefined },
): string | undefined {
  const now = Date.now() / 1000;
  const use = { certificate, kind: 'host', principal: name, now, authorityAlgorithms } as const;
  const verdict = checkCertificate(crypto, use);
  return verdict.ok ? undefined : verdict.reason;
}
