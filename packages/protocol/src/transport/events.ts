// What a Transport tells its owner and what the owner may ask of it. While a question is open (host-key-offered,
// signature-wanted) the transport opens no further packet.

import type { Failure } from '../failure/failure.ts';

/** What one key exchange agreed on; names as on the wire. */
export interface NegotiatedAlgorithms {
  readonly keyExchange: string;
  readonly hostKey: string;
  readonly cipherToServer: string;
  readonly cipherToClient: string;
  /** Empty for ciphers that authenticate themselves. */
  readonly macToServer: string;
  readonly macToClient: string;
  readonly compressionToServer: string;
  readonly compressionToClient: string;
  readonly strict: boolean;
}

export type TransportEvent =
  /** The peer's identification line without CR LF, and (client) how many lines came before it. */
  | { readonly type: 'identified'; readonly identification: string; readonly software: string }
  /**
   * Client: is this host key the host's? Answer with accept-host-key or refuse-host-key. Its signature was verified.
   */
  | {
      readonly type: 'host-key-offered';
      readonly algorithm: string;
      readonly hostKey: Uint8Array;
      /** Over the exchange hash, which the first exchange makes the session identifier. */
      readonly signature: Uint8Array;
      readonly algorithms: NegotiatedAlgorithms;
      /** A re-key brings another host key than the accepted one; for the same one the event is not raised. */
      readonly rekey: boolean;
    }
  /** Server: sign `data` with the host key of that algorithm. Answer with provide-signature. */
  | {
      readonly type: 'signature-wanted';
      readonly algorithm: string;
      readonly hostKey: Uint8Array;
      readonly data: Uint8Array;
    }
  /** New keys are in force in both directions. */
  | {
      readonly type: 'keys-changed';
      readonly first: boolean;
      readonly sessionId: Uint8Array;
      readonly hostKey: Uint8Array;
      readonly algorithms: NegotiatedAlgorithms;
    }
  /** RFC 8308: the peer's extensions, each value as bytes (a copy). */
  | { readonly type: 'extensions-received'; readonly extensions: ReadonlyMap<string, Uint8Array> }
  /** A message of a service (numbers 5, 6 and 50 to 127), valid until the next receive. */
  | { readonly type: 'payload-received'; readonly payload: Uint8Array; readonly sequenceNumber: number }
  | { readonly type: 'debug-received'; readonly alwaysDisplay: boolean; readonly text: string }
  | { readonly type: 'pong-received'; readonly data: Uint8Array }
  /** The last event: nothing is received or sent after it but the output that is still to be taken. */
  | { readonly type: 'ended'; readonly failure: Failure; readonly disconnect?: PeerDisconnect };

export interface PeerDisconnect {
  readonly reason: number;
  readonly description: string;
}

export type TransportCommand =
  /** Seals and queues a payload of a service; held back while keys are exchanged. */
  | {
      readonly type: 'send';
      readonly payload: Uint8Array;
      /** The payload's second part, so that bulk data need not be joined to its head first; not kept. */
      readonly data?: Uint8Array;
    }
  | { readonly type: 'accept-host-key' }
  | { readonly type: 'refuse-host-key'; readonly description?: string }
  | { readonly type: 'provide-signature'; readonly signature: Uint8Array }
  | { readonly type: 'signing-failed'; readonly description: string }
  /** Server: the extensions to announce after NEWKEYS; client: after its first NEWKEYS. */
  | { readonly type: 'announce-extensions'; readonly extensions: ReadonlyMap<string, Uint8Array> }
  | { readonly type: 'rekey' }
  | { readonly type: 'ping'; readonly data: Uint8Array }
  /** Authentication is over: re-keying by limits becomes possible, delayed compression begins. */
  | { readonly type: 'authenticated' }
  /** Answers a payload that nobody understood (RFC 4253 section 11.4). */
  | { readonly type: 'reject-payload'; readonly sequenceNumber: number }
  /** Sends DISCONNECT if the failure has a reason, and ends. */
  | { readonly type: 'end'; readonly failure: Failure };
