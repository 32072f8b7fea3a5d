// Keys in FIDO authenticators through ssh-sk-helper, which runs the middleware. Making a key and signing take as
// long as the user needs to touch the token; the caller says so to the user.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Message, ValueOf } from '@sallyport/protocol/codec/struct';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { examineSignature } from '@sallyport/protocol/keys/public-key';
import { securityKeySignature } from '@sallyport/protocol/keys/types/security-key';
import type { SecurityKeyPrivateParts } from '@sallyport/protocol/keys/types/security-key-parts';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import type { MiddlewareAlgorithm, MiddlewareOption } from '@sallyport/system/security-key-middleware';
import { middlewareFailures } from '@sallyport/system/security-key-middleware';
import { HelperProcess } from './helper-process.ts';
import * as messages from './security-key-messages.ts';

export type SecurityKeyFailure = keyof typeof middlewareFailures | 'unusable';

/** The token, its middleware or its user said no. */
export class SecurityKeyError extends Error {
  override readonly name = 'SecurityKeyError';
  readonly failure: SecurityKeyFailure;

  constructor(failure: SecurityKeyFailure, reason: string) {
    super(reason);
    this.failure = failure;
  }
}

export interface SecurityKeyPlace {
  /** Path of the middleware. */
  readonly provider: string;
  /** Empty: none. */
  readonly pin?: string;
  readonly options?: readonly MiddlewareOption[];
}

export interface NewSecurityKey extends SecurityKeyPlace {
  readonly algorithm: MiddlewareAlgorithm;
  readonly challenge: Uint8Array;
  readonly application: string;
  readonly flags: number;
  readonly comment?: string;
}

export interface MadeSecurityKey {
  readonly key: PrivateKey;
  /** What the token says of its maker; the parts are empty when it says nothing. */
  readonly attestation: {
    readonly certificate: Uint8Array;
    readonly signature: Uint8Array;
    readonly authenticatorData: Uint8Array;
  };
}

export interface ResidentSecurityKey {
  readonly key: PrivateKey;
  readonly application: string;
  readonly userId: Uint8Array;
}

const pointBytes = 32;

export class SecurityKeys {
  readonly #crypto: CryptoProvider;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(crypto: CryptoProvider, environment: Readonly<Record<string, string | undefined>>) {
    this.#crypto = crypto;
    this.#environment = environment;
  }

  /** Rejects with SecurityKeyError. */
  async enroll(wanted: NewSecurityKey): Promise<MadeSecurityKey> {
    const { provider, algorithm, challenge, application, flags, pin = '', options = [], comment } = wanted;
    const request = { provider, algorithm, challenge, application, flags, pin, options };
    const made = await this.#ask(messages.enrollRequest.encode(request), messages.enrolled);
    const parts = partsOf(algorithm, { ...made, application, flags: made.flags | flags });
    const { attestationCertificate: certificate, signature, authenticatorData } = made;
    return { key: this.#keyOf(parts, comment), attestation: { certificate, signature, authenticatorData } };
  }

  /** A signature blob, already verified. Rejects with SecurityKeyError. */
  async sign(key: PrivateKey, data: Uint8Array, place: SecurityKeyPlace): Promise<Uint8Array> {
    const parts = key.securityKey;
    if (parts === undefined) throw new SecurityKeyError('unusable', 'the key is not one of a token');
    const { provider, pin = '', options = [] } = place;
    const { application, keyHandle, flags } = parts;
    const algorithm = parts.kind === 'sk-ed25519' ? 'ed25519' : 'ecdsa';
    const request = { provider, algorithm, data, application, keyHandle, flags, pin, options };
    const made = await this.#ask(messages.signRequest.encode(request), messages.signed);
    const raw = algorithm === 'ed25519' ? made.r : concatBytes(padded(made.r), padded(made.s));
    const signature = securityKeySignature(key.publicKey.type, { raw, flags: made.flags, counter: made.counter });
    const { publicKey } = key;
    if (examineSignature(this.#crypto, { key: publicKey, data, signature }) !== undefined) return signature;
    throw new SecurityKeyError('unusable', 'the signature of the token is wrong');
  }

  /** The keys that the token keeps itself. Rejects with SecurityKeyError. */
  async residentKeys({ provider, pin = '', options = [] }: SecurityKeyPlace): Promise<ResidentSecurityKey[]> {
    const { keys } = await this.#ask(messages.loadRequest.encode({ provider, pin, options }), messages.loaded);
    return keys.flatMap(({ algorithm, publicKey, keyHandle, application, flags, userId }) => {
      if (algorithm !== 'ed25519' && algorithm !== 'ecdsa') return [];
      const parts = partsOf(algorithm, { publicKey, keyHandle, application, flags });
      return { key: this.#keyOf(parts, application), application, userId: userId.slice() };
    });
  }

  #keyOf(parts: SecurityKeyPrivateParts, comment?: string): PrivateKey {
    const key = new PrivateKey(parts, comment);
    if (key.isConsistent(this.#crypto)) return key;
    throw new SecurityKeyError('unusable', 'the token gave no usable key');
  }

  /** A helper for each request: the middleware keeps nothing between two. */
  async #ask<T>(request: Uint8Array, wanted: Message<T>): Promise<T> {
    const name = 'ssh-sk-helper';
    const helper = new HelperProcess({ name, variable: 'SSH_SK_HELPER', environment: this.#environment });
    try {
      const answer = await helper.ask(request);
      if (answer[0] !== messages.failed.number) return wanted.decode(answer);
      throw errorOf(messages.failed.decode(answer));
    } finally {
      request.fill(0);
      helper.end();
    }
  }
}

function errorOf({ code, reason }: ValueOf<typeof messages.failed>): SecurityKeyError {
  const names = Object.keys(middlewareFailures) as (keyof typeof middlewareFailures)[];
  const failure = names.find((name) => middlewareFailures[name] === -code) ?? 'unusable';
  return new SecurityKeyError(failure, reason);
}

function partsOf(
  algorithm: MiddlewareAlgorithm,
  given: {
    readonly publicKey: Uint8Array;
    readonly keyHandle: Uint8Array;
    readonly application: string;
    readonly flags: number;
  },
): SecurityKeyPrivateParts {
  const { application, flags } = given;
  const handle = { application, flags, keyHandle: given.keyHandle.slice(), reserved: new Uint8Array() };
  const publicHalf = given.publicKey.slice();
  return algorithm === 'ed25519'
    ? { kind: 'sk-ed25519', publicKey: publicHalf, ...handle }
    : { kind: 'sk-ecdsa', publicPoint: publicHalf, ...handle };
}

/** A number of the curve's size. */
function padded(number: Uint8Array): Uint8Array {
  const digits = number.subarray(
    Math.max(
      0,
      number.findIndex((byte) => byte !== 0),
    ),
  );
  if (digits.length > pointBytes) throw new SecurityKeyError('unusable', 'the signature of the token is too long');
  const out = new Uint8Array(pointBytes);
  out.set(digits, pointBytes - digits.length);
  return out;
}
