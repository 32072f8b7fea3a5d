// Messages of the key exchange methods: RFC 4253 section 8 (finite field), RFC 5656 section 4 (ECDH), RFC 8731 section
// 3.1 (curve25519) and the ML-KEM hybrid, which shares ECDH's numbers with other contents.

import { bytes, mpint } from '../codec/fields.ts';
import { message } from '../codec/struct.ts';

export const kexDhInit = message('KEXDH_INIT', 30, { e: mpint });
export const kexDhReply = message('KEXDH_REPLY', 31, { hostKey: bytes, f: mpint, signature: bytes });
export const kexEcdhInit = message('KEX_ECDH_INIT', 30, { clientValue: bytes });
export const kexEcdhReply = message('KEX_ECDH_REPLY', 31, { hostKey: bytes, serverValue: bytes, signature: bytes });
