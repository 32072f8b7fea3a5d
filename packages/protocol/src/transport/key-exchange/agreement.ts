// What comes of the peer's KEXINIT (RFC 4253 section 7.1): the negotiated algorithms, the markers of the first one, and
// the rule of strict key exchange that it is the first packet (PROTOCOL section 1.10).

import { findKeyExchange, type KeyExchangeRow } from '../../algorithms/key-exchanges.ts';
import { type Failure, failure } from '../../failure/failure.ts';
import { type KexInit, kexInit } from '../../messages/transport.ts';
import type { NegotiatedAlgorithms } from '../events.ts';
import { kexInitCameFirst, type PeerMarkers, readMarkers } from '../strict.ts';
import { negotiate } from './negotiation.ts';
import type { ExchangeContext } from './session.ts';

export interface Agreed {
  readonly row: KeyExchangeRow;
  readonly algorithms: NegotiatedAlgorithms;
  readonly markers: PeerMarkers;
  /** A copy of the payload, for the exchange hash. */
  readonly peerKexInit: Uint8Array;
  /** The peer guessed wrong: its next key exchange packet is to be skipped. */
  readonly wrongGuess: boolean;
}

export interface ReceivedKexInit {
  readonly payload: Uint8Array;
  readonly sequenceNumber: number;
}

/** @throws DecodeError */
export function agree(context: ExchangeContext, own: KexInit, received: ReceivedKexInit): Agreed | Failure {
  const { role, session } = context;
  const peer = kexInit.decode(received.payload);
  const markers = session?.markers ?? readMarkers(role === 'client' ? 'server' : 'client', peer.keyExchanges);
  if (session === undefined && markers.strict && !kexInitCameFirst(received.sequenceNumber)) {
    return failure('strict-violation', 'strict KEX violation: KEXINIT was not the first packet');
  }
  const agreement = negotiate({ role, own, peer });
  if ('code' in agreement) return agreement;
  const { algorithms, wrongGuess } = agreement;
  const row = findKeyExchange(algorithms.keyExchange);
  if (row === undefined) throw new TypeError('key exchange is not in the table');
  const peerKexInit = received.payload.slice();
  return { row, algorithms: { ...algorithms, strict: markers.strict }, markers, peerKexInit, wrongGuess };
}
