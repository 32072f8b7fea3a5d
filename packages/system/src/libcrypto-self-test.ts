// Published vectors that a libcrypto must get right before it is used: RFC 8439 appendix A.1 (as one packet of
// chacha20-poly1305@openssh.com) and RFC 4231 section 4.3.

import type { Libcrypto } from './libcrypto-parts.ts';

/** Keystream of the zero key and nonce, blocks 0 (its start) and 1. */
const chachaLength = '76b8e0ad';
const chachaBody =
  '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed' +
  '29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f';
const chachaTag = '6fa656014e2b4de4ef53bcd706e1090d';

const hmacKey = 'Jefe';
const hmacParts = ['what do ya want ', 'for nothing?'];
const hmacTag = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';

export function passesSelfTest(libcrypto: Libcrypto): boolean {
  return chachaIsRight(libcrypto) && hmacIsRight(libcrypto);
}

function chachaIsRight(libcrypto: Libcrypto): boolean {
  const cipher = libcrypto.chachaPoly(Buffer.alloc(64));
  const packet = Buffer.alloc(68);
  const tag = Buffer.alloc(16);
  cipher.seal(0, packet, tag);
  const isSealed = packet.toString('hex') === chachaLength + chachaBody && tag.toString('hex') === chachaTag;
  const length = cipher.length(0, packet, 0);
  const isOpened = cipher.open(0, packet, tag) && packet.every((byte) => byte === 0);
  tag[0] = (tag[0] as number) ^ 1;
  const isRefused = !cipher.open(0, packet, tag);
  cipher.free();
  return isSealed && length === 0 && isOpened && isRefused;
}

function hmacIsRight(libcrypto: Libcrypto): boolean {
  const mac = libcrypto.hmac('sha256', Buffer.from(hmacKey));
  const out = Buffer.alloc(32);
  const isRight = [1, 2].every(() => {
    mac.compute(
      hmacParts.map((part) => Buffer.from(part)),
      out,
    );
    return out.toString('hex') === hmacTag;
  });
  mac.free();
  return isRight;
}
