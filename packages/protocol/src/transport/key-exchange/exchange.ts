// One key exchange (RFC 4253 sections 7 to 9), of either role; it exists only while it runs. Messages and answers go
// in, steps for the transport come out: it seals, asks the owner and changes keys.

import { type Failure, failure } from '../../failure/failure.ts';
import { kexEcdhInit, kexEcdhReply } from '../../messages/key-exchange.ts';
import { type KexInit, kexInit, newKeys } from '../../messages/transport.ts';
import { equalBytes } from '../../wire/bytes.ts';
import { negotiationLines } from '../debug-lines.ts';
import type { DirectionKeys } from '../direction-keys.ts';
import type { TransportEvent } from '../events.ts';
import type { PeerMarkers } from '../strict.ts';
import { type Agreed, agree } from './agreement.ts';
import { hostKeySignatureIsRight, readHostKey } from './host-key.ts';
import type { Offer } from './methods/method.ts';
import { methodOf } from './methods/table.ts';
import { conclude, type Outcome, wipeOutcome } from './outcome.ts';
import { makeProposal } from './proposal.ts';
import { compressionsOf, type ExchangeContext, type Session } from './session.ts';

export type ExchangeStep =
  | { readonly type: 'continue'; readonly payloads: readonly Uint8Array[] }
  | { readonly type: 'ask'; readonly event: TransportEvent }
  | KeysMade
  | KeysTaken
  | { readonly type: 'failed'; readonly failure: Failure };

/** The payloads are sent, then NEWKEYS, then the keys are in force for sending. */
export interface KeysMade {
  readonly type: 'keys-made';
  readonly payloads: readonly Uint8Array[];
  readonly sendingKeys: DirectionKeys;
  readonly sendingCompression: string;
  readonly markers: PeerMarkers;
}

/** The peer's NEWKEYS came: the exchange is over. */
export interface KeysTaken {
  readonly type: 'keys-taken';
  readonly receivingKeys: DirectionKeys;
  readonly receivingCompression: string;
  readonly sendingCipher: string;
  readonly session: Session;
}

type State =
  | { readonly expects: 'kex-init' }
  | { readonly expects: 'client-value'; readonly agreed: Agreed; skipNext: boolean }
  | { readonly expects: 'server-value'; readonly agreed: Agreed; skipNext: boolean; readonly offer: Offer }
  | { readonly expects: 'verdict'; readonly outcome: Outcome }
  | { readonly expects: 'signature'; readonly outcome: Outcome; readonly serverValue: Uint8Array }
  | { readonly expects: 'new-keys'; readonly outcome: Outcome }
  | { readonly expects: 'nothing' };

const failed = (value: Failure): ExchangeStep => ({ type: 'failed', failure: value });
const unexpected = (): ExchangeStep => failed(failure('message-unexpected'));

export class Exchange {
  /** Our KEXINIT, to be sent at the start. */
  readonly ownKexInit: Uint8Array;
  readonly #context: ExchangeContext;
  readonly #proposal: KexInit;
  #state: State = { expects: 'kex-init' };

  constructor(context: ExchangeContext) {
    this.#context = context;
    const { crypto, session } = context;
    this.#proposal = makeProposal(crypto, { ...context, first: session === undefined });
    this.ownKexInit = kexInit.encode(this.#proposal);
  }

  get expects(): State['expects'] {
    return this.#state.expects;
  }

  /** What the peer's first KEXINIT said; undefined until it has come. */
  get markers(): PeerMarkers | undefined {
    const state = this.#state;
    if ('agreed' in state) return state.agreed.markers;
    return 'outcome' in state ? state.outcome.session.markers : this.#context.session?.markers;
  }

  /** A message of the key exchange. @throws DecodeError */
  receive(payload: Uint8Array, sequenceNumber: number): ExchangeStep {
    const state = this.#state;
    const number = payload[0] as number;
    if (number === kexInit.number) {
      return state.expects === 'kex-init' ? this.#receiveKexInit(payload, sequenceNumber) : unexpected();
    }
    if (number === newKeys.number) return this.#receiveNewKeys(payload);
    if (state.expects !== 'client-value' && state.expects !== 'server-value') return unexpected();
    if (state.skipNext) {
      state.skipNext = false;
      return { type: 'continue', payloads: [] };
    }
    if (state.expects === 'client-value' && number === kexEcdhInit.number) {
      return this.#respond(state.agreed, kexEcdhInit.decode(payload).clientValue);
    }
    if (state.expects === 'server-value' && number === kexEcdhReply.number) {
      return this.#verify(state.agreed, state.offer, payload);
    }
    return unexpected();
  }

  /** The owner accepts the host key. */
  acceptHostKey(): ExchangeStep {
    if (this.#state.expects !== 'verdict') throw new TypeError('no host key was offered');
    return this.#keysMade(this.#state.outcome, []);
  }

  /** The owner's signature over the exchange hash. */
  provideSignature(signature: Uint8Array): ExchangeStep {
    if (this.#state.expects !== 'signature') throw new TypeError('no signature is wanted');
    const { outcome, serverValue } = this.#state;
    const reply = kexEcdhReply.encode({ hostKey: outcome.session.hostKey, serverValue, signature });
    return this.#keysMade(outcome, [reply]);
  }

  /** Wipes what is not in force. */
  free(): void {
    const state = this.#state;
    this.#state = { expects: 'nothing' };
    if (state.expects === 'server-value') state.offer.free();
    if ('outcome' in state) wipeOutcome(state.outcome, state.expects === 'new-keys' ? 'receiving' : 'both');
  }

  #receiveKexInit(payload: Uint8Array, sequenceNumber: number): ExchangeStep {
    const { role, debug } = this.#context;
    debug('SSH2_MSG_KEXINIT received');
    const agreed = agree(this.#context, this.#proposal, { payload, sequenceNumber });
    if ('code' in agreed) return failed(agreed);
    const skipNext = agreed.wrongGuess;
    for (const line of negotiationLines(agreed.algorithms)) debug(line);
    debug(`expecting SSH2_MSG_KEX_ECDH_${role === 'server' ? 'INIT' : 'REPLY'}`);
    if (role === 'server') {
      this.#state = { expects: 'client-value', agreed, skipNext };
      return { type: 'continue', payloads: [] };
    }
    const offer = methodOf(agreed.row).offer(this.#context.crypto);
    this.#state = { expects: 'server-value', agreed, skipNext, offer };
    return { type: 'continue', payloads: [kexEcdhInit.encode({ clientValue: offer.value })] };
  }

  // The server's part.
  #respond(agreed: Agreed, clientValue: Uint8Array): ExchangeStep {
    const { crypto, hostKeys, debug } = this.#context;
    debug('SSH2_MSG_KEX_ECDH_INIT received');
    const algorithm = agreed.algorithms.hostKey;
    const hostKey = hostKeys.find((offered) => offered.algorithms.includes(algorithm))?.blob;
    if (hostKey === undefined) throw new TypeError('no host key of the negotiated algorithm');
    const response = methodOf(agreed.row).respond(crypto, clientValue);
    if (response === undefined) return this.#refuseValue();
    const { ownKexInit } = this;
    const { value: serverValue, secret } = response;
    const outcome = conclude(this.#context, agreed, { ownKexInit, hostKey, clientValue, serverValue, secret });
    this.#state = { expects: 'signature', outcome, serverValue };
    return { type: 'ask', event: { type: 'signature-wanted', algorithm, hostKey, data: outcome.hash } };
  }

  // The client's part: the secret, then the server's signature over the hash, then the owner's verdict about the key.
  #verify(agreed: Agreed, offer: Offer, payload: Uint8Array): ExchangeStep {
    const { crypto, session, debug } = this.#context;
    debug('SSH2_MSG_KEX_ECDH_REPLY received');
    const { ownKexInit } = this;
    const algorithm = agreed.algorithms.hostKey;
    const reply = kexEcdhReply.decode(payload);
    const key = readHostKey(algorithm, reply.hostKey);
    if ('code' in key) return failed(key);
    const secret = offer.agree(reply.serverValue);
    if (secret === undefined) return this.#refuseValue();
    offer.free();
    const hostKey = key.blob;
    const values = { ownKexInit, hostKey, clientValue: offer.value, serverValue: reply.serverValue, secret };
    const outcome = conclude(this.#context, agreed, values);
    this.#state = { expects: 'verdict', outcome };
    if (!hostKeySignatureIsRight(crypto, { key, algorithm, hash: outcome.hash, signature: reply.signature })) {
      return failed(failure('host-key-signature-incorrect'));
    }
    if (session !== undefined && equalBytes(session.hostKey, hostKey)) return this.#keysMade(outcome, []);
    const { algorithms } = outcome.session;
    const rekey = session !== undefined;
    const signature = reply.signature.slice();
    return { type: 'ask', event: { type: 'host-key-offered', algorithm, hostKey, signature, algorithms, rekey } };
  }

  #refuseValue(): ExchangeStep {
    return failed(failure('key-exchange-failed', 'invalid public value in key exchange'));
  }

  #keysMade(outcome: Outcome, payloads: readonly Uint8Array[]): ExchangeStep {
    this.#state = { expects: 'new-keys', outcome };
    const { sendingKeys, session } = outcome;
    const { sending } = compressionsOf(this.#context.role, session.algorithms);
    return { type: 'keys-made', payloads, sendingKeys, sendingCompression: sending, markers: session.markers };
  }

  #receiveNewKeys(payload: Uint8Array): ExchangeStep {
    if (this.#state.expects !== 'new-keys') return unexpected();
    newKeys.decode(payload);
    const { receivingKeys, sendingKeys, session } = this.#state.outcome;
    this.#state = { expects: 'nothing' };
    const { receiving } = compressionsOf(this.#context.role, session.algorithms);
    const sendingCipher = sendingKeys.cipher;
    return { type: 'keys-taken', receivingKeys, receivingCompression: receiving, sendingCipher, session };
  }
}
