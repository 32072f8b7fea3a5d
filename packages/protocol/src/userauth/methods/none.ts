// The method "none" (RFC 4252 section 5.2): asks which methods would do, and logs in where none is needed.
// Whether it is accepted is for the owner of the server to say.

import { struct } from '../../codec/struct.ts';
import { userauthRequest } from '../../messages/userauth.ts';
import type { UserauthMethod } from './method.ts';

const noFields = struct({});

export const none: UserauthMethod<'none'> = {
  name: 'none',
  client: {
    begin(_attempt, { user, service }) {
      const fields = noFields.encode({});
      return { type: 'send', payload: userauthRequest.encode({ user, service, method: 'none', fields }) };
    },
  },
  server: {
    secret: false,
    read({ fields }) {
      noFields.decode(fields);
      return { method: 'none' };
    },
  },
};
