// One key exchange (RFC 4253 sections 7 to 9), of either role; it exists only while it runs. Messages and answers go
// in, steps for the transport come out: it seals, asks the owner and changes keys.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import type { KeyExchangeRow } from '../../algorithms/key-exchanges.ts';
import { findKeyExchange } from '../../algorithms/key-exchanges.ts';
import type { Role } from '../../algorithms/roles.ts';
import { signatureAlgorithm } from '../../algorithms/signatures.ts';
import type { Failure } from '../../failure/failure.ts';
import { failure } from '../../failure/failure.ts';
import { decodePublicKey, verifySignature } from '../../keys/public-key.ts';
import { kexEcdhInit, kexEcdhReply } from '../../messages/key-exchange.ts';
import type { KexInit } from '../../messages/transport.ts';
import { kexInit, newKeys } from '../../messages/transport.ts';
import { equalBytes } from '../../wire/bytes.ts';
import type { DirectionKeys } from '../direction-keys.ts';
import { wipeKeys } from '../direction-keys.ts';
import type { NegotiatedAlgorithms, TransportEvent } from '../events.ts';
import type { AlgorithmPreferences, OfferedHostKey } from '../options.ts';
import type { PeerMarkers } from '../strict.ts';
import { kexInitCameFirst, readMarkers } from '../strict.ts';
import type { Transcript } from './exchange-hash.ts';
import { exchangeHash } from './exchange-hash.ts';
import { deriveKeys } from './key-derivation.ts';
import type { Offer } from './methods/method.ts';
import { methodOf } from './methods/table.ts';
import { negotiate } from './negotiation.ts';
import { makeProposal } from './proposal.ts';

export interface ExchangeContext {
  readonly role: Role;
  readonly crypto: CryptoProvider;
  readonly preferences: AlgorithmPreferences;
  readonly hostKeys: readonly OfferedHostKey[];
  readonly clientIdentification: Uint8Array;
  readonly serverIdentification: Uint8Array;
  /** Of the exchanges before; undefined in the first one. */
  readonly session: Session | undefined;
}

/** What stays of the exchanges of a connection. */
export interface Session {
  /** H of the first exchange. */
  readonly sessionId: Uint8Array;
  /** As the owner accepted it. */
  readonly hostKey: Uint8Array;
  readonly algorithms: NegotiatedAlgorithms;
  /** Of the peer's first KEXINIT. */
  readonly markers: PeerMarkers;
}

export type ExchangeStep =
  | { readonly type: 'continue'; readonly payloads: readonly Uint8Array[] }
  | { readonly type: 'ask'; readonly event: TransportEvent }
  /** The payloads are sent, then NEWKEYS, then the keys are in force for sending. */
  | { readonly type: 'keys-made'; readonly payloads: readonly Uint8Array[]; readonly sendingKeys: DirectionKeys }
  | KeysTaken
  | { readonly type: 'failed'; readonly failure: Failure };

/** The peer's NEWKEYS came: the exchange is over. */
export interface KeysTaken {
  readonly type: 'keys-taken';
  readonly receivingKeys: DirectionKeys;
  readonly sendingCipher: string;
  readonly session: Session;
}

interface Agreed {
  readonly row: KeyExchangeRow;
  readonly algorithms: NegotiatedAlgorithms;
  readonly markers: PeerMarkers;
  readonly peerKexInit: Uint8Array;
}

interface Finished {
  readonly session: Session;
  readonly hash: Uint8Array;
  readonly sendingKeys: DirectionKeys;
  readonly receivingKeys: DirectionKeys;
}

type State =
  | { readonly expects: 'kex-init' }
  | { readonly expects: 'client-value'; readonly agreed: Agreed; skipNext: boolean }
  | { readonly expects: 'server-value'; readonly agreed: Agreed; skipNext: boolean; readonly offer: Offer }
  | { readonly expects: 'verdict'; readonly finished: Finished }
  | { readonly expects: 'signature'; readonly finished: Finished; readonly serverValue: Uint8Array }
  | { readonly expects: 'new-keys'; readonly finished: Finished }
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

  get first(): boolean {
    return this.#context.session === undefined;
  }

  /** What the peer's first KEXINIT said; undefined until it has come. */
  get markers(): PeerMarkers | undefined {
    const state = this.#state;
    if ('agreed' in state) return state.agreed.markers;
    return 'finished' in state ? state.finished.session.markers : this.#context.session?.markers;
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
      return this.#conclude(state.agreed, state.offer, payload);
    }
    return unexpected();
  }

  /** The owner accepts the host key. */
  acceptHostKey(): ExchangeStep {
    if (this.#state.expects !== 'verdict') throw new TypeError('no host key was offered');
    return this.#keysMade(this.#state.finished, []);
  }

  /** The owner's signature over the exchange hash. */
  provideSignature(signature: Uint8Array): ExchangeStep {
    if (this.#state.expects !== 'signature') throw new TypeError('no signature is wanted');
    const { finished, serverValue } = this.#state;
    const reply = kexEcdhReply.encode({ hostKey: finished.session.hostKey, serverValue, signature });
    return this.#keysMade(finished, [reply]);
  }

  /** Wipes what is not in force. */
  free(): void {
    const state = this.#state;
    this.#state = { expects: 'nothing' };
    if (state.expects === 'server-value') state.offer.free();
    if (state.expects === 'verdict' || state.expects === 'signature') wipeKeys(state.finished.sendingKeys);
    if ('finished' in state) wipeKeys(state.finished.receivingKeys);
  }

  #receiveKexInit(payload: Uint8Array, sequenceNumber: number): ExchangeStep {
    const { role, crypto, session } = this.#context;
    const peer = kexInit.decode(payload);
    const markers = session?.markers ?? readMarkers(role === 'client' ? 'server' : 'client', peer.keyExchanges);
    if (session === undefined && markers.strict && !kexInitCameFirst(sequenceNumber)) {
      return failed(failure('strict-violation', 'strict KEX violation: KEXINIT was not the first packet'));
    }
    const agreement = negotiate({ role, own: this.#proposal, peer });
    if ('code' in agreement) return failed(agreement);
    const algorithms = { ...agreement.algorithms, strict: markers.strict };
    const row = findKeyExchange(algorithms.keyExchange);
    if (row === undefined) return failed(failure('no-common-algorithm'));
    const agreed: Agreed = { row, algorithms, markers, peerKexInit: payload.slice() };
    const skipNext = agreement.wrongGuess;
    if (role === 'server') {
      this.#state = { expects: 'client-value', agreed, skipNext };
      return { type: 'continue', payloads: [] };
    }
    const offer = methodOf(row).offer(crypto);
    this.#state = { expects: 'server-value', agreed, skipNext, offer };
    return { type: 'continue', payloads: [kexEcdhInit.encode({ clientValue: offer.value })] };
  }

  // The server's part.
  #respond(agreed: Agreed, clientValue: Uint8Array): ExchangeStep {
    const { crypto, hostKeys } = this.#context;
    const algorithm = agreed.algorithms.hostKey;
    const hostKey = hostKeys.find((offered) => offered.algorithms.includes(algorithm))?.blob;
    if (hostKey === undefined) throw new TypeError('no host key of the negotiated algorithm');
    const response = methodOf(agreed.row).respond(crypto, clientValue);
    if (response === undefined) return this.#refuseValue();
    const { value: serverValue, secret } = response;
    const finished = this.#finish(agreed, { hostKey, clientValue, serverValue }, secret);
    this.#state = { expects: 'signature', finished, serverValue };
    return { type: 'ask', event: { type: 'signature-wanted', algorithm, hostKey, data: finished.hash } };
  }

  // The client's part: the secret, then the server's signature over the hash, then the owner's verdict about the key.
  #conclude(agreed: Agreed, offer: Offer, payload: Uint8Array): ExchangeStep {
    const { crypto, session } = this.#context;
    const { serverValue, signature, hostKey: hostKeyView } = kexEcdhReply.decode(payload);
    const hostKey = hostKeyView.slice();
    const key = decodePublicKey(hostKey);
    const algorithm = agreed.algorithms.hostKey;
    if (signatureAlgorithm(algorithm)?.keyType !== key.type) {
      return failed(failure('key-exchange-failed', 'host key is not of the negotiated type'));
    }
    const secret = offer.agree(serverValue);
    offer.free();
    if (secret === undefined) return this.#refuseValue();
    const finished = this.#finish(agreed, { hostKey, clientValue: offer.value, serverValue }, secret);
    this.#state = { expects: 'verdict', finished };
    if (!verifySignature(crypto, { key, algorithm, data: finished.hash, signature })) {
      return failed(failure('host-key-signature-incorrect'));
    }
    if (session !== undefined && equalBytes(session.hostKey, hostKey)) return this.#keysMade(finished, []);
    const { algorithms } = finished.session;
    const rekey = session !== undefined;
    return { type: 'ask', event: { type: 'host-key-offered', algorithm, hostKey, algorithms, rekey } };
  }

  #refuseValue(): ExchangeStep {
    return failed(failure('key-exchange-failed', 'invalid public value in key exchange'));
  }

  #finish(
    agreed: Agreed,
    values: Pick<Transcript, 'hostKey' | 'clientValue' | 'serverValue'>,
    secret: Uint8Array,
  ): Finished {
    const { role, crypto, clientIdentification, serverIdentification, session } = this.#context;
    const { row, algorithms, markers, peerKexInit } = agreed;
    const [clientKexInit, serverKexInit] =
      role === 'client' ? [this.ownKexInit, peerKexInit] : [peerKexInit, this.ownKexInit];
    const transcript = { clientIdentification, serverIdentification, clientKexInit, serverKexInit, ...values };
    const hash = exchangeHash(crypto, row.digest, transcript, secret);
    const sessionId = session?.sessionId ?? hash;
    const outcome = { digest: row.digest, secret, hash, sessionId, algorithms };
    const toServer = deriveKeys(crypto, outcome, 'toServer');
    const toClient = deriveKeys(crypto, outcome, 'toClient');
    secret.fill(0);
    const [sendingKeys, receivingKeys] = role === 'client' ? [toServer, toClient] : [toClient, toServer];
    return { session: { sessionId, hostKey: values.hostKey, algorithms, markers }, hash, sendingKeys, receivingKeys };
  }

  #keysMade(finished: Finished, payloads: readonly Uint8Array[]): ExchangeStep {
    this.#state = { expects: 'new-keys', finished };
    return { type: 'keys-made', payloads, sendingKeys: finished.sendingKeys };
  }

  #receiveNewKeys(payload: Uint8Array): ExchangeStep {
    if (this.#state.expects !== 'new-keys') return unexpected();
    newKeys.decode(payload);
    const { receivingKeys, sendingKeys, session } = this.#state.finished;
    this.#state = { expects: 'nothing' };
    return { type: 'keys-taken', receivingKeys, sendingCipher: sendingKeys.cipher, session };
  }
}
