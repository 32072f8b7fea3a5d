// Certificates of an authority whose private key a test holds. They certify what is usual; a test says what it is
// about.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Certificate, CertificateContent, CertificateSigner } from '@sallyport/protocol/keys/certificate';
import { buildCertificate, endOfTime } from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';

export interface Certified {
  readonly key: PublicKey;
  readonly authority: PrivateKey;
}

/** Alice's, for all time and without options, but for `changes`. */
export function certify(
  crypto: CryptoProvider,
  { key, authority }: Certified,
  changes: Partial<CertificateContent> = {},
): Promise<Certificate> {
  return buildCertificate(crypto, contentFor(key, changes), { signer: signerWith(crypto, authority) });
}

/** What certify() certifies. */
export function contentFor(key: PublicKey, changes: Partial<CertificateContent> = {}): CertificateContent {
  return {
    ...{ key, kind: 'user', serial: 1n, keyId: 'id', principals: ['alice'] },
    ...{ validAfter: 0n, validBefore: endOfTime, criticalOptions: [], extensions: [] },
    ...changes,
  };
}

/** Signs certificates and files with that key. */
export function signerWith(crypto: CryptoProvider, key: PrivateKey): CertificateSigner {
  return { publicKey: key.publicKey, sign: (algorithm, data) => key.sign(crypto, algorithm, data) };
}
