// The key exchange of a scripted peer, message by message, so that a test can change any of them: its KEXINIT, the
// values, the host key, the signature. What it computes from them is what an honest peer would.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { findKeyExchange, type KeyExchangeRow } from '@sallyport/protocol/algorithms/key-exchanges';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { kexEcdhInit, kexEcdhReply } from '@sallyport/protocol/messages/key-exchange';
import { type KexInit, kexInit } from '@sallyport/protocol/messages/transport';
import type { Agreed } from '@sallyport/protocol/transport/key-exchange/agreement';
import type { Offer } from '@sallyport/protocol/transport/key-exchange/methods/method';
import { methodOf } from '@sallyport/protocol/transport/key-exchange/methods/table';
import { negotiate } from '@sallyport/protocol/transport/key-exchange/negotiation';
import { conclude, type Outcome } from '@sallyport/protocol/transport/key-exchange/outcome';
import type { ExchangeContext } from '@sallyport/protocol/transport/key-exchange/session';
import { markersOf } from '@sallyport/protocol/transport/strict';
import { testTransportOptions } from './transport-pair.ts';

export type Reply = Parameters<typeof kexEcdhReply.encode>[0];

export interface ScriptedExchangeOptions {
  /** The peer's. */
  readonly role: 'client' | 'server';
  readonly crypto: CryptoProvider;
  readonly hostKey: PrivateKey;
  readonly clientIdentification: Uint8Array;
  readonly serverIdentification: Uint8Array;
  readonly session: ExchangeContext['session'];
}

export class ScriptedExchange {
  readonly #options: ScriptedExchangeOptions;
  #own: Uint8Array | undefined;
  #peer: Uint8Array | undefined;
  #offer: Offer | undefined;
  outcome: Outcome | undefined;

  constructor(options: ScriptedExchangeOptions) {
    this.#options = options;
  }

  /** The peer's KEXINIT, as the change wants it. */
  kexInit(change: Partial<KexInit>): Uint8Array {
    const { role, crypto, hostKey, session } = this.#options;
    const { preferences } = testTransportOptions(role, { crypto, hostKey });
    const { keyExchanges, hostKeyAlgorithms, ciphers, macs, compressions } = preferences;
    this.#own = kexInit.encode({
      cookie: new Uint8Array(16),
      keyExchanges: session === undefined ? [...keyExchanges, ...markersOf(role)] : keyExchanges,
      hostKeyAlgorithms,
      ciphersToServer: ciphers,
      ciphersToClient: ciphers,
      macsToServer: macs,
      macsToClient: macs,
      compressionsToServer: compressions,
      compressionsToClient: compressions,
      languagesToServer: [],
      languagesToClient: [],
      firstPacketFollows: false,
      reserved: 0,
      ...change,
    });
    return this.#own;
  }

  /** Takes the KEXINIT of the transport under test. */
  receiveKexInit(payload: Uint8Array): void {
    this.#peer = payload;
  }

  /** The client's KEX_ECDH_INIT. */
  init(): Uint8Array {
    this.#offer = methodOf(this.#agreed().row).offer(this.#options.crypto);
    return kexEcdhInit.encode({ clientValue: this.#offer.value });
  }

  /** The server's KEX_ECDH_REPLY to a KEX_ECDH_INIT, with changes made after all was computed. */
  reply(init: Uint8Array, change: (reply: Reply) => Partial<Reply> = () => ({})): Uint8Array {
    const { crypto, hostKey } = this.#options;
    const agreed = this.#agreed();
    const { clientValue } = kexEcdhInit.decode(init);
    const response = methodOf(agreed.row).respond(crypto, clientValue);
    if (response === undefined) throw new Error('the transport under test sent a value that must be refused');
    const { blob } = hostKey.publicKey;
    this.outcome = this.#conclude(agreed, blob, { clientValue, serverValue: response.value, secret: response.secret });
    const signature = hostKey.sign(crypto, agreed.algorithms.hostKey, this.outcome.hash);
    const reply: Reply = { hostKey: blob, serverValue: response.value, signature };
    return kexEcdhReply.encode({ ...reply, ...change(reply) });
  }

  /** The client's reading of KEX_ECDH_REPLY. */
  receiveReply(payload: Uint8Array): void {
    const { hostKey, serverValue } = kexEcdhReply.decode(payload);
    const secret = this.#offer?.agree(serverValue);
    if (this.#offer === undefined || secret === undefined) throw new Error('the reply of the transport is no answer');
    this.outcome = this.#conclude(this.#agreed(), hostKey, { clientValue: this.#offer.value, serverValue, secret });
  }

  #agreed(): Agreed {
    if (this.#own === undefined || this.#peer === undefined) throw new Error('both KEXINIT messages come first');
    const { role, session } = this.#options;
    const own = kexInit.decode(this.#own);
    const agreement = negotiate({ role, own, peer: kexInit.decode(this.#peer) });
    if ('code' in agreement) throw new Error(agreement.description);
    const { algorithms, wrongGuess } = agreement;
    const strict = session?.markers.strict ?? own.keyExchanges.includes(markersOf(role)[1] as string);
    return {
      row: findKeyExchange(algorithms.keyExchange) as KeyExchangeRow,
      algorithms: { ...algorithms, strict },
      markers: { strict, acceptsExtensionInfo: true },
      peerKexInit: this.#peer,
      wrongGuess,
    };
  }

  #conclude(
    agreed: Agreed,
    hostKey: Uint8Array,
    values: { readonly clientValue: Uint8Array; readonly serverValue: Uint8Array; readonly secret: Uint8Array },
  ): Outcome {
    const { preferences } = testTransportOptions(this.#options.role, this.#options);
    const context = { ...this.#options, preferences, hostKeys: [], debug: () => undefined };
    return conclude(context, agreed, { ...values, hostKey, ownKexInit: this.#own as Uint8Array });
  }
}
