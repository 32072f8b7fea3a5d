// Digests, HMAC (RFC 2104) and PBKDF2 (RFC 8018 section 5.2) of the runtime.
// A digest is unkeyed and forgets; an HMAC keeps its key for many messages until it is freed.

import { createHash, createHmac, createSecretKey, hash, pbkdf2Sync } from 'node:crypto';
import type { DigestName, Hasher, Hmac } from '@sallyport/protocol/algorithms/crypto-provider';
import { plainBytes } from './platform-bytes.ts';

const digestBytes: Readonly<Record<DigestName, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** The digest of the parts joined in order. */
export function digest(name: DigestName, ...parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return new Uint8Array(hash(name, first, 'buffer'));
  const whole = createHash(name);
  for (const part of parts) whole.update(part);
  return plainBytes(whole.digest());
}

export function hasher(name: DigestName): Hasher {
  const running = createHash(name);
  return {
    update: (data) => void running.update(data),
    digest: () => plainBytes(running.digest()),
  };
}

export function hmac(name: DigestName, key: Uint8Array): Hmac {
  const lengthBytes = digestBytes[name];
  const secret = createSecretKey(key);
  const compute = (parts: readonly Uint8Array[]): Uint8Array => {
    const mac = createHmac(name, secret);
    for (const part of parts) mac.update(part);
    return plainBytes(mac.digest());
  };
  return { lengthBytes, compute, free: () => undefined };
}

/** How often it is repeated, the caller has bounded. */
export function pbkdf2(
  name: DigestName,
  passphrase: Uint8Array,
  options: { readonly salt: Uint8Array; readonly iterations: number; readonly lengthBytes: number },
): Uint8Array {
  return plainBytes(pbkdf2Sync(passphrase, options.salt, options.iterations, options.lengthBytes, name));
}
