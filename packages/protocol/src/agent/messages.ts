// Messages of the agent protocol (RFC 9987 sections 3 and 4; PROTOCOL.agent). A message is a number and its fields
// behind a length (framing.ts). Private keys inside them are in identity-key.ts, constraints in constraints.ts.

import { signatureAlgorithm } from '../algorithms/signatures.ts';
import { boolean, bytes, rest, text, uint32 } from '../codec/fields.ts';
import { message, struct } from '../codec/struct.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { utf8Decode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';

export const agentFailure = message('SSH_AGENT_FAILURE', 5, {});
export const agentSuccess = message('SSH_AGENT_SUCCESS', 6, {});
export const requestIdentities = message('SSH_AGENTC_REQUEST_IDENTITIES', 11, {});
/** `identities` holds `count` identities (decodeIdentities). */
export const identitiesAnswer = message('SSH_AGENT_IDENTITIES_ANSWER', 12, { count: uint32, identities: rest });
export const signRequest = message('SSH_AGENTC_SIGN_REQUEST', 13, { key: bytes, data: bytes, flags: uint32 });
export const signResponse = message('SSH_AGENT_SIGN_RESPONSE', 14, { signature: bytes });
/** `identity`: a private key and its comment (identity-key.ts). */
export const addIdentity = message('SSH_AGENTC_ADD_IDENTITY', 17, { identity: rest });
export const removeIdentity = message('SSH_AGENTC_REMOVE_IDENTITY', 18, { key: bytes });
export const removeAllIdentities = message('SSH_AGENTC_REMOVE_ALL_IDENTITIES', 19, {});
export const addTokenKeys = message('SSH_AGENTC_ADD_SMARTCARD_KEY', 20, { provider: text, pin: bytes });
export const removeTokenKeys = message('SSH_AGENTC_REMOVE_SMARTCARD_KEY', 21, { provider: text, pin: bytes });
export const lockAgent = message('SSH_AGENTC_LOCK', 22, { passphrase: bytes });
export const unlockAgent = message('SSH_AGENTC_UNLOCK', 23, { passphrase: bytes });
/** `identity`: as in addIdentity, then constraints up to the end. */
export const addIdentityConstrained = message('SSH_AGENTC_ADD_ID_CONSTRAINED', 25, { identity: rest });
export const addTokenKeysConstrained = message('SSH_AGENTC_ADD_SMARTCARD_KEY_CONSTRAINED', 26, {
  provider: text,
  pin: bytes,
  constraints: rest,
});
export const agentExtension = message('SSH_AGENTC_EXTENSION', 27, { name: text, contents: rest });
export const extensionFailure = message('SSH_AGENT_EXTENSION_FAILURE', 28, {});
export const extensionResponse = message('SSH_AGENT_EXTENSION_RESPONSE', 29, { name: text, contents: rest });

export const extensionNames = { query: 'query', sessionBind: 'session-bind@openssh.com' } as const;

/** PROTOCOL.agent section 1: which host a connection to the agent belongs to. */
export const sessionBind = struct({ hostKey: bytes, sessionId: bytes, signature: bytes, isForwarding: boolean });

/** The key blob and the comment of one identity. */
export const identity = struct({ key: bytes, comment: bytes });

/** Flags of a sign request: which digest an RSA key signs with; 0 is SHA-1. */
export const signFlags = { rsaSha256: 2, rsaSha512: 4 } as const;

const knownSignFlags = signFlags.rsaSha256 | signFlags.rsaSha512;

/** What a key of a type signs with by the flags of a request (RFC 9987 section 4.5.1). */
export function algorithmToSign(keyType: string, flags: number): string | undefined {
  if ((flags & ~knownSignFlags) !== 0) return undefined;
  if (keyType !== 'ssh-rsa' || flags === 0) return signatureAlgorithm(keyType)?.name;
  return (flags & signFlags.rsaSha512) !== 0 ? 'rsa-sha2-512' : 'rsa-sha2-256';
}

/** Failures of this and of two older protocols; all say no more than that. */
const failureNumbers: readonly number[] = [agentFailure.number, extensionFailure.number, 30, 102];

export interface AgentIdentity {
  readonly key: Uint8Array;
  readonly comment: string;
}

/** Identities that an agent may have; more is an error, as in OpenSSH. */
export const maximumIdentities = 2048;

/** Whether an answer is one of the failures that agents send. */
export function isFailure(answer: Uint8Array): boolean {
  return failureNumbers.includes(answer[0] ?? agentFailure.number);
}

/** Whether the agent did what was asked. @throws DecodeError on any other answer than yes and no */
export function decodeOutcome(answer: Uint8Array): boolean {
  if (isFailure(answer)) return false;
  agentSuccess.decode(answer);
  return true;
}

/** The identities of an answer, as copies. @throws DecodeError on anything else, a failure included */
export function decodeIdentities(answer: Uint8Array): AgentIdentity[] {
  const { count, identities } = identitiesAnswer.decode(answer);
  if (count > maximumIdentities) throw new DecodeError('agent has too many identities');
  const reader = new Reader(identities);
  const found: AgentIdentity[] = [];
  for (let i = 0; i < count; i++) {
    const { key, comment } = identity.read(reader);
    found.push({ key: key.slice(), comment: utf8Decode(comment) });
  }
  reader.end();
  return found;
}

/** The request for a signature of `data` by `key`, with the algorithm's name (`rsa-sha2-512`, `ssh-ed25519` …). */
export function encodeSignRequest(key: Uint8Array, data: Uint8Array, algorithm: string): Uint8Array {
  const flags = algorithm.startsWith('rsa-sha2-512')
    ? signFlags.rsaSha512
    : algorithm.startsWith('rsa-sha2-256')
      ? signFlags.rsaSha256
      : 0;
  return signRequest.encode({ key, data, flags });
}

/** The signature blob of an answer, as a copy; undefined when the agent refused. @throws DecodeError */
export function decodeSignature(answer: Uint8Array): Uint8Array | undefined {
  if (isFailure(answer)) return undefined;
  return signResponse.decode(answer).signature.slice();
}

/** The answer to `query`: names one after the other, without a count. */
export function encodeQueryAnswer(names: readonly string[]): Uint8Array {
  const writer = new Writer();
  for (const name of names) writer.string(name);
  return extensionResponse.encode({ name: extensionNames.query, contents: writer.bytes() });
}

/** The extensions an agent says it has; undefined when it cannot say. @throws DecodeError */
export function decodeQueryAnswer(answer: Uint8Array): string[] | undefined {
  if (isFailure(answer)) return undefined;
  const { name, contents } = extensionResponse.decode(answer);
  if (name !== extensionNames.query) throw new DecodeError('agent answers another extension');
  const reader = new Reader(contents);
  const names: string[] = [];
  while (reader.remaining > 0) names.push(reader.text());
  return names;
}
