// Who signs certificates and files: a private key in memory, or an identity whose private half is in an agent. Keys of
// tokens sign through an agent only.

import { createCryptoProvider } from '@sallyport/crypto';
import { signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import {
  type Certificate,
  type CertificateSigner,
  decodeAnyKey,
  isCertificate,
} from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { KeyError } from '../errors.ts';
import { decoded } from './decoded.ts';
import { type Identity, isPrivateKey } from './identity.ts';
import { plainKeyOf } from './public-keys.ts';

/** A private key, or what signs with one elsewhere (agentIdentities()). */
export type Signer = PrivateKey | Identity;

export interface PreparedSigner {
  readonly signer: CertificateSigner;
  /** When the identity is a certificate. */
  readonly certificate: Certificate | undefined;
}

/** @throws KeyError `key-malformed` for an identity of no key, `key-unsupported` for a key that does not sign here */
export function prepareSigner(signer: Signer): PreparedSigner {
  const key = isPrivateKey(signer) ? signer.publicKey : decoded('identity', () => decodeAnyKey(signer.publicKey));
  const publicKey = plainKeyOf(key);
  const inToken = isPrivateKey(signer) && signer.securityKey !== undefined;
  if (inToken || signatureAlgorithmsOf(publicKey.type).length === 0) {
    throw new KeyError('key-unsupported', `a key of type ${publicKey.type} does not sign here`);
  }
  const crypto = createCryptoProvider();
  const sign = async (algorithm: string, data: Uint8Array): Promise<Uint8Array> => {
    const made = isPrivateKey(signer) ? signer.sign(crypto, algorithm, data) : await signer.sign(algorithm, data);
    if (made === undefined) throw new KeyError('signing-refused', 'the agent or its user refused to sign');
    return made;
  };
  return { signer: { publicKey, sign }, certificate: isCertificate(key) ? key : undefined };
}
