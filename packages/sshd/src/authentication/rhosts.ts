// Lines of shosts.equiv and .shosts, `[-]host [user]`, for hostbased logins (rhosts(5), RFC 4252 section 9). Wildcards
// and netgroups are passed over: they would let in hosts that nobody named.

export interface TrustedPeer {
  /** Names or addresses of the client's host. */
  readonly hosts: readonly string[];
  readonly clientUser: string;
  /** The account that it wants to log in to. */
  readonly user: string;
}

const maximumLineLength = 1024;

/** Whether the first line that names the client lets it in. */
export function trustsPeer(text: string, { hosts, clientUser, user }: TrustedPeer): boolean {
  const names = hosts.map((host) => host.toLowerCase());
  for (const line of text.split('\n')) {
    if (line.length > maximumLineLength) continue;
    const [host = '', lineUser = user] = line.trim().split(/[ \t]+/);
    if (host === '' || host.startsWith('#') || host === 'NO_PLUS') continue;
    const isRefusal = host.startsWith('-') || lineUser.startsWith('-');
    const name = host.replace(/^[-+](?=.)/, '');
    const wantedUser = lineUser.replace(/^[-+](?=.)/, '');
    // `+` alone, `+@group` and `@group`.
    if (name === '+' || wantedUser === '+' || name.startsWith('@') || wantedUser.startsWith('@')) continue;
    if (!names.includes(name.toLowerCase()) || wantedUser !== clientUser) continue;
    return !isRefusal;
  }
  return false;
}
