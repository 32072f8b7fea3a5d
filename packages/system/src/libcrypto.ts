// chacha20-poly1305 and HMAC by the system's libcrypto (OpenSSL 3), in place and without an object for each packet.
// (AES is as fast in node:crypto.) An accelerator and nothing more: probed for, tested with published vectors before
// use, and never required. Only Bun takes it: on Node a second OpenSSL in the process is not safe.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { Libcrypto3 } from './libcrypto-calls.ts';
import { ChachaPoly } from './libcrypto-chacha-poly.ts';
import type { Libcrypto, LibcryptoHmac } from './libcrypto-parts.ts';
import { passesSelfTest } from './libcrypto-self-test.ts';

const probed: { answer?: Libcrypto | undefined; isDone: boolean } = { isDone: false };

/**
 * What libcrypto can do here; undefined on Node, where it is missing, and where a vector comes out wrong. The first
 * call loads the library (some milliseconds): ask when a cipher is needed, and before a chroot.
 */
export function probeLibcrypto(): Libcrypto | undefined {
  if (!probed.isDone) {
    probed.isDone = true;
    probed.answer = load();
  }
  return probed.answer;
}

function load(): Libcrypto | undefined {
  if (process.versions['bun'] === undefined) return undefined;
  try {
    const libcrypto = libcryptoOf(new Libcrypto3());
    return passesSelfTest(libcrypto) ? libcrypto : undefined;
  } catch {
    return undefined;
  }
}

function libcryptoOf(library: Libcrypto3): Libcrypto {
  return {
    chachaPoly: (key) => new ChachaPoly(library, key),
    hmac: (name, key) => hmac(library, name, key),
  };
}

function hmac(library: Libcrypto3, name: DigestName, key: Uint8Array): LibcryptoHmac {
  const mac = library.mac('HMAC', key, name.toUpperCase());
  return {
    compute: (parts, out) => {
      mac.start(null, 0);
      for (const part of parts) mac.update(part, part.length);
      mac.finish(out);
    },
    free: () => mac.free(),
  };
}
