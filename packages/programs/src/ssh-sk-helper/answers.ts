// What ssh-sk-helper answers to a request: a key, a signature, the keys of a token, or a failure with OpenSSH's number
// for it. Why something failed goes to stderr as well, unless it only means a question to the user.

import { createCryptoProvider } from '@sallyport/crypto';
import { readKeyFields } from '@sallyport/protocol/agent/identity-key';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { securityKeySignature } from '@sallyport/protocol/keys/types/security-key';
import type { SecurityKeyPrivateParts } from '@sallyport/protocol/keys/types/security-key-parts';
import { visible } from '@sallyport/protocol/log/log';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { Writer } from '@sallyport/protocol/wire/writer';
import type { EnrolledKey, SecurityKeyAlgorithm, SecurityKeyProvider } from '@sallyport/system/security-key-provider';
import { ProviderError, providerFailures } from '@sallyport/system/security-key-provider';
import * as messages from 'sallyport/helpers/security-key-messages';
import { writeError } from '../shared/standard-streams.ts';

const challengeBytes = 32;
const numberBytes = 32;
const { pinRequired, exists } = messages.failureTable;
const questions: readonly number[] = [pinRequired.code, exists.code];

/** Opens what a request names: `internal`, or the path of a library. */
export type OpenProvider = (provider: string) => SecurityKeyProvider;

/** @throws DecodeError for what no program sends */
export function answerTo(request: Uint8Array, open: OpenProvider): Uint8Array {
  const { kind, body } = messages.decodeRequest(request);
  const perform = performers[kind];
  if (perform === undefined) throw new DecodeError(`request ${kind} is unknown`);
  try {
    return messages.encodeAnswer(kind, perform(body, open));
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const code = codeOf(error);
    if (!questions.includes(code)) writeError(`${visible(reason)}\r\n`);
    return messages.encodeFailure(code, utf8Encode(reason));
  }
}

function codeOf(error: unknown): number {
  const { failureTable } = messages;
  const names = Object.keys(providerFailures) as (keyof typeof providerFailures)[];
  const given = error instanceof ProviderError ? error.failure : providerFailures.general;
  return failureTable[names.find((name) => providerFailures[name] === given) ?? 'general'].code;
}

const performers: Readonly<Record<number, (body: Uint8Array, open: OpenProvider) => Uint8Array>> = {
  [messages.signing.kind]: sign,
  [messages.enrolling.kind]: enroll,
  [messages.loading.kind]: load,
};

function sign(body: Uint8Array, open: OpenProvider): Uint8Array {
  const { key: fields, provider, data, pin } = messages.signing.request.decode(body);
  const { key } = readKeyFields(new Reader(fields), createCryptoProvider());
  const parts = key.securityKey;
  if (parts === undefined) throw new DecodeError('key is none of a token');
  const algorithm = parts.kind === 'sk-ed25519' ? 'ed25519' : 'ecdsa';
  const { application, keyHandle, flags } = parts;
  const made = open(provider).sign({ algorithm, data, application, keyHandle, flags, pin, device: '' });
  const raw = algorithm === 'ed25519' ? made.r : concatBytes(numberOf(made.r), numberOf(made.s));
  const { counter } = made;
  const signature = securityKeySignature(key.publicKey.type, { raw, flags: made.flags, counter });
  return messages.signing.answer.encode({ signature });
}

function enroll(body: Uint8Array, open: OpenProvider): Uint8Array {
  const { keyType, provider, challenge, ...call } = messages.enrolling.request.decode(body);
  const names = Object.keys(messages.keyTypeNumbers) as SecurityKeyAlgorithm[];
  const algorithm = names.find((name) => messages.keyTypeNumbers[name].some((number) => number === keyType));
  if (algorithm === undefined) throw new DecodeError('unknown type of key');
  const asked = challenge.length > 0 ? challenge : createCryptoProvider().random(new Uint8Array(challengeBytes));
  const made = open(provider).enroll({ ...call, algorithm, challenge: asked });
  const key = fieldsOf(algorithm, { ...made, application: call.application });
  return messages.enrolling.answer.encode({ key, attestation: attestationOf(made) });
}

function load(body: Uint8Array, open: OpenProvider): Uint8Array {
  const { provider, device, pin } = messages.loading.request.decode(body);
  const keys = open(provider)
    .residentKeys({ device, pin })
    .flatMap(({ algorithm, application, flags, key: { publicKey, keyHandle }, userId }) => {
      if (algorithm === undefined) return [];
      const key = fieldsOf(algorithm, { publicKey, keyHandle, application, flags });
      return [{ key, comment: '', userId }];
    });
  return messages.loading.answer.encode(keys);
}

interface HandledKey extends Pick<EnrolledKey, 'publicKey' | 'keyHandle' | 'flags'> {
  readonly application: string;
}

/** A private key as agents get it. */
function fieldsOf(algorithm: SecurityKeyAlgorithm, given: HandledKey): Uint8Array {
  const { publicKey, application, flags, keyHandle } = given;
  const handle = { application, flags, keyHandle, reserved: new Uint8Array() };
  const parts: SecurityKeyPrivateParts =
    algorithm === 'ed25519'
      ? { kind: 'sk-ed25519', publicKey, ...handle }
      : { kind: 'sk-ecdsa', publicPoint: publicKey, ...handle };
  const writer = new Writer();
  new PrivateKey(parts).writeTo(writer);
  return writer.bytes();
}

/** PROTOCOL.u2f, attestation: what an authority needs to verify where the key lives. */
function attestationOf({ attestationCertificate, signature, authenticatorData }: EnrolledKey): Uint8Array {
  return new Writer()
    .string('ssh-sk-attest-v01')
    .string(attestationCertificate)
    .string(signature)
    .string(authenticatorData)
    .uint32(0)
    .string('')
    .bytes();
}

/** A number of the curve's size. */
function numberOf(given: Uint8Array): Uint8Array {
  const start = given.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? new Uint8Array() : given.subarray(start);
  if (digits.length > numberBytes) throw new Error('the signature of the token is too long');
  const number = new Uint8Array(numberBytes);
  number.set(digits, numberBytes - digits.length);
  return number;
}
