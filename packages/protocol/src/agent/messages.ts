// Messages of the agent protocol (draft-ietf-sshm-ssh-agent sections 3 and 4) that ask for identities and signatures. A
// message is a number and its fields behind a length (framing.ts). What adds, removes and locks keys is not here.

import { bytes, rest, text, uint32 } from '../codec/fields.ts';
import { message, struct } from '../codec/struct.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';

export const agentFailure = message('SSH_AGENT_FAILURE', 5, {});
export const requestIdentities = message('SSH_AGENTC_REQUEST_IDENTITIES', 11, {});
/** `identities` holds `count` identities (decodeIdentities). */
export const identitiesAnswer = message('SSH_AGENT_IDENTITIES_ANSWER', 12, { count: uint32, identities: rest });
export const signRequest = message('SSH_AGENTC_SIGN_REQUEST', 13, { key: bytes, data: bytes, flags: uint32 });
export const signResponse = message('SSH_AGENT_SIGN_RESPONSE', 14, { signature: bytes });

/** The key blob and the comment of one identity. */
export const identity = struct({ key: bytes, comment: text });

/** Flags of a sign request: which digest an RSA key signs with; 0 is SHA-1, which the suite does not ask for. */
export const signFlags = { rsaSha256: 2, rsaSha512: 4 } as const;

export interface AgentIdentity {
  readonly key: Uint8Array;
  readonly comment: string;
}

/** Identities an agent may have; more is an error, as in OpenSSH. */
const maximumIdentities = 2048;

/** The identities of an answer, as copies. @throws DecodeError on anything else, a failure included */
export function decodeIdentities(answer: Uint8Array): AgentIdentity[] {
  const { count, identities } = identitiesAnswer.decode(answer);
  if (count > maximumIdentities) throw new DecodeError('agent has too many identities');
  const reader = new Reader(identities);
  const found: AgentIdentity[] = [];
  for (let i = 0; i < count; i++) {
    const { key, comment } = identity.read(reader);
    found.push({ key: key.slice(), comment });
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
  if (answer[0] === agentFailure.number) return undefined;
  return signResponse.decode(answer).signature.slice();
}
