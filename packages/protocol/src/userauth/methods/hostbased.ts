// The method "hostbased" (RFC 4252 section 9): the client's host vouches for its user. What is signed is built here and
// taken apart again, for whoever signs in the host's name. Which hosts are trusted, and whether a signature is right,
// is the owner's to judge.

import { hostbasedFields, userauthRequest } from '../../messages/userauth.ts';
import { equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { Writer } from '../../wire/writer.ts';
import { boundText, userauthBounds } from '../bounds.ts';
import type { UserauthAttempt } from '../events.ts';
import type { ClientContext, UserauthMethod } from './method.ts';

type HostbasedAttempt = Extract<UserauthAttempt, { readonly method: 'hostbased' }>;

/** What a host vouches for. */
export type HostRequest = Omit<HostbasedAttempt, 'method'>;

type SignedContext = Omit<ClientContext, 'hostKey'>;

const nothing = new Uint8Array(0);
/** Of the empty signature that the request would have. */
const lengthBytes = 4;

function requestPayload(request: HostRequest, context: SignedContext, signature: Uint8Array): Uint8Array {
  const { user, service } = context;
  const { algorithm, key, clientHost, clientUser } = request;
  const fields = hostbasedFields.encode({ algorithm, key, clientHost, clientUser, signature });
  return userauthRequest.encode({ user, service, method: 'hostbased', fields });
}

/** What a signature of the request is over; a monitor builds it from what it knows itself. */
export function hostbasedSignedData(request: HostRequest, context: SignedContext): Uint8Array {
  const payload = requestPayload(request, context, nothing);
  return new Writer()
    .string(context.sessionId)
    .raw(payload.subarray(0, payload.length - lengthBytes))
    .bytes();
}

/**
 * Takes apart what hostbasedSignedData() builds, and only that: data that it would not have built byte for byte is
 * refused. Views of the data. @throws DecodeError, Violation
 */
export function readHostbasedSignedData(data: Uint8Array): HostRequest & SignedContext {
  const reader = new Reader(data);
  const sessionId = reader.string();
  const whole = new Writer().raw(reader.rest()).string(nothing).bytes();
  const { user, service, fields } = userauthRequest.decode(whole);
  const { algorithm, key, clientHost, clientUser } = hostbasedFields.decode(fields);
  const request = { sessionId, user, service, algorithm, key, clientHost, clientUser };
  boundTexts(request);
  boundText('user name', user, userauthBounds.userLength);
  if (!equalBytes(hostbasedSignedData(request, request), data)) throw new DecodeError('not a hostbased request');
  return request;
}

function boundTexts({ algorithm, clientHost, clientUser }: Omit<HostRequest, 'key'>): void {
  boundText('algorithm name', algorithm, userauthBounds.nameLength);
  boundText('client host name', clientHost, userauthBounds.userLength);
  boundText('client user name', clientUser, userauthBounds.userLength);
}

export const hostbased: UserauthMethod<'hostbased'> = {
  name: 'hostbased',
  client: {
    begin(attempt, context) {
      const { algorithm, key } = attempt;
      const data = hostbasedSignedData(attempt, context);
      return { type: 'ask', question: { type: 'signature-wanted', algorithm, key, data } };
    },
    answer({ attempt, command }, context) {
      if (command.type !== 'provide-signature') return undefined;
      return { type: 'send', payload: requestPayload(attempt, context, command.signature) };
    },
  },
  server: {
    secret: false,
    read({ fields }) {
      const { signature, ...request } = hostbasedFields.decode(fields);
      boundTexts(request);
      return { method: 'hostbased', ...request, signature };
    },
  },
};
