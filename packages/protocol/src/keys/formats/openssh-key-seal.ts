// How the private part of openssh-key-v1 is sealed (PROTOCOL.key section 3): bcrypt_pbkdf makes key and iv of the
// passphrase, and one of these ciphers hides the section. Those that authenticate put a tag behind it.

import type { AeadCipher, BlockCipherName, CryptoProvider } from '../../algorithms/crypto-provider.ts';

interface FileCipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
  readonly blockBytes: number;
  readonly tagBytes: number;
}

const gcm = { ivBytes: 12, blockBytes: 16, tagBytes: 16 } as const;
const aes = { ivBytes: 16, blockBytes: 16, tagBytes: 0 } as const;

/** The ciphers a file may use, the default first. */
export const privateKeyCiphers = [
  { name: 'aes256-ctr', keyBytes: 32, ...aes },
  { name: 'aes192-ctr', keyBytes: 24, ...aes },
  { name: 'aes128-ctr', keyBytes: 16, ...aes },
  { name: 'aes256-cbc', keyBytes: 32, ...aes },
  { name: 'aes192-cbc', keyBytes: 24, ...aes },
  { name: 'aes128-cbc', keyBytes: 16, ...aes },
  { name: '3des-cbc', keyBytes: 24, ivBytes: 8, blockBytes: 8, tagBytes: 0 },
  { name: 'aes128-gcm@openssh.com', keyBytes: 16, ...gcm },
  { name: 'aes256-gcm@openssh.com', keyBytes: 32, ...gcm },
  { name: 'chacha20-poly1305@openssh.com', keyBytes: 64, ivBytes: 0, blockBytes: 8, tagBytes: 16 },
] as const satisfies readonly FileCipher[];

type PrivateKeyCipher = (typeof privateKeyCiphers)[number];
export type PrivateKeyCipherName = PrivateKeyCipher['name'];

/** Sizes are the caller's to check. */
export interface Seal {
  readonly cipher: PrivateKeyCipher;
  readonly salt: Uint8Array;
  readonly rounds: number;
}

interface Sealed {
  readonly data: Uint8Array;
  readonly tag: Uint8Array;
}

const nothing = new Uint8Array(0);

/** @throws Error for a passphrase that bcrypt_pbkdf refuses */
export function sealSection(
  crypto: CryptoProvider,
  seal: Seal,
  { passphrase, data }: { readonly passphrase: Uint8Array; readonly data: Uint8Array },
): Sealed {
  const sealed = withKey(crypto, { ...seal, passphrase }, ({ key, iv }) => {
    const aead = authenticating(crypto, seal.cipher.name, key);
    if (typeof aead === 'string') {
      return { data: crypto.blockCipher(aead, key, { iv, decrypt: false, data }), tag: nothing };
    }
    const target = { data: data.slice(), tag: new Uint8Array(seal.cipher.tagBytes) };
    aead.seal(iv, nothing, target);
    aead.free();
    return target;
  });
  if (sealed === undefined) throw new Error('passphrase was refused');
  return sealed;
}

/** The section; undefined for a passphrase that is refused, or a tag that is not right. */
export function openSection(
  crypto: CryptoProvider,
  seal: Seal,
  { passphrase, data, tag }: Sealed & { readonly passphrase: Uint8Array },
): Uint8Array | undefined {
  return withKey(crypto, { ...seal, passphrase }, ({ key, iv }) => {
    const aead = authenticating(crypto, seal.cipher.name, key);
    if (typeof aead === 'string') return crypto.blockCipher(aead, key, { iv, decrypt: true, data });
    const target = { data: data.slice(), tag };
    const isRight = aead.open(iv, nothing, target);
    aead.free();
    return isRight ? target.data : undefined;
  });
}

/** The cipher that has a tag, or the name of one that has none. */
function authenticating(
  crypto: CryptoProvider,
  name: PrivateKeyCipherName,
  key: Uint8Array,
): AeadCipher | BlockCipherName {
  if (name === 'chacha20-poly1305@openssh.com') return crypto.chachaPolyBlob(key);
  return name === 'aes128-gcm@openssh.com' || name === 'aes256-gcm@openssh.com' ? crypto.aesGcm(key) : name;
}

function withKey<Made>(
  crypto: CryptoProvider,
  { cipher, salt, rounds, passphrase }: Seal & { readonly passphrase: Uint8Array },
  use: (derived: { readonly key: Uint8Array; readonly iv: Uint8Array }) => Made,
): Made | undefined {
  const lengthBytes = cipher.keyBytes + cipher.ivBytes;
  const derived = crypto.bcryptPbkdf(passphrase, salt, { rounds, lengthBytes });
  if (derived === undefined) return undefined;
  try {
    return use({ key: derived.subarray(0, cipher.keyBytes), iv: derived.subarray(cipher.keyBytes) });
  } finally {
    derived.fill(0);
  }
}
