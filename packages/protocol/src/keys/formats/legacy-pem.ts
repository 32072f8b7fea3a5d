// The old encryption of PEM key files: `Proc-Type: 4,ENCRYPTED` and `DEK-Info` with a cipher and its initial vector
// (RFC 1421 section 4.6.1); the key is the MD5 of the passphrase and the vector. It guards little and is here for the
// files that exist, and for those who ask for `-m PEM`.

import type { BlockCipherName, CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { hexDecode, hexEncode } from '../../wire/base64.ts';
import { concatBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { addPadding, removePadding } from './block-padding.ts';

interface LegacyCipher {
  readonly header: string;
  readonly name: BlockCipherName;
  readonly keyBytes: number;
  readonly blockBytes: number;
}

/** The first is what is written. */
const ciphers: readonly [LegacyCipher, ...LegacyCipher[]] = [
  { header: 'AES-128-CBC', name: 'aes128-cbc', keyBytes: 16, blockBytes: 16 },
  { header: 'AES-192-CBC', name: 'aes192-cbc', keyBytes: 24, blockBytes: 16 },
  { header: 'AES-256-CBC', name: 'aes256-cbc', keyBytes: 32, blockBytes: 16 },
  { header: 'DES-EDE3-CBC', name: '3des-cbc', keyBytes: 24, blockBytes: 8 },
];
const encrypted = '4,ENCRYPTED';
const saltBytes = 8;

export interface LegacySeal {
  readonly cipher: LegacyCipher;
  readonly iv: Uint8Array;
}

/** How the file is sealed; undefined: not at all. @throws DecodeError */
export function readLegacySeal(headers: ReadonlyMap<string, string>): LegacySeal | undefined {
  const information = headers.get('dek-info');
  if (headers.get('proc-type') !== encrypted) {
    if (information !== undefined) throw new DecodeError('PEM file with a cipher that is not encrypted');
    return undefined;
  }
  const [name = '', digits = ''] = (information ?? '').split(',');
  const cipher = ciphers.find(({ header }) => header === name.trim().toUpperCase());
  if (cipher === undefined) throw new DecodeError('PEM file has an unknown cipher');
  const iv = hexDecode(digits.trim());
  if (iv.length !== cipher.blockBytes) throw new DecodeError('PEM file has a wrong initial vector');
  return { cipher, iv };
}

/** The clear bytes, which the caller wipes; undefined when the passphrase is wrong. @throws DecodeError */
export function openLegacy(
  crypto: CryptoProvider,
  { cipher, iv }: LegacySeal,
  { passphrase, data }: { readonly passphrase: Uint8Array; readonly data: Uint8Array },
): Uint8Array | undefined {
  if (data.length === 0 || data.length % cipher.blockBytes !== 0) throw new DecodeError('PEM file is no whole block');
  const key = deriveKey(crypto, passphrase, { salt: iv.subarray(0, saltBytes), keyBytes: cipher.keyBytes });
  const clear = crypto.blockCipher(cipher.name, key, { iv, decrypt: true, data });
  key.fill(0);
  const bare = removePadding(clear, cipher.blockBytes)?.slice();
  clear.fill(0);
  return bare;
}

/** The encrypted bytes, and the headers that go with them, an empty line included. */
export function sealLegacy(
  crypto: CryptoProvider,
  clear: Uint8Array,
  passphrase: Uint8Array,
): { readonly data: Uint8Array; readonly headers: readonly string[] } {
  const [cipher] = ciphers;
  const iv = crypto.random(new Uint8Array(cipher.blockBytes));
  const key = deriveKey(crypto, passphrase, { salt: iv.subarray(0, saltBytes), keyBytes: cipher.keyBytes });
  const padded = addPadding(clear, cipher.blockBytes);
  const data = crypto.blockCipher(cipher.name, key, { iv, decrypt: false, data: padded });
  for (const secret of [key, padded]) secret.fill(0);
  const vector = hexEncode(iv).toUpperCase();
  return { data, headers: [`Proc-Type: ${encrypted}`, `DEK-Info: ${cipher.header},${vector}`, ''] };
}

/** MD5 of what came before, the passphrase and the salt, as often as the key needs it. */
function deriveKey(
  crypto: CryptoProvider,
  passphrase: Uint8Array,
  { salt, keyBytes }: { readonly salt: Uint8Array; readonly keyBytes: number },
): Uint8Array {
  let key: Uint8Array = new Uint8Array(0);
  let block: Uint8Array = new Uint8Array(0);
  while (key.length < keyBytes) {
    block = crypto.digest('md5', block, passphrase, salt);
    key = concatBytes(key, block);
  }
  return key.slice(0, keyBytes);
}
