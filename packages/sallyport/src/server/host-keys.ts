// The keys that a server proves itself with: private keys, and certificates of them, which sign as their key does.
// Whether a certificate still holds is for clients to find out.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import {
  defaultCertificateAlgorithms,
  defaultSignatureAlgorithms,
  signatureAlgorithm,
  signatureAlgorithmsOf,
} from '@sallyport/protocol/algorithms/signatures';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { OfferedHostKey } from '@sallyport/protocol/transport/options';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { parsePublicKey } from '../keys/public-keys.ts';

interface HeldKey extends OfferedHostKey {
  readonly key: PrivateKey;
}

export class HostKeys {
  /** Certificates first: a client that asks for none takes the plain key. */
  readonly offered: readonly HeldKey[];
  /** Names in order of preference. */
  readonly algorithms: readonly string[];

  /**
   * @throws TypeError for no key at all, for a certificate of a user or of a key that is not there
   * @throws KeyError `key-malformed` for a line that is no certificate
   */
  constructor(keys: readonly PrivateKey[], certificates: readonly (string | Certificate)[] = []) {
    if (keys.length === 0) throw new TypeError('a server needs a host key');
    const certified = certificates.map((given) => certifiedKey(given, keys));
    this.offered = [...certified, ...keys.map((key) => heldKey(key.publicKey, key))];
    const first = certified.length > 0 ? defaultCertificateAlgorithms : [];
    this.algorithms = [...first, ...defaultSignatureAlgorithms];
  }

  /** The signature by a key or the key of a certificate; undefined when it is none of ours. */
  sign(
    crypto: CryptoProvider,
    wanted: { readonly hostKey: Uint8Array; readonly algorithm: string; readonly data: Uint8Array },
  ): Uint8Array | undefined {
    const held = this.offered.find(({ blob }) => equalBytes(blob, wanted.hostKey));
    const name = signatureAlgorithm(wanted.algorithm)?.signatureName ?? wanted.algorithm;
    return held?.key.sign(crypto, name, wanted.data);
  }
}

function certifiedKey(given: string | Certificate, keys: readonly PrivateKey[]): HeldKey {
  const certificate = typeof given === 'string' ? parsePublicKey(given).key : given;
  if (!isCertificate(certificate) || certificate.kind !== 'host') throw new TypeError('not a certificate for a host');
  const key = keys.find(({ publicKey }) => equalBytes(publicKey.blob, certificate.key.blob));
  if (key === undefined) throw new TypeError('a host certificate is for none of the host keys');
  return heldKey(certificate, key);
}

function heldKey({ type, blob }: { readonly type: string; readonly blob: Uint8Array }, key: PrivateKey): HeldKey {
  return { algorithms: signatureAlgorithmsOf(type).map(({ name }) => name), blob, key };
}
