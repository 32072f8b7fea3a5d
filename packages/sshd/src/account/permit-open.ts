// PermitOpen and permitopen=: which destinations direct-tcpip may reach. A pattern is `host:port`, either of them
// `*`, with an IPv6 address in brackets; names are compared as they are written, as OpenSSH does.

/** Whether a destination matches one of the patterns. */
export function permitsOpen(patterns: readonly string[], host: string, port: number): boolean {
  return patterns.some((pattern) => matches(pattern, host, port));
}

function matches(pattern: string, host: string, port: number): boolean {
  const parts = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+)):(?<port>\*|\d+)$/.exec(pattern)?.groups;
  if (parts === undefined) return false;
  const wantedHost = parts['bracketed'] ?? parts['plain'];
  const hostFits = wantedHost === '*' || wantedHost === host;
  return hostFits && (parts['port'] === '*' || Number(parts['port']) === port);
}
