// The method "publickey" (RFC 4252 section 7) and its variant that binds the server's host key into what is signed
// (PROTOCOL section 3.1). It builds the bytes that are signed; signing and verifying are the owner's.

import { Violation } from '../../failure/violation.ts';
import { hostBoundFields, publicKeyFields, userauthPublicKeyOk, userauthRequest } from '../../messages/userauth.ts';
import { concatBytes, equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { Writer } from '../../wire/writer.ts';
import { boundText, userauthBounds } from '../bounds.ts';
import type { UserauthAttempt, UserauthServerRequest } from '../events.ts';
import type { ClientContext, ClientStep, ReceivedRequest, UserauthMethod } from './method.ts';

const hostBoundName = 'publickey-hostbound-v00@openssh.com';
const nothing = new Uint8Array(0);

type PublicKeyAttempt = Extract<UserauthAttempt, { readonly method: 'publickey' }>;

type KeyRequest = Pick<PublicKeyAttempt, 'algorithm' | 'key' | 'hostBound'>;

/** The request up to its signature. */
function requestPayload(request: KeyRequest, context: ClientContext, signed: boolean): Uint8Array {
  const { algorithm, key, hostBound } = request;
  const { user, service, hostKey } = context;
  const common = { signed, algorithm, key, signature: nothing };
  const fields = hostBound ? hostBoundFields.encode({ ...common, hostKey }) : publicKeyFields.encode(common);
  return userauthRequest.encode({ user, service, method: hostBound ? hostBoundName : 'publickey', fields });
}

/** RFC 4252 section 7: the session identifier as a string, then the request up to its signature. */
function dataToSign(sessionId: Uint8Array, unsignedRequest: Uint8Array): Uint8Array {
  return new Writer().string(sessionId).raw(unsignedRequest).bytes();
}

/** What a signature of the request is over; a monitor builds it from what it knows itself. */
export function publicKeySignedData(request: KeyRequest, context: ClientContext): Uint8Array {
  return dataToSign(context.sessionId, requestPayload(request, context, true));
}

function askForSignature(attempt: PublicKeyAttempt, context: ClientContext): ClientStep {
  const { algorithm, key } = attempt;
  const data = publicKeySignedData(attempt, context);
  return { type: 'ask', question: { type: 'signature-wanted', algorithm, key, data } };
}

function readRequest({ method, fields, payload, sessionId, hostKey }: ReceivedRequest): UserauthServerRequest {
  const hostBound = method === hostBoundName;
  const request = hostBound ? hostBoundFields.decode(fields) : { ...publicKeyFields.decode(fields), hostKey };
  const algorithm = boundText('algorithm name', request.algorithm, userauthBounds.nameLength);
  if (!equalBytes(request.hostKey, hostKey)) {
    throw new Violation('message-malformed', 'host-bound signature request names another host key');
  }
  if (!request.signed) {
    if (request.signature.length > 0) throw new DecodeError('signature in a request that says it has none');
    return { method: 'publickey-query', algorithm, key: request.key, hostBound };
  }
  const reader = new Reader(request.signature);
  const signature = reader.string();
  reader.end();
  const signedData = dataToSign(sessionId, payload.subarray(0, payload.length - request.signature.length));
  return { method: 'publickey', algorithm, key: request.key, hostBound, signature, signedData };
}

export const publickey: UserauthMethod<'publickey'> = {
  name: 'publickey',
  wireNames: ['publickey', hostBoundName],
  client: {
    begin(attempt, context) {
      if (!attempt.probe) return askForSignature(attempt, context);
      const payload = requestPayload(attempt, context, false);
      return { type: 'send', payload, methodNumber: userauthPublicKeyOk.number };
    },
    receive(attempt, payload, context) {
      // The algorithm need not be the one asked for: some servers answer with the type of the key.
      if (!equalBytes(userauthPublicKeyOk.decode(payload).key, attempt.key)) {
        throw new Violation('message-unexpected', 'server accepts a key that was not offered');
      }
      return askForSignature(attempt, context);
    },
    answer({ attempt, command }, context) {
      if (command.type !== 'provide-signature') return undefined;
      const signature = new Writer(command.signature.length + 4).string(command.signature).bytes();
      return { type: 'send', payload: concatBytes(requestPayload(attempt, context, true), signature) };
    },
  },
  server: {
    secret: false,
    read: readRequest,
    answer(request, command) {
      if (request.method !== 'publickey-query' || command.type !== 'accept-key') return undefined;
      return { payload: userauthPublicKeyOk.encode({ algorithm: request.algorithm, key: request.key }) };
    },
  },
};
