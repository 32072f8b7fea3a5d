// The talk between who wants a signature in the host's name and the service that gives it: one request and one answer
// on a local socket, each behind its length as an agent's messages are. Who asks is not said here: the system tells it
// (SO_PEERCRED). Used by both sides.

import { boolean, byte, bytes, text } from '@sallyport/protocol/codec/fields';
import { struct } from '@sallyport/protocol/codec/struct';
import { errorText } from '@sallyport/system/system-error';
import { AgentSession } from 'sallyport/agent/agent-session';
import { keysignMessages } from './messages.ts';

/** Where the service listens unless told. */
export const defaultKeysignSocket = '/run/sallyport/keysign.sock';

/** Where a user's program looks for it: SSH_KEYSIGN_SOCKET names another place. */
export function keysignSocket(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['SSH_KEYSIGN_SOCKET'] || defaultKeysignSocket;
}

export const keysignVersion = 1;

/** `address`: our end of the connection, which gives the client's host its name; empty when it is no TCP socket. */
export const keysignRequest = struct({ version: byte, address: text, data: bytes });
/** The signature, or the reason why there is none. */
export const keysignAnswer = struct({ version: byte, isSigned: boolean, signature: bytes, reason: text });

/** What a signature is asked for. */
export interface HostClaim {
  readonly address: string | undefined;
  /** As hostbasedSignedData() builds it. */
  readonly data: Uint8Array;
}

export type HostSignature =
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody is there who could be asked. */
  | { readonly kind: 'absent' };

/** Longer than the service takes to look up a name. */
const patienceMs = 60_000;
/** No socket, or one that nobody listens on. */
const absentCodes: readonly string[] = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

/** Asks the service. Never rejects for what the service does. */
export async function askKeysignService(path: string, { address, data }: HostClaim): Promise<HostSignature> {
  await using session = new AgentSession(path);
  try {
    const request = keysignRequest.encode({ version: keysignVersion, address: address ?? '', data });
    const answer = keysignAnswer.decode(await session.ask(request, { timeoutMs: patienceMs }));
    if (answer.isSigned) return { kind: 'signed', signature: answer.signature.slice() };
    return { kind: 'refused', reason: answer.reason };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (absentCodes.includes(code)) return { kind: 'absent' };
    return { kind: 'refused', reason: code.startsWith('E') ? errorText(code) : keysignMessages.noAnswer };
  }
}
