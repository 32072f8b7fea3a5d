// What a client asks an agent to sign when it logs in: the data of a public key request (RFC 4252 section 7; PROTOCOL
// section 3.1 with the host key). Agents read it that must know where a signature is going; nothing else is let
// through.

import { hostBoundFields, publicKeyFields, userauthRequest } from '../messages/userauth.ts';
import { equalBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';

export interface LoginRequest {
  readonly sessionId: Uint8Array;
  readonly user: string;
  /** Present in host-bound requests. */
  readonly hostKey: Uint8Array | undefined;
}

/** The login request in the data, as views; undefined when it is anything else or names another key. */
export function readLoginRequest(data: Uint8Array, key: Uint8Array): LoginRequest | undefined {
  try {
    const reader = new Reader(data);
    const sessionId = reader.string();
    const { user, service, method, fields } = userauthRequest.decode(reader.rest());
    if (service !== 'ssh-connection') return undefined;
    const hostBound = method === 'publickey-hostbound-v00@openssh.com';
    if (!hostBound && method !== 'publickey') return undefined;
    const bound = hostBound ? hostBoundFields.decode(fields) : undefined;
    const request = bound ?? publicKeyFields.decode(fields);
    if (!request.signed || request.signature.length > 0 || !equalBytes(request.key, key)) return undefined;
    return { sessionId, user, hostKey: bound?.hostKey };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
