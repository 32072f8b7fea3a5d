// Strict key exchange (PROTOCOL section 1.10), the answer to prefix truncation: its markers in the first KEXINIT, and
// the rule that KEXINIT is the first packet. That nothing else may come during the first exchange is in
// message-rules.ts, and that sequence numbers begin again with each NEWKEYS in transport.ts.

import type { Role } from '../algorithms/roles.ts';

const strictMarkers = {
  client: 'kex-strict-c-v00@openssh.com',
  server: 'kex-strict-s-v00@openssh.com',
} as const satisfies Readonly<Record<Role, string>>;

/** RFC 8308 section 2.1. */
const extensionMarkers = { client: 'ext-info-c', server: 'ext-info-s' } as const satisfies Readonly<
  Record<Role, string>
>;

/** The pseudo-algorithms that a role adds to its first list of key exchanges. */
export function markersOf(role: Role): string[] {
  return [extensionMarkers[role], strictMarkers[role]];
}

/** What the peer's first list of key exchanges says beside algorithms; a marker of the wrong role says nothing. */
export function readMarkers(peerRole: Role, keyExchanges: readonly string[]): PeerMarkers {
  return {
    strict: keyExchanges.includes(strictMarkers[peerRole]),
    acceptsExtensionInfo: keyExchanges.includes(extensionMarkers[peerRole]),
  };
}

export interface PeerMarkers {
  readonly strict: boolean;
  readonly acceptsExtensionInfo: boolean;
}

/** With strict key exchange the first packet of all is KEXINIT: its sequence number is 0. */
export function kexInitCameFirst(sequenceNumber: number): boolean {
  return sequenceNumber === 0;
}
