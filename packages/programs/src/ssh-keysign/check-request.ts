// Whether a request may be signed in the host's name (RFC 4252 section 9, ssh-keysign(8)): whoever asks can have a
// signature over a hostbased request that says who they are and where they are, by a key of this host, and over
// nothing else. Pure: who asks, which keys there are and how the host is called is told.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import { Violation } from '@sallyport/protocol/failure/violation';
import { decodeAnyKey, isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { readHostbasedSignedData } from '@sallyport/protocol/userauth/methods/hostbased';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { refusals } from './messages.ts';

export interface RequestFacts {
  readonly crypto: CryptoProvider;
  /** The account of the user at the other end. */
  readonly user: string;
  readonly hostKeys: readonly PrivateKey[];
  /** Beside those that we choose ourselves: SHA-1, where the administrator's list names it. */
  readonly algorithms: readonly string[];
  /** The name of this host without a dot at its end; asked for last, because it may take a while. */
  readonly hostName: () => string | { readonly refused: string };
}

/** A request that may be signed. */
export interface Signable {
  readonly key: PrivateKey;
  /** The name that the signature bears. */
  readonly signatureName: string;
  /** The account on the server. */
  readonly target: string;
  readonly clientHost: string;
}

/** Digests of key exchanges: SHA-1, SHA-256, SHA-384, SHA-512. */
const sessionIdLengths: readonly number[] = [20, 32, 48, 64];

/** What to sign it with, or why it is not signed. */
export function checkRequest(data: Uint8Array, facts: RequestFacts): Signable | { readonly refused: string } {
  const request = understood(() => readHostbasedSignedData(data));
  if (request === undefined) return { refused: refusals.malformed };
  const { sessionId, service, algorithm, clientUser, clientHost, user } = request;
  if (!sessionIdLengths.includes(sessionId.length)) return { refused: refusals.sessionLength(sessionId.length) };
  if (service !== 'ssh-connection') return { refused: refusals.otherService };
  const row = signatureAlgorithm(algorithm);
  const isUsed = row?.availability === 'default' || facts.algorithms.includes(algorithm);
  if (row === undefined || !isUsed) return { refused: refusals.algorithm(algorithm) };
  const named = understood(() => decodeAnyKey(request.key));
  if (named === undefined) return { refused: refusals.badKey };
  if (named.type !== row.keyType) return { refused: refusals.keyType(named.type, algorithm) };
  const plain: PublicKey = isCertificate(named) ? named.key : named;
  const key = facts.hostKeys.find(({ publicKey }) => equalBytes(publicKey.blob, plain.blob));
  if (key === undefined) return { refused: refusals.foreignKey(named.type, fingerprint(facts.crypto, plain)) };
  if (clientUser !== facts.user) return { refused: refusals.otherUser(clientUser, facts.user) };
  const name = facts.hostName();
  if (typeof name !== 'string') return name;
  if (lowered(clientHost) !== `${lowered(name)}.`) return { refused: refusals.otherHost(clientHost, name) };
  return { key, signatureName: row.signatureName, target: user, clientHost };
}

function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof Violation) return undefined;
    throw error;
  }
}

/** Host names know no case, but only of ASCII letters. */
function lowered(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
