// The key types that blobs, files and signatures may name; a new type is a file beside this one and a row here.
// Code walks the table; nothing else knows which types there are.

import { certificateNameOf } from '../../algorithms/signatures.ts';
import { dsa } from './dsa.ts';
import { ecdsaNistp256, ecdsaNistp384, ecdsaNistp521 } from './ecdsa.ts';
import { ed25519 } from './ed25519.ts';
import type { AnyPrivateParts, KeyType } from './key-type.ts';
import { mldsa44Ed25519 } from './mldsa44-ed25519.ts';
import { rsa } from './rsa.ts';
import { skEcdsa, skEd25519 } from './security-key.ts';

export const keyTypes: readonly KeyType[] = [
  ed25519,
  ecdsaNistp256,
  ecdsaNistp384,
  ecdsaNistp521,
  skEd25519,
  skEcdsa,
  rsa,
  mldsa44Ed25519,
  dsa,
];

const rowOfName = new Map(keyTypes.map((type) => [type.name, type]));
const rowOfCertificate = new Map(
  keyTypes.filter((type) => type.isForConversion !== true).map((type) => [certificateNameOf(type.name), type]),
);

/** The type of a name such as `ssh-ed25519`; undefined when unknown. */
export function keyTypeOfName(name: string): KeyType | undefined {
  return rowOfName.get(name);
}

/** Whether keys of that type name are converted and used for nothing: no signatures, agents or certificates. */
export function isForConversion(name: string): boolean {
  return keyTypeOfName(name)?.isForConversion === true;
}

/** The type of a name whose keys are used. */
export function usableKeyTypeOfName(name: string): KeyType | undefined {
  return isForConversion(name) ? undefined : keyTypeOfName(name);
}

/** The type that private key parts belong to. @throws Error when no row holds them */
export function keyTypeOfParts(parts: AnyPrivateParts): KeyType {
  const curve = parts.kind === 'ecdsa' ? parts.curve : undefined;
  const type = keyTypes.find((row) => row.kind === parts.kind && row.curve === curve);
  if (type === undefined) throw new Error(`no key type for ${parts.kind} ${curve ?? ''}`);
  return type;
}

/** The plain type that a certificate type certifies; undefined for any other name. */
export function plainTypeOf(certificateType: string): KeyType | undefined {
  return rowOfCertificate.get(certificateType);
}
