// Elliptic curve Diffie-Hellman: NIST curves (RFC 5656 section 4) and X25519 (RFC 8731 section 3). The provider refuses
// points off the curve, wrong lengths and an all-zero result.

import type { CryptoProvider, KeyAgreement } from '../../../algorithms/crypto-provider.ts';
import type { KeyExchangeParameters } from '../../../algorithms/key-exchanges.ts';
import { type KeyExchangeMethod, mpintSecret } from './method.ts';

type EcdhParameters = Extract<KeyExchangeParameters, { readonly family: 'ecdh' }>;

export function ecdh({ curve }: EcdhParameters): KeyExchangeMethod {
  const begin = (crypto: CryptoProvider): KeyAgreement => (curve === 'x25519' ? crypto.x25519() : crypto.ecdh(curve));
  const agree = (own: KeyAgreement, peerValue: Uint8Array): Uint8Array | undefined => {
    const shared = own.agree(peerValue);
    return shared && mpintSecret(shared);
  };
  return {
    offer(crypto) {
      const own = begin(crypto);
      return { value: own.publicValue, agree: (serverValue) => agree(own, serverValue), free: () => own.free() };
    },
    respond(crypto, clientValue) {
      const own = begin(crypto);
      const secret = agree(own, clientValue);
      own.free();
      return secret && { value: own.publicValue, secret };
    },
  };
}
