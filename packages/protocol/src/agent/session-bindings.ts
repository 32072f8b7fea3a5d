// Which hosts a connection to an agent leads through, as its clients have proved by session-bind@openssh.com, and what
// destination constraints allow on it (PROTOCOL.agent sections 1 and 2). A connection without a proof is a local one.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { type Certificate, decodeAnyKey, isCertificate } from '../keys/certificate.ts';
import { checkCertificate } from '../keys/certificate-check.ts';
import { type PublicKey, verifySignature } from '../keys/public-key.ts';
import { equalBytes } from '../wire/bytes.ts';
import { matchPattern } from '../wire/patterns.ts';
import type { DestinationConstraint, Hop } from './destinations.ts';
import { sessionBind } from './messages.ts';
import type { LoginRequest } from './signed-data.ts';

/** As in OpenSSH. */
export const maximumSessions = 16;

type HostKey = PublicKey | Certificate;

interface BoundSession {
  readonly hostKey: HostKey;
  readonly sessionId: Uint8Array;
  /** The agent is forwarded to that host; otherwise the connection serves the login there. */
  readonly isForwarding: boolean;
}

/** The hop that a signature is for, and the one it is asked from; both as the constraints name them. */
export interface Passage {
  readonly fromHost: string | undefined;
  readonly toHost: string;
}

export type Verdict =
  | { readonly allowed: true; readonly passage?: Passage }
  | { readonly allowed: false; readonly reason: string };

const refused = (reason: string): Verdict => ({ allowed: false, reason });

export class SessionBindings {
  readonly #crypto: CryptoProvider;
  readonly #unixTime: () => number;
  readonly #sessions: BoundSession[] = [];
  #wasAttempted = false;

  constructor({ crypto, unixTime }: { readonly crypto: CryptoProvider; readonly unixTime: () => number }) {
    this.#crypto = crypto;
    this.#unixTime = unixTime;
  }

  /** Whether the connection belongs to another host or claims to: it may not load code or tokens. */
  get isRemote(): boolean {
    return this.#wasAttempted;
  }

  /** Takes a binding; undefined when it stands, otherwise why it does not. @throws DecodeError */
  bind(contents: Uint8Array): string | undefined {
    this.#wasAttempted = true;
    const { hostKey: blob, sessionId, signature, isForwarding } = sessionBind.decode(contents);
    const hostKey = decodeAnyKey(blob);
    const key = isCertificate(hostKey) ? hostKey.key : hostKey;
    if (!verifySignature(this.#crypto, { key, data: sessionId, signature })) return 'signature does not verify';
    for (const known of this.#sessions) {
      if (!known.isForwarding) return 'connection is bound for an authentication already';
      if (!equalBytes(known.sessionId, sessionId)) continue;
      return equalBytes(known.hostKey.blob, blob) ? undefined : 'session identifier is bound to another key';
    }
    if (this.#sessions.length >= maximumSessions) return 'too many sessions';
    this.#sessions.push({ hostKey, sessionId: sessionId.slice(), isForwarding });
    return undefined;
  }

  /** Whether a key with these constraints is there at all for who is on the connection. */
  permitsListing(destinations: readonly DestinationConstraint[] | undefined): boolean {
    return this.#permits(destinations, undefined).allowed;
  }

  /** Whether it may sign these data: only a login on the host that the connection was last bound to. */
  permitsSigning(
    destinations: readonly DestinationConstraint[] | undefined,
    request: LoginRequest | undefined,
  ): Verdict {
    if (destinations === undefined) return { allowed: true };
    const last = this.#sessions.at(-1);
    if (last === undefined) return refused('connection is not bound to a host');
    if (request === undefined) return refused('data is no login');
    const verdict = this.#permits(destinations, request.user);
    if (!verdict.allowed) return verdict;
    if (!equalBytes(request.sessionId, last.sessionId)) return refused('login belongs to another session');
    if (request.hostKey === undefined && this.#sessions.length > 1) return refused('forwarded login names no host key');
    if (request.hostKey !== undefined && !equalBytes(request.hostKey, last.hostKey.blob)) {
      return refused('login names another host key');
    }
    return verdict;
  }

  /** Every hop so far must be allowed; with a user, the last one must be the login that is asked for. */
  #permits(destinations: readonly DestinationConstraint[] | undefined, user: string | undefined): Verdict {
    if (destinations === undefined) return { allowed: true };
    const last = this.#sessions.at(-1);
    if (last === undefined) return this.#wasAttempted ? refused('a binding failed before') : { allowed: true };
    let from: HostKey | undefined;
    let found: DestinationConstraint | undefined;
    for (const session of this.#sessions) {
      const isLast = session === last;
      if (isLast && session.isForwarding && user !== undefined) return refused('login on a forwarding hop');
      if (!isLast && !session.isForwarding) return refused('forwarding behind a login');
      found = this.#find(destinations, { from, to: session.hostKey, user: isLast ? user : undefined });
      if (found === undefined) return refused('no constraint allows this destination');
      from = session.hostKey;
    }
    // A key that may be used to log in on a host is hidden there when it may go no further.
    if (last.isForwarding && user === undefined && this.#find(destinations, { from: last.hostKey }) === undefined) {
      return refused('no constraint leads beyond this host');
    }
    return found === undefined
      ? { allowed: true }
      : { allowed: true, passage: { fromHost: found.from?.host, toHost: found.to.host } };
  }

  #find(
    destinations: readonly DestinationConstraint[],
    hop: { readonly from: HostKey | undefined; readonly to?: HostKey; readonly user?: string | undefined },
  ): DestinationConstraint | undefined {
    const { from, to, user } = hop;
    return destinations.find((constraint) => {
      if (from === undefined ? constraint.from !== undefined : !this.#isHost(from, constraint.from)) return false;
      if (to !== undefined && !this.#isHost(to, constraint.to)) return false;
      const pattern = constraint.to.user;
      return pattern === undefined || user === undefined || matchPattern(user, pattern);
    });
  }

  #isHost(key: HostKey, hop: Hop | undefined): boolean {
    if (hop === undefined) return false;
    if (!isCertificate(key)) return hop.keys.some((one) => !one.isAuthority && equalBytes(one.key, key.blob));
    const isTrusted = hop.keys.some((one) => one.isAuthority && equalBytes(one.key, key.authority.blob));
    if (!isTrusted) return false;
    const use = { certificate: key, kind: 'host', principal: hop.host.toLowerCase(), now: this.#unixTime() } as const;
    return checkCertificate(this.#crypto, use).ok;
  }
}
