// The verdict on a server's certificate by lines of known_hosts: whether its authority is one for the host, whether it
// or its key is revoked there, and whether it holds for the name. A host on another port than 22 is looked up without
// its port as well, as OpenSSH does. What a certificate that is not trusted means for its plain key is the caller's.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import type { Certificate } from './certificate.ts';
import { checkCertificate } from './certificate-check.ts';
import {
  type HostCertificateFinding,
  type KnownHostsLine,
  knownHostsName,
  linesOfHost,
  lookUpHostAuthority,
} from './formats/known-hosts.ts';

const defaultPort = 22;

export interface HostCertificateUse {
  /** The name or its alias, which goes with port 22. */
  readonly host: string;
  readonly port: number;
  readonly certificate: Certificate;
  /** Seconds since 1970. */
  readonly now: number;
  readonly authorityAlgorithms?: readonly string[] | undefined;
}

export interface HostCertificateVerdict {
  /** `refused`: the authority is trusted, but the certificate does not hold; `reason` is in OpenSSH's words. */
  readonly status: HostCertificateFinding['status'] | 'refused';
  /** The line about the authority, or the @revoked one. */
  readonly line: KnownHostsLine | undefined;
  /** Whether the name was looked up without its port too. */
  readonly withoutPort: boolean;
  readonly reason?: string;
}

export function judgeHostCertificate(
  crypto: CryptoProvider,
  lines: readonly KnownHostsLine[],
  use: HostCertificateUse,
): HostCertificateVerdict {
  const { host, port, certificate, now, authorityAlgorithms } = use;
  const first = lookUpHostAuthority(crypto, lines, { host, port, certificate });
  const withoutPort = first.status === 'unknown' && port !== defaultPort;
  const { status, line } = withoutPort
    ? lookUpHostAuthority(crypto, lines, { host, port: defaultPort, certificate })
    : first;
  if (status !== 'trusted') return { status, line, withoutPort };
  const principal = host.toLowerCase();
  const verdict = checkCertificate(crypto, { certificate, kind: 'host', principal, now, authorityAlgorithms });
  if (verdict.ok) return { status, line, withoutPort };
  return { status: 'refused', line, withoutPort, reason: verdict.reason };
}

/** Whether some line names an authority for the host, so that its certificates are worth asking for. */
export function hasHostAuthority(
  crypto: CryptoProvider,
  lines: readonly KnownHostsLine[],
  { host, port }: Pick<HostCertificateUse, 'host' | 'port'>,
): boolean {
  return [...new Set([port, defaultPort])].some((on) =>
    linesOfHost(crypto, lines, knownHostsName(host, on)).some(({ marker }) => marker === 'cert-authority'),
  );
}
