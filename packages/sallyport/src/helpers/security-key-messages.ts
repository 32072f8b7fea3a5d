// What is said between ssh-sk-helper and the programs that start it, framed as agent messages are: the words that
// OpenSSH's own programs and helpers use since 8.9, so that either helper serves either programs. A version, what is
// wanted or answered, and its fields; a failure has a number in place of fields.

import { byte, bytes, rest, text, uint32 } from '@sallyport/protocol/codec/fields';
import { type Struct, struct, type ValueOf } from '@sallyport/protocol/codec/struct';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { Writer } from '@sallyport/protocol/wire/writer';

const version = 5;
const failureKind = 0;
const maximumKeys = 1024;
/** How much a helper of OpenSSH logs: errors and what is as important. */
const logLevel = 3;

interface Body<Request> {
  readonly kind: number;
  readonly request: Struct<Request>;
}

/** A private key as an agent gets it, without a comment; the algorithm is empty. */
export const signing = {
  kind: 1,
  request: struct({ key: bytes, provider: text, data: bytes, algorithm: text, compatibility: uint32, pin: text }),
  answer: struct({ signature: bytes }),
};

/** What is empty is not asked for; the helper chooses a challenge itself then. */
export const enrolling = {
  kind: 2,
  request: struct({
    keyType: uint32,
    provider: text,
    device: text,
    application: text,
    user: text,
    flags: byte,
    pin: text,
    challenge: bytes,
  }),
  /** `attestation`: the contents of an attestation file (PROTOCOL.u2f). */
  answer: struct({ key: bytes, attestation: bytes }),
};

const loadedKey = struct({ key: bytes, comment: text, userId: bytes });

export const loading = {
  kind: 3,
  request: struct({ provider: text, device: text, pin: text, flags: uint32 }),
  answer: {
    encode(keys: readonly ValueOf<typeof loadedKey>[]): Uint8Array {
      const writer = new Writer();
      for (const key of keys) loadedKey.write(writer, key);
      return writer.bytes();
    },
    /** @throws DecodeError */
    decode(body: Uint8Array): ValueOf<typeof loadedKey>[] {
      const reader = new Reader(body);
      const keys: ValueOf<typeof loadedKey>[] = [];
      while (reader.remaining > 0) {
        if (keys.length === maximumKeys) throw new DecodeError('more keys than a token has');
        keys.push(loadedKey.read(reader));
      }
      return keys;
    },
  },
};

/** Numbers of the two types of keys: those of OpenSSH 10.6, and those of 9.2 to 10.0. */
export const keyTypeNumbers = { ecdsa: [6, 10], ed25519: [8, 12] } as const;

/** Numbers of failures, with the words that OpenSSH's programs have for them. */
export const failureTable = {
  general: { code: 4, words: 'invalid format' },
  /** Of an OpenSSH's helper: it has another number for that type. */
  unknownType: { code: 10, words: 'invalid argument' },
  pinRequired: { code: 43, words: 'incorrect passphrase supplied to decrypt private key' },
  exists: { code: 44, words: 'bad permissions' },
  unsupported: { code: 59, words: 'requested feature not supported' },
  noDevice: { code: 60, words: 'device not found' },
} as const;

const requestFields = struct({ version: byte, kind: uint32, logsToStderr: byte, logLevel: uint32, body: rest });
const answerFields = struct({ version: byte, kind: uint32, body: rest });
/** `reason` is ours; OpenSSH's helper ends the message before it, and its programs do not read on. */
const failureFields = struct({ code: uint32, reason: rest });

export function encodeRequest<T>({ kind, request }: Body<T>, value: T): Uint8Array {
  const body = request.encode(value);
  const message = requestFields.encode({ version, kind, logsToStderr: 1, logLevel, body });
  body.fill(0);
  return message;
}

/** @throws DecodeError */
export function decodeRequest(message: Uint8Array): { readonly kind: number; readonly body: Uint8Array } {
  const request = requestFields.decode(message);
  if (request.version !== version) throw new DecodeError(`request of version ${request.version}`);
  return request;
}

export function encodeAnswer(kind: number, body: Uint8Array): Uint8Array {
  return answerFields.encode({ version, kind, body });
}

export function encodeFailure(code: number, reason: Uint8Array): Uint8Array {
  return encodeAnswer(failureKind, failureFields.encode({ code, reason }));
}

/** The body of the answer, or the failure that came instead. @throws DecodeError */
export function decodeAnswer(
  kind: number,
  message: Uint8Array,
): { readonly body: Uint8Array } | { readonly failure: ValueOf<typeof failureFields> } {
  const answer = answerFields.decode(message);
  if (answer.version !== version) throw new DecodeError(`answer of version ${answer.version}`);
  if (answer.kind === failureKind) return { failure: failureFields.decode(answer.body) };
  if (answer.kind !== kind) throw new DecodeError('answer to another question');
  return answer;
}
