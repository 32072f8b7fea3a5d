// A key or a certificate that a client logs in with: decoding, whether it fits its algorithm and is long enough, its
// signature, and what a token's signature may lack. A certificate is never taken as the plain key in it, nor a plain
// key as a certificate: the algorithm says which is meant. Whether the key may log in is for the caller to find out.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { signatureAlgorithm } from '../algorithms/signatures.ts';
import { tryDecode } from '../wire/decode-error.ts';
import { type Certificate, decodeAnyKey, isCertificate } from './certificate.ts';
import { examineSignature, type PublicKey, type SignatureFacts } from './public-key.ts';

export type OfferedKey = PublicKey | Certificate;

/** undefined when it is none of ours. */
export function decodeOfferedKey(blob: Uint8Array): OfferedKey | undefined {
  return tryDecode(() => decodeAnyKey(blob));
}

/** The key that signs. */
export function plainKey(key: OfferedKey): PublicKey {
  return isCertificate(key) ? key.key : key;
}

/** Whether the algorithm is one for such a key, and its RSA keys have that many bits. */
export function fitsAlgorithm(key: OfferedKey, algorithm: string, minimumRsaBits: number): boolean {
  const keys = isCertificate(key) ? [key.key, key.authority] : [key];
  const isLongEnough = keys.every(({ type, bits }) => type !== 'ssh-rsa' || bits >= minimumRsaBits);
  return isLongEnough && signatureAlgorithm(algorithm)?.keyType === key.type;
}

/** What a right signature says of its token; undefined when it is not right. Whether it is enough: missingProof(). */
export function examineOffered(
  crypto: CryptoProvider,
  key: OfferedKey,
  made: { readonly algorithm: string; readonly data: Uint8Array; readonly signature: Uint8Array },
): SignatureFacts | undefined {
  const row = signatureAlgorithm(made.algorithm);
  if (row === undefined || row.keyType !== key.type) return undefined;
  return examineSignature(crypto, { ...made, key: plainKey(key), algorithm: row.signatureName });
}

export interface TokenDemands {
  readonly touchRequired: boolean;
  readonly verifyRequired: boolean;
}

/** What a token's signature lacks, as log lines say it; undefined when nothing is demanded that is not there. */
export function missingProof({ securityKey }: SignatureFacts, ...demands: readonly TokenDemands[]): string | undefined {
  if (securityKey === undefined) return undefined;
  const { userPresent, userVerified } = securityKey;
  if (!userPresent && demands.some(({ touchRequired }) => touchRequired))
    return 'user presence (authenticator touch) requirement not met';
  if (!userVerified && demands.some(({ verifyRequired }) => verifyRequired))
    return 'user verification requirement not met';
  return undefined;
}
