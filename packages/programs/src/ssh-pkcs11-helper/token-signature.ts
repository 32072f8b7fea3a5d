// Signatures by keys of tokens: what is signed, by which mechanism (PKCS #11, sections 6.1, 6.3 and 6.3.15), and the
// signature as SSH has it. RSA tokens sign the DigestInfo of RFC 8017 section 9.2; ECDSA tokens the digest.

import type { CryptoProvider, DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { verifySignature } from '@sallyport/protocol/keys/public-key';
import { keyTypeOfName } from '@sallyport/protocol/keys/types/table';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { derElement, derInteger, derTags } from '@sallyport/protocol/wire/der';
import { Writer } from '@sallyport/protocol/wire/writer';
import { mechanisms } from '@sallyport/system/pkcs11-names';

export interface SignaturePlan {
  readonly mechanism: number;
  readonly input: Uint8Array;
}

/** RFC 8017 section 9.2, note 1: what stands before the digest. */
const digestInfoPrefixes: Partial<Record<DigestName, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha512: '3051300d060960864801650304020305000440',
};

/** What the token must sign; undefined for an algorithm that is not of this key. */
export function planSignature(
  crypto: CryptoProvider,
  { key, algorithm, data }: { readonly key: PublicKey; readonly algorithm: string; readonly data: Uint8Array },
): SignaturePlan | undefined {
  const row = signatureAlgorithm(algorithm);
  if (row?.keyType !== key.type) return undefined;
  switch (key.parts.kind) {
    case 'ed25519':
      return { mechanism: mechanisms.eddsa, input: data };
    case 'ecdsa':
      return { mechanism: mechanisms.ecdsa, input: crypto.digest(row.digest, data) };
    case 'rsa': {
      const prefix = digestInfoPrefixes[row.digest];
      if (prefix === undefined) return undefined;
      const input = concatBytes(Buffer.from(prefix, 'hex'), crypto.digest(row.digest, data));
      return { mechanism: mechanisms.rsaPkcs, input };
    }
    default:
      return undefined;
  }
}

/** The signature blob; undefined when what the token gave does not verify. */
export function signatureBlob(
  crypto: CryptoProvider,
  made: { readonly key: PublicKey; readonly algorithm: string; readonly data: Uint8Array; readonly raw: Uint8Array },
): Uint8Array | undefined {
  const type = keyTypeOfName(made.key.type);
  if (type === undefined) return undefined;
  const writer = new Writer().string(made.algorithm);
  type.writeSignature(writer, made.raw);
  const { key, algorithm, data } = made;
  const signature = writer.bytes();
  return verifySignature(crypto, { key, algorithm, data, signature }) ? signature : undefined;
}

/** ECDSA's two numbers, as tokens give them, in DER. */
export function derOfNumbers(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const numbers = [raw.subarray(0, half), raw.subarray(half)].map(derInteger);
  return derElement(derTags.sequence, ...numbers);
}
