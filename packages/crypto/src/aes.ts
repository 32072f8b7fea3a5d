// AES in counter mode (RFC 4344 section 4), AES-GCM (RFC 5647) and the block ciphers of private key files, by the
// runtime. Keys are KeyObjects: on Node a raw key costs up to 50 microseconds at every packet.

import { createCipheriv, createDecipheriv, createSecretKey, type DecipherGCM } from 'node:crypto';
import type {
  AeadCipher,
  BlockCipherName,
  CryptoProvider,
  StreamCipher,
} from '@sallyport/protocol/algorithms/crypto-provider';
import { type DiscardMemory, memoryDiscard } from './discarded-memory.ts';

const tagBytes = 16;

/** The ciphers of packets, which share where they leave the memory of the runtime's output. */
export function aesCiphers(): Pick<CryptoProvider, 'aesCtr' | 'aesGcm'> {
  const discard = memoryDiscard();
  return { aesCtr: (key, iv) => aesCtr(key, iv, discard), aesGcm: (key) => aesGcm(key, discard) };
}

/** The stream; `iv` is the first counter block. */
function aesCtr(key: Uint8Array, iv: Uint8Array, discard: DiscardMemory): StreamCipher {
  const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, createSecretKey(key), iv);
  return {
    apply: (data) => {
      const output = cipher.update(data);
      data.set(output);
      discard(output);
    },
    free: () => void cipher.final(),
  };
}

function aesGcm(key: Uint8Array, discard: DiscardMemory): AeadCipher {
  const name = key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
  const secret = createSecretKey(key);
  const options = { authTagLength: tagBytes };
  return {
    seal: (nonce, associated, { data, tag }) => {
      const cipher = createCipheriv(name, secret, nonce, options);
      cipher.setAAD(associated);
      const sealed = cipher.update(data);
      data.set(sealed);
      discard(sealed);
      cipher.final();
      tag.set(cipher.getAuthTag());
    },
    open: (nonce, associated, { data, tag }) => {
      const decipher = createDecipheriv(name, secret, nonce, options);
      decipher.setAuthTag(tag);
      decipher.setAAD(associated);
      const plain = decipher.update(data);
      const intact = isIntact(decipher);
      if (intact) data.set(plain);
      discard(plain);
      return intact;
    },
    free: () => undefined,
  };
}

function isIntact(decipher: DecipherGCM): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

const platformNames: Readonly<Record<BlockCipherName, string>> = {
  'aes128-ctr': 'aes-128-ctr',
  'aes192-ctr': 'aes-192-ctr',
  'aes256-ctr': 'aes-256-ctr',
  'aes128-cbc': 'aes-128-cbc',
  'aes192-cbc': 'aes-192-cbc',
  'aes256-cbc': 'aes-256-cbc',
  '3des-cbc': 'des-ede3-cbc',
};

interface BlockCipherInput {
  readonly iv: Uint8Array;
  readonly decrypt: boolean;
  readonly data: Uint8Array;
}

/** A whole buffer without padding. */
export function blockCipher(name: BlockCipherName, key: Uint8Array, input: BlockCipherInput): Uint8Array {
  const create = input.decrypt ? createDecipheriv : createCipheriv;
  const cipher = create(platformNames[name], createSecretKey(key), input.iv);
  cipher.setAutoPadding(false);
  const out = new Uint8Array(input.data.length);
  const chunk = cipher.update(input.data);
  out.set(chunk);
  out.set(cipher.final(), chunk.length);
  chunk.fill(0);
  return out;
}
