// What a key exchange comes to: the exchange hash, the session, and the keys of both directions as our role uses them
// (RFC 4253 section 7.2). The secret is overwritten.

import { type DirectionKeys, wipeKeys } from '../direction-keys.ts';
import type { Agreed } from './agreement.ts';
import { exchangeHash, type Transcript } from './exchange-hash.ts';
import { deriveKeys } from './key-derivation.ts';
import type { ExchangeContext, Session } from './session.ts';

export interface Outcome {
  readonly session: Session;
  /** H, which the server signs. */
  readonly hash: Uint8Array;
  readonly sendingKeys: DirectionKeys;
  readonly receivingKeys: DirectionKeys;
}

export interface ExchangedValues extends Pick<Transcript, 'hostKey' | 'clientValue' | 'serverValue'> {
  /** Our KEXINIT. */
  readonly ownKexInit: Uint8Array;
  /** K in its encoding, with its length. */
  readonly secret: Uint8Array;
}

export function conclude(context: ExchangeContext, agreed: Agreed, exchanged: ExchangedValues): Outcome {
  const { role, crypto, clientIdentification, serverIdentification } = context;
  const { row, algorithms, markers, peerKexInit } = agreed;
  const { ownKexInit, hostKey, clientValue, serverValue, secret } = exchanged;
  const client = role === 'client';
  const hash = exchangeHash(crypto, row.digest, {
    clientIdentification,
    serverIdentification,
    clientKexInit: client ? ownKexInit : peerKexInit,
    serverKexInit: client ? peerKexInit : ownKexInit,
    hostKey,
    clientValue,
    serverValue,
    secret,
  });
  const sessionId = context.session?.sessionId ?? hash;
  const source = { crypto, digest: row.digest, secret, hash, sessionId };
  const toServer = deriveKeys(source, 'toServer', { cipher: algorithms.cipherToServer, mac: algorithms.macToServer });
  const toClient = deriveKeys(source, 'toClient', { cipher: algorithms.cipherToClient, mac: algorithms.macToClient });
  secret.fill(0);
  return {
    session: { sessionId, hostKey, algorithms, markers },
    hash,
    sendingKeys: client ? toServer : toClient,
    receivingKeys: client ? toClient : toServer,
  };
}

/** For an exchange that ends before its keys are in force. */
export function wipeOutcome(outcome: Outcome, keys: 'both' | 'receiving'): void {
  wipeKeys(outcome.receivingKeys);
  if (keys === 'both') wipeKeys(outcome.sendingKeys);
}
