// Private keys in PEM: PKCS#1 (`RSA PRIVATE KEY`), SEC1 (`EC PRIVATE KEY`), OpenSSL's `DSA PRIVATE KEY` and PKCS#8
// (`PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`), read and written. They have no comment. The public half is known only when
// the key is open.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { DecodeError, tryDecode } from '../../wire/decode-error.ts';
import { PrivateKey } from '../private-key.ts';
import type { PrivateParts } from '../types/key-type.ts';
import { type Armored, armorLabel, decodeArmor, encodeArmor } from './armor.ts';
import { readDsaPrivate, writeDsaPrivate } from './asn1-dsa.ts';
import {
  type Asn1PrivateParts,
  hasAsn1Form,
  readEcPrivate,
  readPkcs8,
  readRsaPrivate,
  writeEcPrivate,
  writePkcs8,
  writeRsaPrivate,
} from './asn1-keys.ts';
import { copyParts, wipeParts } from './copy-parts.ts';
import { openLegacy, readLegacySeal, sealLegacy } from './legacy-pem.ts';
import { openPkcs8, readSealedPkcs8, sealPkcs8 } from './pbes2.ts';
import type { PrivateKeyFormat, SealedPrivateKey } from './private-key-format.ts';

const labels = {
  pkcs1: 'RSA PRIVATE KEY',
  sec1: 'EC PRIVATE KEY',
  dsa: 'DSA PRIVATE KEY',
  pkcs8: 'PRIVATE KEY',
  sealedPkcs8: 'ENCRYPTED PRIVATE KEY',
} as const;

type ReadParts = (crypto: CryptoProvider, der: Uint8Array) => Asn1PrivateParts;

/** The key of clear DER, which is wiped. @throws DecodeError */
function keyOf(crypto: CryptoProvider, der: Uint8Array, read: ReadParts): PrivateKey {
  try {
    const key = new PrivateKey(read(crypto, der));
    if (key.isConsistent(crypto)) return key;
    key.wipe();
    throw new DecodeError('numbers make no key');
  } finally {
    der.fill(0);
  }
}

/** A format whose clear bytes may be behind DEK-Info. */
function legacyFormat(label: string, read: ReadParts): PrivateKeyFormat {
  return {
    name: label,
    recognises: (file) => armorLabel(file) === label,
    decode: (file) => sealedLegacy(decodeArmor(file), read),
  };
}

function sealedLegacy({ headers, data }: Armored, read: ReadParts): SealedPrivateKey {
  const seal = readLegacySeal(headers);
  return {
    publicKey: undefined,
    encrypted: seal !== undefined,
    open(crypto, passphrase) {
      const der = seal === undefined ? data.slice() : openLegacy(crypto, seal, { passphrase, data });
      if (der === undefined) return undefined;
      return seal === undefined ? keyOf(crypto, der, read) : keyOrWrongPassphrase(crypto, der, read);
    },
  };
}

/** One wrong passphrase in 256 leaves something that looks like padding. */
function keyOrWrongPassphrase(crypto: CryptoProvider, der: Uint8Array, read: ReadParts): PrivateKey | undefined {
  return tryDecode(() => keyOf(crypto, der, read));
}

const sealedPkcs8: PrivateKeyFormat = {
  name: labels.sealedPkcs8,
  recognises: (file) => armorLabel(file) === labels.sealedPkcs8,
  decode(file) {
    const sealed = readSealedPkcs8(decodeArmor(file).data);
    return {
      publicKey: undefined,
      encrypted: true,
      open(crypto, passphrase) {
        const der = openPkcs8(crypto, sealed, passphrase);
        return der === undefined ? undefined : keyOrWrongPassphrase(crypto, der, readPkcs8);
      },
    };
  },
};

export const pemFormats: readonly PrivateKeyFormat[] = [
  legacyFormat(labels.pkcs1, (_crypto, der) => readRsaPrivate(der)),
  legacyFormat(labels.sec1, (crypto, der) => readEcPrivate(crypto, der)),
  legacyFormat(labels.dsa, (_crypto, der) => readDsaPrivate(der)),
  legacyFormat(labels.pkcs8, readPkcs8),
  sealedPkcs8,
];

export type PemVariant = 'PEM' | 'PKCS8';

/**
 * The file's text: for 'PEM' PKCS#1, SEC1 or the like, which Ed25519 has not, for 'PKCS8' that; encrypted unless the
 * passphrase is empty. undefined for keys that have no such form.
 */
export function encodePem(
  crypto: CryptoProvider,
  key: PrivateKey,
  options: { readonly variant: PemVariant; readonly passphrase?: Uint8Array | undefined },
): string | undefined {
  const parts = copyParts(key);
  if (parts === undefined) return undefined;
  try {
    if (!hasAsn1Form(parts)) return undefined;
    const { variant, passphrase = new Uint8Array(0) } = options;
    return variant === 'PKCS8' ? encodePkcs8(crypto, parts, passphrase) : encodeLegacy(crypto, parts, passphrase);
  } finally {
    wipeParts(parts);
  }
}

function encodePkcs8(crypto: CryptoProvider, parts: Asn1PrivateParts, passphrase: Uint8Array): string {
  const der = writePkcs8(parts);
  const isSealed = passphrase.length > 0;
  const data = isSealed ? sealPkcs8(crypto, der, passphrase) : der;
  const text = encodeArmor({ label: isSealed ? labels.sealedPkcs8 : labels.pkcs8, data });
  der.fill(0);
  return text;
}

function encodeLegacy(crypto: CryptoProvider, parts: Asn1PrivateParts, passphrase: Uint8Array): string | undefined {
  if (parts.kind === 'ed25519') return undefined;
  const { label, der } = legacyDer(parts);
  const sealed = passphrase.length > 0 ? sealLegacy(crypto, der, passphrase) : { data: der };
  const text = encodeArmor({ label, ...sealed });
  der.fill(0);
  return text;
}

function legacyDer(parts: Exclude<Asn1PrivateParts, PrivateParts<'ed25519'>>): {
  readonly label: string;
  readonly der: Uint8Array;
} {
  if (parts.kind === 'rsa') return { label: labels.pkcs1, der: writeRsaPrivate(parts) };
  if (parts.kind === 'dsa') return { label: labels.dsa, der: writeDsaPrivate(parts) };
  return { label: labels.sec1, der: writeEcPrivate(parts, { namesCurve: true }) };
}
