// A key or a certificate that a client logs in with: decoding, whether it fits its algorithm and is long enough, its
// signature, and how log lines name it.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { decodeAnyKey, isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PublicKey, SignatureFacts } from '@sallyport/protocol/keys/public-key';
import { examineSignature, keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { certificateDetail } from '@sallyport/protocol/log/stable-lines';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { named } from './certificate-login.ts';

export type OfferedKey = PublicKey | Certificate;

/** undefined when it is none of ours. */
export function decodeOfferedKey(blob: Uint8Array): OfferedKey | undefined {
  try {
    return decodeAnyKey(blob);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
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

/** `ED25519 SHA256:…`, with what a certificate says of itself. */
export function keyDetail(crypto: CryptoProvider, key: OfferedKey): string {
  const label = keyTypeLabel(key.type);
  const printed = fingerprint(crypto, plainKey(key));
  return isCertificate(key) ? certificateDetail(label, printed, named(key, crypto)) : `${label} ${printed}`;
}
