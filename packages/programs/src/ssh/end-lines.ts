// What ssh says when its connection ends against its will, in the words and at the levels of OpenSSH, by how far the
// connection had come. A session says more (session/run-session.ts); who was refused has heard it from the login.

import type { FailureCode } from '@sallyport/protocol/failure/catalogue';
import type { Failure } from '@sallyport/protocol/failure/failure';
import type { LogLevel } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import type { PeerDisconnect } from '@sallyport/protocol/transport/events';
import type { SocketAddress } from '@sallyport/system/socket-address';
import { errorText } from '@sallyport/system/system-error';
import type { ConnectionEnd } from './connection-port.ts';
import { endMessages } from './messages.ts';

export interface EndLine {
  readonly level: LogLevel;
  readonly text: string;
}

const applicationDisconnect = 11;

/** `peer` is undefined when the server is behind a proxy command. */
export function endLines(end: ConnectionEnd, peer: SocketAddress | undefined): readonly EndLine[] {
  const who = peer === undefined ? 'UNKNOWN port 65535' : `${peer.address} port ${peer.port}`;
  const isEarly = end.phase === 'identification';
  switch (end.cause.type) {
    case 'timed-out':
      return [error(endMessages.bannerTimeout), fatal(endMessages.timedOut(who))];
    case 'closed':
      return [...(isEarly ? [error(endMessages.closedEarly)] : []), fatal(endMessages.closedBy(who))];
    case 'lost': {
      const reason = errorText(codeOf(end.cause.error));
      return [...(isEarly ? [error(endMessages.lostEarly(reason))] : []), fatal(endMessages.resetBy(who))];
    }
    case 'failed':
      return failureLines(end.cause, { who, isEarly });
  }
}

const fatal = (text: string): EndLine => ({ level: 'fatal', text });
const error = (text: string): EndLine => ({ level: 'error', text });
const info = (text: string): EndLine => ({ level: 'info', text });

interface Failed {
  readonly failure: Failure;
  readonly disconnect?: PeerDisconnect;
}

function failureLines(
  { failure, disconnect }: Failed,
  { who, isEarly }: { readonly who: string; readonly isEarly: boolean },
): readonly EndLine[] {
  if (disconnect !== undefined) {
    const { reason, description } = disconnect;
    const level = reason === applicationDisconnect ? 'info' : 'error';
    const text = endMessages.received(who, reason, visible(description));
    return [{ level, text }, fatal(endMessages.disconnected(who))];
  }
  if (ownDecisions.includes(failure.code)) return [];
  if (failure.code === 'no-common-algorithm') {
    const offer = failure.details?.['theirs'];
    const list = Array.isArray(offer) ? offer.join(',') : '';
    return [fatal(endMessages.notNegotiated(who, failure.description, visible(list)))];
  }
  if (isEarly) return [fatal(endMessages.bannerFailed(who, failure.description))];
  const reason = corrupted.includes(failure.code) ? 'Connection corrupted' : failure.description;
  return [...beforeFailure(failure), fatal(endMessages.failed('ssh_dispatch_run_fatal', who, reason))];
}

/** Whoever decided so has told the user why. */
const ownDecisions: readonly FailureCode[] = ['closed', 'host-key-refused', 'authentication-failed', 'aborted'];
const corrupted: readonly FailureCode[] = ['packet-length-invalid', 'padding-invalid'];

/** Where OpenSSH says first what is wrong with the packet. */
function beforeFailure({ code, details }: Failure): readonly EndLine[] {
  if (code === 'mac-incorrect') return [info(endMessages.badMac)];
  if (code === 'padding-invalid') return [info(endMessages.badPadding)];
  if (code === 'packet-length-invalid')
    return [info(endMessages.badPacketLength(String(details?.['packetLength'] ?? '')))];
  return [];
}

function codeOf(cause: Error): string {
  return 'code' in cause ? String(cause.code) : 'EIO';
}
