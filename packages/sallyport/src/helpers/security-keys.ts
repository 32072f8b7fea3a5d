// Keys in FIDO authenticators through ssh-sk-helper, which speaks to them. Making a key and signing take as long as the
// user needs to touch the token; the caller says so to the user.

import { readKeyFields } from '@sallyport/protocol/agent/identity-key';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { ValueOf } from '@sallyport/protocol/codec/struct';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { examineSignature } from '@sallyport/protocol/keys/public-key';
import { visible } from '@sallyport/protocol/log/log';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { utf8DecodeReversibly } from '@sallyport/protocol/wire/utf8';
import { Writer } from '@sallyport/protocol/wire/writer';
import type { SecurityKeyAlgorithm } from '@sallyport/system/security-key-provider';
import { HelperProcess } from './helper-process.ts';
import * as messages from './security-key-messages.ts';

export type SecurityKeyFailure = keyof typeof messages.failureTable | 'unusable';

/** The token, what speaks to it, or its user said no; the message has the words of OpenSSH's programs. */
export class SecurityKeyError extends Error {
  override readonly name = 'SecurityKeyError';
  readonly failure: SecurityKeyFailure;
  /** What the helper said beyond that. */
  readonly detail: string;

  constructor(failure: SecurityKeyFailure, words: string, detail = '') {
    super(words);
    this.failure = failure;
    this.detail = detail;
  }
}

export interface SecurityKeyPlace {
  /** Path of a middleware library, or `internal`. */
  readonly provider: string;
  /** Empty: none. */
  readonly pin?: string;
}

export interface SecurityKeyDevice extends SecurityKeyPlace {
  /** Path of the token; empty: the only one, or the one that is touched. */
  readonly device?: string;
}

export interface NewSecurityKey extends SecurityKeyDevice {
  readonly algorithm: SecurityKeyAlgorithm;
  /** Empty: the helper chooses one. */
  readonly challenge?: Uint8Array;
  readonly application: string;
  readonly user?: string;
  readonly flags: number;
}

export interface MadeSecurityKey {
  readonly key: PrivateKey;
  /** What an attestation file holds (PROTOCOL.u2f). */
  readonly attestation: Uint8Array;
}

export interface ResidentSecurityKey {
  readonly key: PrivateKey;
  readonly application: string;
  readonly userId: Uint8Array;
}

export class SecurityKeys {
  readonly #crypto: CryptoProvider;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(crypto: CryptoProvider, environment: Readonly<Record<string, string | undefined>>) {
    this.#crypto = crypto;
    this.#environment = environment;
  }

  /** Rejects with SecurityKeyError. */
  async enroll(wanted: NewSecurityKey): Promise<MadeSecurityKey> {
    const { algorithm, challenge = new Uint8Array(), application, user = '', flags } = wanted;
    const { provider, device = '', pin = '' } = wanted;
    const request = { provider, device, application, user, flags, pin, challenge };
    const attempt = (keyType: number): Promise<MadeSecurityKey> => this.#enrollAs(algorithm, { ...request, keyType });
    const [number, olderNumber] = messages.keyTypeNumbers[algorithm];
    return await attempt(number).catch((error: unknown) => {
      if (error instanceof SecurityKeyError && error.failure === 'unknownType') return attempt(olderNumber);
      throw error;
    });
  }

  async #enrollAs(
    algorithm: SecurityKeyAlgorithm,
    request: ValueOf<typeof messages.enrolling.request>,
  ): Promise<MadeSecurityKey> {
    const { application } = request;
    return await this.#ask(messages.enrolling.kind, messages.encodeRequest(messages.enrolling, request), (body) => {
      const answer = messages.enrolling.answer.decode(body);
      const key = this.#keyIn(answer.key);
      const kind = algorithm === 'ed25519' ? 'sk-ed25519' : 'sk-ecdsa';
      if (key.securityKey?.kind === kind && key.securityKey.application === application) {
        return { key, attestation: answer.attestation.slice() };
      }
      throw new DecodeError('key of the token is not what was asked for');
    });
  }

  /** A signature blob, already verified. Rejects with SecurityKeyError. */
  async sign(key: PrivateKey, data: Uint8Array, { provider, pin = '' }: SecurityKeyPlace): Promise<Uint8Array> {
    if (key.securityKey === undefined) throw new SecurityKeyError('unusable', 'the key is not one of a token');
    const fields = new Writer();
    key.writeTo(fields);
    const request = { key: fields.bytes(), provider, data, algorithm: '', compatibility: 0, pin };
    return await this.#ask(messages.signing.kind, messages.encodeRequest(messages.signing, request), (body) => {
      const signature = messages.signing.answer.decode(body).signature.slice();
      if (examineSignature(this.#crypto, { key: key.publicKey, data, signature }) !== undefined) return signature;
      throw new DecodeError('signature of the token is wrong');
    });
  }

  /** The keys that the token keeps itself. Rejects with SecurityKeyError. */
  async residentKeys({ provider, device = '', pin = '' }: SecurityKeyDevice): Promise<ResidentSecurityKey[]> {
    const request = messages.encodeRequest(messages.loading, { provider, device, pin, flags: 0 });
    return await this.#ask(messages.loading.kind, request, (body) =>
      messages.loading.answer.decode(body).flatMap((found) => {
        const key = this.#keyIn(found.key);
        const { application } = key.securityKey ?? { application: '' };
        return [{ key, application, userId: found.userId.slice() }];
      }),
    );
  }

  /** @throws DecodeError */
  #keyIn(fields: Uint8Array): PrivateKey {
    const reader = new Reader(fields.slice());
    const { key } = readKeyFields(reader, this.#crypto);
    reader.end();
    if (key.securityKey === undefined) throw new DecodeError('key of the token is none of a token');
    return key;
  }

  /** A helper for each request: it keeps nothing between two. The request is wiped. */
  async #ask<T>(kind: number, request: Uint8Array, read: (body: Uint8Array) => T): Promise<T> {
    const name = 'ssh-sk-helper';
    const helper = new HelperProcess({ name, variable: 'SSH_SK_HELPER', environment: this.#environment });
    try {
      const answer = messages.decodeAnswer(kind, await helper.ask(request));
      if ('body' in answer) return read(answer.body);
      throw errorOf(answer.failure);
    } catch (error) {
      if (error instanceof SecurityKeyError) throw error;
      throw new SecurityKeyError('unusable', error instanceof Error ? error.message : String(error));
    } finally {
      request.fill(0);
      helper.end();
    }
  }
}

function errorOf({ code, reason }: { readonly code: number; readonly reason: Uint8Array }): SecurityKeyError {
  const { failureTable } = messages;
  const names = Object.keys(failureTable) as (keyof typeof failureTable)[];
  const failure = names.find((name) => failureTable[name].code === code);
  const detail = visible(utf8DecodeReversibly(reason));
  if (failure === undefined) return new SecurityKeyError('unusable', `the helper failed with ${code}`, detail);
  return new SecurityKeyError(failure, failureTable[failure].words, detail);
}
