// Messages of the key exchange methods: RFC 5656 section 4 (ECDH), RFC 8731 section 3.1 (curve25519), RFC 4253 section
// 8 (finite field) and the ML-KEM hybrid. All share numbers and layout: the public values of the finite field method
// are mpints, which are strings on the wire, and its method reads them as such.

import { bytes } from '../codec/fields.ts';
import { message } from '../codec/struct.ts';

export const kexEcdhInit = message('KEX_ECDH_INIT', 30, { clientValue: bytes });
export const kexEcdhReply = message('KEX_ECDH_REPLY', 31, { hostKey: bytes, serverValue: bytes, signature: bytes });
