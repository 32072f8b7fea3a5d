// OpenSSH's private key file (PROTOCOL.key): an armored container with the public key in clear and the private fields
// behind a cipher whose key bcrypt_pbkdf derives from a passphrase. One key a file, as every known writer does. Work
// that a file can ask for is bounded: rounds, salt and sizes are checked before anything is derived.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { bytes, rest, text, uint32 } from '../../codec/fields.ts';
import { struct, type ValueOf } from '../../codec/struct.ts';
import { base64Decode, base64Encode } from '../../wire/base64.ts';
import { readUint32, startsWithBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { PrivateKey } from '../private-key.ts';
import { decodePublicKey, type PublicKey } from '../public-key.ts';
import { keyTypeOfName } from '../types/table.ts';
import {
  openSection,
  type PrivateKeyCipherName,
  privateKeyCiphers,
  type Seal,
  sealSection,
} from './openssh-key-seal.ts';
import type { PrivateKeyFormat, SealedPrivateKey } from './private-key-format.ts';

export const defaultKdfRounds = 24;
/** Some twenty minutes of work; OpenSSH's default is 24. */
export const maximumKdfRounds = 1 << 18;
const maximumSaltBytes = 1024;
const newSaltBytes = 16;
const plainBlockBytes = 8;
const maximumPaddingBytes = 255;
const columns = 70;
const noTag = new Uint8Array(0);

const beginLine = '-----BEGIN OPENSSH PRIVATE KEY-----';
const endLine = '-----END OPENSSH PRIVATE KEY-----';
const beginBytes = utf8Encode(beginLine);
const endBytes = utf8Encode(`\n${endLine}`);
const magic = utf8Encode('openssh-key-v1\0');

const container = struct({
  cipher: text,
  kdf: text,
  kdfOptions: bytes,
  keyCount: uint32,
  publicKey: bytes,
  sealed: bytes,
  /** Of ciphers that have one; counted by no length. */
  tag: rest,
});
const bcryptOptions = struct({ salt: bytes, rounds: uint32 });

export const opensshKeyV1: PrivateKeyFormat = {
  name: 'openssh-key-v1',

  recognises(file) {
    return startsWithBytes(file, beginBytes, 0);
  },

  decode(file) {
    const packed = removeArmor(file);
    try {
      if (!startsWithBytes(packed, magic, 0)) throw new DecodeError('private key file has no openssh-key-v1 magic');
      return decodeContainer(container.decode(packed.slice(magic.length)));
    } finally {
      packed.fill(0);
    }
  },
};

function decodeContainer(fields: ValueOf<typeof container>): SealedPrivateKey {
  if (fields.keyCount !== 1) throw new DecodeError('private key file does not hold exactly one key');
  const seal = decodeSeal(fields);
  const publicKey = decodePublicKey(fields.publicKey);
  const { sealed, tag } = fields;
  const blockBytes = seal?.cipher.blockBytes ?? plainBlockBytes;
  if (tag.length !== (seal?.cipher.tagBytes ?? 0))
    throw new DecodeError('private key file has a tag of another length');
  if (sealed.length === 0 || sealed.length % blockBytes !== 0)
    throw new DecodeError('private section is no whole block');
  return {
    publicKey,
    encrypted: seal !== undefined,
    open(crypto, passphrase) {
      const clear = seal === undefined ? sealed.slice() : openSection(crypto, seal, { passphrase, data: sealed, tag });
      if (clear === undefined) return undefined;
      try {
        const checksAgree = clear.length >= 8 && readUint32(clear, 0) === readUint32(clear, 4);
        if (!checksAgree && seal !== undefined) return undefined;
        if (!checksAgree) throw new DecodeError('private section is damaged');
        return decodePrivateSection(crypto, clear.subarray(8), publicKey);
      } finally {
        clear.fill(0);
      }
    },
  };
}

function decodeSeal(fields: ValueOf<typeof container>): Seal | undefined {
  if (fields.cipher === 'none' && fields.kdf === 'none') {
    if (fields.kdfOptions.length > 0) throw new DecodeError('unencrypted private key file has KDF options');
    return undefined;
  }
  const cipher = privateKeyCiphers.find((row) => row.name === fields.cipher);
  if (cipher === undefined || fields.kdf !== 'bcrypt') throw new DecodeError('unknown private key cipher or KDF');
  const { salt, rounds } = bcryptOptions.decode(fields.kdfOptions);
  if (salt.length === 0 || salt.length > maximumSaltBytes) throw new DecodeError('KDF salt has a refused length');
  if (rounds === 0 || rounds > maximumKdfRounds) throw new DecodeError('KDF rounds are out of bounds');
  return { cipher, salt, rounds };
}

function decodePrivateSection(crypto: CryptoProvider, section: Uint8Array, publicKey: PublicKey): PrivateKey {
  const reader = new Reader(section);
  const type = keyTypeOfName(reader.text());
  if (type === undefined || type.name !== publicKey.type) throw new DecodeError('private and public key types differ');
  const parts = type.readPrivate(reader);
  const comment = reader.text();
  checkPadding(reader.rest());
  const key = new PrivateKey(parts, comment);
  if (crypto.equal(key.publicKey.blob, publicKey.blob) && key.isConsistent(crypto)) return key;
  key.wipe();
  throw new DecodeError('private key does not belong to the public key');
}

function checkPadding(padding: Uint8Array): void {
  if (padding.length > maximumPaddingBytes) throw new DecodeError('private section has too much padding');
  for (const [index, byte] of padding.entries()) {
    if (byte !== index + 1) throw new DecodeError('private section has wrong padding');
  }
}

export interface OpensshKeyOptions {
  /** Absent or empty: the key is written in clear. */
  readonly passphrase?: Uint8Array | undefined;
  /** Replaces the key's own comment. */
  readonly comment?: string | undefined;
  readonly cipher?: PrivateKeyCipherName | undefined;
  readonly rounds?: number | undefined;
}

/** The file's text, final newline included. @throws RangeError for rounds out of bounds */
export function encodeOpensshKeyV1(crypto: CryptoProvider, key: PrivateKey, options: OpensshKeyOptions = {}): string {
  const { passphrase, comment = key.comment, cipher: name = 'aes256-ctr', rounds = defaultKdfRounds } = options;
  if (!(rounds >= 1 && rounds <= maximumKdfRounds)) throw new RangeError('KDF rounds are out of bounds');
  const cipher = privateKeyCiphers.find((row) => row.name === name) ?? privateKeyCiphers[0];
  const encrypted = passphrase !== undefined && passphrase.length > 0;
  const clear = encodePrivateSection(crypto, key, {
    comment,
    blockBytes: encrypted ? cipher.blockBytes : plainBlockBytes,
  });
  const salt = crypto.random(new Uint8Array(newSaltBytes));
  const seal = { cipher, salt, rounds };
  const sealed = encrypted ? sealSection(crypto, seal, { passphrase, data: clear }) : { data: clear, tag: noTag };
  const writer = new Writer(1024).raw(magic);
  container.write(writer, {
    cipher: encrypted ? cipher.name : 'none',
    kdf: encrypted ? 'bcrypt' : 'none',
    kdfOptions: encrypted ? bcryptOptions.encode({ salt, rounds }) : new Uint8Array(0),
    keyCount: 1,
    publicKey: key.publicKey.blob,
    sealed: sealed.data,
    tag: sealed.tag,
  });
  clear.fill(0);
  const packed = writer.bytes();
  writer.wipe();
  const armored = addArmor(packed);
  packed.fill(0);
  return armored;
}

function encodePrivateSection(
  crypto: CryptoProvider,
  key: PrivateKey,
  { comment, blockBytes }: { readonly comment: string; readonly blockBytes: number },
): Uint8Array {
  const check = crypto.random(new Uint8Array(4));
  const writer = new Writer(1024).raw(check).raw(check);
  key.writeTo(writer);
  writer.string(comment);
  for (let padding = 1; writer.length % blockBytes !== 0; padding++) writer.byte(padding);
  const section = writer.bytes();
  writer.wipe();
  return section;
}

function addArmor(packed: Uint8Array): string {
  const lines = base64Encode(packed).match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return `${[beginLine, ...lines, endLine].join('\n')}\n`;
}

/** The bytes between the marker lines; what follows the end line is not looked at. @throws DecodeError */
function removeArmor(file: Uint8Array): Uint8Array {
  const from = beginBytes.length;
  if (!startsWithBytes(file, beginBytes, 0) || !isBlank(file[from]))
    throw new DecodeError('private key file has no begin line');
  let to = from;
  while (to < file.length && !startsWithBytes(file, endBytes, to)) to++;
  if (to === file.length) throw new DecodeError('private key file has no end line');
  const digits = file.slice(from, to);
  let count = 0;
  for (const code of digits) if (!isBlank(code)) digits[count++] = code;
  try {
    return base64Decode(digits.subarray(0, count));
  } finally {
    digits.fill(0);
  }
}

function isBlank(code: number | undefined): boolean {
  return code === 0x0a || code === 0x0d || code === 0x20 || code === 0x09;
}
