// Messages of the authentication protocol: RFC 4252 sections 5 to 8, RFC 4256 section 3. Method-specific tails of a
// request are structs of their own behind `rest`.

import { boolean, bytes, names, rest, text, uint32 } from '../codec/fields.ts';
import { message, struct, type ValueOf } from '../codec/struct.ts';

export const userauthRequest = message('USERAUTH_REQUEST', 50, {
  user: text,
  service: text,
  method: text,
  fields: rest,
});
export const userauthFailure = message('USERAUTH_FAILURE', 51, { methods: names, partialSuccess: boolean });
export const userauthSuccess = message('USERAUTH_SUCCESS', 52, {});
export const userauthBanner = message('USERAUTH_BANNER', 53, { text, language: text });

/** RFC 4252 section 7: after the `signed` flag come algorithm and key, then the signature if signed. */
export const publicKeyFields = struct({ signed: boolean, algorithm: text, key: bytes, signature: rest });
/** publickey-hostbound-v00@openssh.com, PROTOCOL section 3.1: the server's host key comes before the signature. */
export const hostBoundFields = struct({
  signed: boolean,
  algorithm: text,
  key: bytes,
  hostKey: bytes,
  signature: rest,
});
export const userauthPublicKeyOk = message('USERAUTH_PK_OK', 60, { algorithm: text, key: bytes });

/** RFC 4252 section 9. */
export const hostbasedFields = struct({
  algorithm: text,
  key: bytes,
  clientHost: text,
  clientUser: text,
  signature: bytes,
});

/** RFC 4252 section 8; with `change` the new password follows. */
export const passwordFields = struct({ change: boolean, password: bytes, newPassword: rest });
export const userauthPasswordChange = message('USERAUTH_PASSWD_CHANGEREQ', 60, { prompt: text, language: text });

export const keyboardInteractiveFields = struct({ language: text, submethods: text });
/** `prompts` holds `count` pairs of text and echo flag. */
export const userauthInfoRequest = message('USERAUTH_INFO_REQUEST', 60, {
  name: text,
  instruction: text,
  language: text,
  count: uint32,
  prompts: rest,
});
/** `responses` holds `count` strings. */
export const userauthInfoResponse = message('USERAUTH_INFO_RESPONSE', 61, { count: uint32, responses: rest });

export type UserauthRequest = ValueOf<typeof userauthRequest>;
