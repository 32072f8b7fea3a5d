// Numbers of PKCS#11 version 2.40 and 3.0 (OASIS, "PKCS #11 Cryptographic Token Interface"): the functions of
// CK_FUNCTION_LIST by their place behind the version, and the return values, attributes, classes and mechanisms that
// reading public keys and signing needs. On Linux CK_ULONG has 64 bits, and structures are not packed.

import type { CSignature } from './functions.ts';

/** Places in CK_FUNCTION_LIST (section 5.1), from 0, with their arguments; every function answers with a CK_RV. */
export const tokenFunctions = {
  C_Initialize: { place: 0, result: 'size', arguments: ['pointer'] },
  C_Finalize: { place: 1, result: 'size', arguments: ['pointer'] },
  C_GetSlotList: { place: 4, result: 'size', arguments: ['uint', 'pointer', 'pointer'] },
  C_GetTokenInfo: { place: 6, result: 'size', arguments: ['size', 'pointer'] },
  C_OpenSession: { place: 12, result: 'size', arguments: ['size', 'size', 'pointer', 'pointer', 'pointer'] },
  C_CloseSession: { place: 13, result: 'size', arguments: ['size'] },
  C_Login: { place: 18, result: 'size', arguments: ['size', 'size', 'pointer', 'size'] },
  C_GetAttributeValue: { place: 24, result: 'size', arguments: ['size', 'size', 'pointer', 'size'] },
  C_FindObjectsInit: { place: 26, result: 'size', arguments: ['size', 'pointer', 'size'] },
  C_FindObjects: { place: 27, result: 'size', arguments: ['size', 'pointer', 'size', 'pointer'] },
  C_FindObjectsFinal: { place: 28, result: 'size', arguments: ['size'] },
  C_SignInit: { place: 42, result: 'size', arguments: ['size', 'pointer', 'size'] },
  C_Sign: { place: 43, result: 'size', arguments: ['size', 'pointer', 'size', 'pointer', 'pointer'] },
} as const satisfies Readonly<Record<string, CSignature & { readonly place: number }>>;

export type TokenFunctionName = keyof typeof tokenFunctions;

/** Section 5.1.2 and following; what is not here is told by its number. */
export const returnValues = {
  ok: 0x00,
  attributeSensitive: 0x11,
  attributeTypeInvalid: 0x12,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLengthRange: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  userAlreadyLoggedIn: 0x100,
  userNotLoggedIn: 0x101,
  alreadyInitialized: 0x191,
} as const;

export const attributeTypes = {
  class: 0x000,
  label: 0x003,
  value: 0x011,
  subject: 0x101,
  keyType: 0x100,
  id: 0x102,
  sign: 0x108,
  modulus: 0x120,
  publicExponent: 0x122,
  ecParameters: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
} as const;

export type AttributeName = keyof typeof attributeTypes;

export const objectClasses = { certificate: 1, publicKey: 2, privateKey: 3 } as const;
export const keyTypes = { rsa: 0x00, ec: 0x03, ecEdwards: 0x40 } as const;
export const mechanisms = { rsaPkcs: 0x0001, ecdsa: 0x1041, eddsa: 0x1057 } as const;
export const userTypes = { user: 1, contextSpecific: 2 } as const;
/** Section 3.2, flags of a token. */
export const tokenFlags = { loginRequired: 0x004, protectedAuthenticationPath: 0x100, initialized: 0x400 } as const;
/** Section 3.3: a session of any kind has the first; we never write. */
export const serialSession = 0x4;
/** Section 3.6, CK_C_INITIALIZE_ARGS: the library may use the threads of the system. */
export const osLockingOk = 0x2;
