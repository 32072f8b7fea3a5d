// The method "hostbased" (RFC 4252 section 9), the server's half: the client's host vouches for its user. Which hosts
// are trusted, and whether the signature is right, is the owner's to judge.

import { hostbasedFields, userauthRequest } from '../../messages/userauth.ts';
import { Writer } from '../../wire/writer.ts';
import { boundText, userauthBounds } from '../bounds.ts';
import type { UserauthServerRequest } from '../events.ts';
import type { ClientContext, ServerMethod } from './method.ts';

type HostRequest = Pick<
  Extract<UserauthServerRequest, { readonly method: 'hostbased' }>,
  'algorithm' | 'key' | 'clientHost' | 'clientUser'
>;

const nothing = new Uint8Array(0);
/** Of the empty signature that the request would have. */
const lengthBytes = 4;

/** What a signature of the request is over; a monitor builds it from what it knows itself. */
export function hostbasedSignedData(request: HostRequest, context: Omit<ClientContext, 'hostKey'>): Uint8Array {
  const { user, service, sessionId } = context;
  const { algorithm, key, clientHost, clientUser } = request;
  const fields = hostbasedFields.encode({ algorithm, key, clientHost, clientUser, signature: nothing });
  const payload = userauthRequest.encode({ user, service, method: 'hostbased', fields });
  return new Writer()
    .string(sessionId)
    .raw(payload.subarray(0, payload.length - lengthBytes))
    .bytes();
}

export const hostbased: { readonly name: 'hostbased'; readonly server: ServerMethod } = {
  name: 'hostbased',
  server: {
    secret: false,
    read({ fields }) {
      const { algorithm, key, clientHost, clientUser, signature } = hostbasedFields.decode(fields);
      boundText('algorithm name', algorithm, userauthBounds.nameLength);
      boundText('client host name', clientHost, userauthBounds.userLength);
      boundText('client user name', clientUser, userauthBounds.userLength);
      return { method: 'hostbased', algorithm, key, clientHost, clientUser, signature };
    },
  },
};
