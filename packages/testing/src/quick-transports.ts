// What tests of transports have in common: pairs whose first exchange is over, by the quickest methods, what they send
// and what came of it.

import type { Role } from '@sallyport/protocol/algorithms/roles';
import { disconnect } from '@sallyport/protocol/messages/transport';
import type { TransportEvent } from '@sallyport/protocol/transport/events';
import type { ScriptedTransportPeer } from './scripted-transport-peer.ts';
import { TransportPair, type TransportPairOptions, testCrypto } from './transport-pair.ts';

export const roles: readonly Role[] = ['client', 'server'];
/** The quickest exchange, for tests that are about something else. */
export const quick = { keyExchanges: ['curve25519-sha256'], ciphers: ['aes128-gcm@openssh.com'] };

type EventOf<T extends TransportEvent['type']> = Extract<TransportEvent, { readonly type: T }>;

export function eventsOf<T extends TransportEvent['type']>(events: readonly TransportEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

/** CHANNEL_DATA by its number, and bytes that say where they stand. */
export function payload(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i === 0 ? 94 : (i * 7 + seed * 13) & 0xff));
}

export function established(options: TransportPairOptions = {}): TransportPair {
  const pair = new TransportPair(testCrypto(), { ...options, preferences: { ...quick, ...options.preferences } });
  pair.establish();
  return pair;
}

export function send(pair: TransportPair, from: Role, each: Uint8Array): void {
  pair.side(from).transport.perform({ type: 'send', payload: each });
}

export function codeOfEnd(event: TransportEvent | undefined): string | undefined {
  return event?.type === 'ended' ? event.failure.code : undefined;
}

/** The code with which the transport under test has ended, if it has. */
export function codeOf(peer: ScriptedTransportPeer): string | undefined {
  return codeOfEnd(peer.ended);
}

/** The reason of the DISCONNECT that the transport under test has sent, if it has. */
export function reasonSent(peer: ScriptedTransportPeer): number | undefined {
  const sent = peer.received.find((each) => each[0] === disconnect.number);
  return sent && disconnect.decode(sent).reason;
}
