// mlkem768x25519-sha256: ML-KEM-768 and X25519 side by side (draft-ietf-sshm-mlkem-hybrid-kex section 2). The secret is
// the digest of both secrets, and goes into the hash as a string.

import type { CryptoProvider, KeyAgreement } from '../../../algorithms/crypto-provider.ts';
import { concatBytes } from '../../../wire/bytes.ts';
import { type KeyExchangeMethod, stringSecret } from './method.ts';

const publicKeyBytes = 1184;
const ciphertextBytes = 1088;
const pointBytes = 32;

function combine(crypto: CryptoProvider, parts: KemAndPoint): Uint8Array | undefined {
  const { kemSecret, own, point } = parts;
  const shared = own.agree(point);
  const combined = shared && crypto.digest('sha256', kemSecret, shared);
  kemSecret.fill(0);
  shared?.fill(0);
  return combined && stringSecret(combined);
}

interface KemAndPoint {
  readonly kemSecret: Uint8Array;
  readonly own: KeyAgreement;
  readonly point: Uint8Array;
}

export function mlkemHybrid(): KeyExchangeMethod {
  return {
    offer(crypto) {
      const kem = crypto.mlkem768();
      const own = crypto.x25519();
      return {
        value: concatBytes(kem.publicKey, own.publicValue),
        agree(serverValue) {
          if (serverValue.length !== ciphertextBytes + pointBytes) return undefined;
          const kemSecret = kem.decapsulate(serverValue.subarray(0, ciphertextBytes));
          if (kemSecret === undefined) return undefined;
          return combine(crypto, { kemSecret, own, point: serverValue.subarray(ciphertextBytes) });
        },
        free() {
          kem.free();
          own.free();
        },
      };
    },
    respond(crypto, clientValue) {
      if (clientValue.length !== publicKeyBytes + pointBytes) return undefined;
      const encapsulated = crypto.mlkem768Encapsulate(clientValue.subarray(0, publicKeyBytes));
      if (encapsulated === undefined) return undefined;
      const own = crypto.x25519();
      const point = clientValue.subarray(publicKeyBytes);
      const secret = combine(crypto, { kemSecret: encapsulated.sharedSecret, own, point });
      own.free();
      return secret && { value: concatBytes(encapsulated.ciphertext, own.publicValue), secret };
    },
  };
}
