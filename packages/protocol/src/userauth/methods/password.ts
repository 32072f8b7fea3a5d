// The method "password" with its change request (RFC 4252 section 8). The password is bytes; which encoding and which
// length are right is the owner's business.

import { passwordFields, userauthPasswordChange, userauthRequest } from '../../messages/userauth.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { Writer } from '../../wire/writer.ts';
import type { ClientContext, ClientStep, UserauthMethod } from './method.ts';
import { secretPayload } from './secret-payload.ts';

function request({ user, service }: ClientContext, password: Uint8Array, newPassword?: Uint8Array): ClientStep {
  const writer = new Writer(password.length + (newPassword?.length ?? 0) + 16);
  writer.boolean(newPassword !== undefined).string(password);
  if (newPassword !== undefined) writer.string(newPassword);
  const fields = writer.bytes();
  writer.wipe();
  const payload = secretPayload(userauthRequest, { user, service, method: 'password', fields }, fields);
  return { type: 'send', payload, methodNumber: userauthPasswordChange.number };
}

export const password: UserauthMethod<'password'> = {
  name: 'password',
  client: {
    begin: (attempt, context) => request(context, attempt.password),
    receive(_attempt, payload) {
      const { prompt } = userauthPasswordChange.decode(payload);
      return { type: 'ask', question: { type: 'password-change-wanted', prompt } };
    },
    answer({ command }, context) {
      if (command.type !== 'change-password') return undefined;
      return request(context, command.password, command.newPassword);
    },
  },
  server: {
    secret: true,
    read({ fields }) {
      const { change, password: current, newPassword } = passwordFields.decode(fields);
      if (change) {
        const reader = new Reader(newPassword);
        const replacement = reader.string();
        reader.end();
        return { method: 'password', password: current, newPassword: replacement };
      }
      if (newPassword.length > 0) throw new DecodeError('bytes after the password');
      return { method: 'password', password: current, newPassword: undefined };
    },
    answer(_request, command) {
      if (command.type !== 'ask-password-change') return undefined;
      return { payload: userauthPasswordChange.encode({ prompt: command.prompt, language: '' }) };
    },
  },
};
