// The messages of the transport itself, between bytes and events: DISCONNECT, DEBUG, EXT_INFO, UNIMPLEMENTED, PING and
// PONG (RFC 4253 section 11, RFC 8308 section 2.3, PROTOCOL section 1.9). Everything in an event is a copy.

import { disconnectReasonOf, type Failure, failure } from '../failure/failure.ts';
import * as messages from '../messages/transport.ts';
import type { PeerDisconnect, TransportEvent } from './events.ts';
import { decodeExtensionInfo } from './extension-info.ts';
import { maximumDisconnectText } from './limits.ts';

export { encodeExtensionInfo } from './extension-info.ts';

/** The DISCONNECT for a failure; undefined when the peer is not told. */
export function encodeDisconnect(value: Failure): Uint8Array | undefined {
  const reason = disconnectReasonOf(value);
  return reason && messages.disconnect.encode({ reason, description: value.description, language: '' });
}

/** @throws DecodeError */
export function decodeDisconnect(payload: Uint8Array): PeerDisconnect {
  const { reason, description } = messages.disconnect.decode(payload);
  return { reason, description: description.slice(0, maximumDisconnectText) };
}

export function endedByPeer(disconnect: PeerDisconnect): TransportEvent {
  return { type: 'ended', failure: failure('disconnected-by-peer'), disconnect };
}

/** @throws DecodeError */
export function debugEvent(payload: Uint8Array): TransportEvent {
  const { alwaysDisplay, text } = messages.debug.decode(payload);
  return { type: 'debug-received', alwaysDisplay, text };
}

/** @throws DecodeError */
export function extensionsEvent(payload: Uint8Array): TransportEvent {
  return { type: 'extensions-received', extensions: decodeExtensionInfo(payload) };
}

export function encodeUnimplemented(sequenceNumber: number): Uint8Array {
  return messages.unimplemented.encode({ sequenceNumber });
}

export function encodePing(data: Uint8Array): Uint8Array {
  return messages.ping.encode({ data });
}

/** The answer to a PING. @throws DecodeError */
export function encodePong(ping: Uint8Array): Uint8Array {
  return messages.pong.encode({ data: messages.ping.decode(ping).data });
}

/** @throws DecodeError */
export function pongEvent(payload: Uint8Array): TransportEvent {
  return { type: 'pong-received', data: messages.pong.decode(payload).data.slice() };
}
