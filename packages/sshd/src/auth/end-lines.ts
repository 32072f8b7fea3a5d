// What sshd writes when a connection ends before it is authenticated: OpenSSH's words for each way to end, which
// fail2ban and its like count.

import type { Failure } from '@sallyport/protocol/failure/failure';
import type { LogLine, PeerName } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';

export type Ended = Extract<ServerStackEvent, { readonly type: 'ended' }>;

export function endLines({ failure: why, disconnect }: Omit<Ended, 'protocol' | 'type'>, peer: PeerName): LogLine[] {
  if (disconnect !== undefined) {
    const { reason, description } = disconnect;
    return [stableLines.receivedDisconnect(peer, reason, description), stableLines.disconnected(peer)];
  }
  switch (why.code) {
    case 'connection-lost':
      return [stableLines.connectionClosed(peer)];
    case 'too-many-authentication-failures':
      return [stableLines.tooManyFailures(peer), stableLines.disconnecting(peer, why.description)];
    case 'identification-invalid':
    case 'identification-too-long':
      return [stableLines.invalidIdentification(peer)];
    case 'protocol-version-unsupported':
      return [stableLines.versionsDiffer(2, 1), stableLines.versionUnreadable(peer)];
    case 'no-common-algorithm':
      return [stableLines.cannotNegotiate(peer, String(why.details?.['what'] ?? 'algorithm'), offerOf(why))];
    case 'mac-incorrect':
    case 'message-malformed':
    case 'padding-invalid':
    case 'key-exchange-failed':
      return [stableLines.fatal(peer, why.description)];
    default:
      return [stableLines.disconnecting(peer, why.description)];
  }
}

function offerOf(why: Failure): readonly string[] {
  const offer = why.details?.['theirs'];
  return Array.isArray(offer) ? (offer as readonly string[]) : [];
}
