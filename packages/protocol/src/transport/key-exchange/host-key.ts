// The client's check of the server's reply (RFC 4253 section 8): the host key or certificate is of the negotiated type,
// and its signature over the exchange hash is right. Whether the key is the host's is for the owner to say.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { signatureAlgorithm } from '../../algorithms/signatures.ts';
import { type Failure, failure } from '../../failure/failure.ts';
import { type Certificate, decodeAnyKey, isCertificate } from '../../keys/certificate.ts';
import { type PublicKey, verifySignature } from '../../keys/public-key.ts';

/** The key of a blob, if its type is that of the algorithm; keeps nothing of the blob. @throws DecodeError */
export function readHostKey(algorithm: string, blob: Uint8Array): PublicKey | Certificate | Failure {
  const key = decodeAnyKey(blob);
  if (signatureAlgorithm(algorithm)?.keyType === key.type) return key;
  return failure('key-exchange-failed', 'host key is not of the negotiated type');
}

export interface HostKeySignature {
  /** Of a certificate the certified key signs. */
  readonly key: PublicKey | Certificate;
  /** The negotiated one; a signature of another is refused. */
  readonly algorithm: string;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

export function hostKeySignatureIsRight(crypto: CryptoProvider, signed: HostKeySignature): boolean {
  const { hash, signature } = signed;
  const algorithm = signatureAlgorithm(signed.algorithm)?.signatureName;
  if (algorithm === undefined) return false;
  const key = isCertificate(signed.key) ? signed.key.key : signed.key;
  return verifySignature(crypto, { key, algorithm, data: hash, signature });
}
