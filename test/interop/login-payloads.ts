// The few payloads of userauth and of the connection protocol that a transport under test needs to be let in, or to let
// somebody in, and to have something to say afterwards.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { channelOpen, globalRequest, requestFailure } from '@sallyport/protocol/messages/connection';
import { serviceAccept, serviceRequest } from '@sallyport/protocol/messages/transport';
import { publicKeyFields, userauthRequest, userauthSuccess } from '@sallyport/protocol/messages/userauth';
import { Writer } from '@sallyport/protocol/wire/writer';

export const numbers = {
  serviceRequest: serviceRequest.number,
  serviceAccept: serviceAccept.number,
  userauthRequest: userauthRequest.number,
  userauthSuccess: userauthSuccess.number,
  globalRequest: globalRequest.number,
  requestFailure: requestFailure.number,
  channelOpen: channelOpen.number,
} as const;

const nothing = new Uint8Array(0);

export const payloads = {
  requestUserauth: serviceRequest.encode({ service: 'ssh-userauth' }),
  acceptUserauth: serviceAccept.encode({ service: 'ssh-userauth' }),
  success: userauthSuccess.encode({}),
  /** Answered with REQUEST_FAILURE by whoever does not know it. */
  question: globalRequest.encode({ type: 'question@example.com', wantReply: true, fields: nothing }),
} as const;

/** A signed publickey request (RFC 4252 section 7). */
export function publicKeyRequest(
  crypto: CryptoProvider,
  user: string,
  signed: { readonly key: PrivateKey; readonly sessionId: Uint8Array },
): Uint8Array {
  const { key, sessionId } = signed;
  const { type: algorithm, blob } = key.publicKey;
  const request = (signature: Uint8Array): Uint8Array =>
    userauthRequest.encode({
      user,
      service: 'ssh-connection',
      method: 'publickey',
      fields: publicKeyFields.encode({ signed: true, algorithm, key: blob, signature }),
    });
  const data = new Writer().string(sessionId).raw(request(nothing)).bytes();
  return request(new Writer().string(key.sign(crypto, algorithm, data)).bytes());
}
