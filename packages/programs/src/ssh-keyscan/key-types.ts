// What -t may name, and the host key algorithms to ask a server for to see a key of that type: a server shows one
// key for a connection, so each type is a connection of its own.

import {
  certificateNameOf,
  certificateSignatureAlgorithms,
  signatureAlgorithms,
} from '@sallyport/protocol/algorithms/signatures';

interface ScanTypeRow {
  readonly name: string;
  /** Types of the keys, plain. */
  readonly keyTypes: readonly string[];
  readonly byDefault: boolean;
}

const ecdsaTypes = ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'];

const scanTypes = [
  { name: 'rsa', keyTypes: ['ssh-rsa'], byDefault: true },
  { name: 'ecdsa', keyTypes: ecdsaTypes, byDefault: true },
  { name: 'ed25519', keyTypes: ['ssh-ed25519'], byDefault: true },
  { name: 'ecdsa-sk', keyTypes: ['sk-ecdsa-sha2-nistp256@openssh.com'], byDefault: true },
  { name: 'ed25519-sk', keyTypes: ['sk-ssh-ed25519@openssh.com'], byDefault: true },
  { name: 'mldsa44-ed25519', keyTypes: ['ssh-mldsa44-ed25519@openssh.com'], byDefault: false },
] as const satisfies readonly ScanTypeRow[];

export type ScanTypeName = (typeof scanTypes)[number]['name'];

export const defaultScanTypes: readonly ScanTypeName[] = scanTypes
  .filter(({ byDefault }) => byDefault)
  .map(({ name }) => name);

/** Of a word of -t: the short name, or that of a key type; undefined when unknown. */
export function scanTypeOf(word: string): ScanTypeName | undefined {
  const name = word.toLowerCase();
  const rows: readonly (ScanTypeRow & { readonly name: ScanTypeName })[] = scanTypes;
  return rows.find((row) => row.name === name || row.keyTypes.includes(name))?.name;
}

/** Names for the proposal; none when this suite does not verify such signatures, and then nobody is asked. */
export function hostKeyAlgorithms(type: ScanTypeName, certificates: boolean): readonly string[] {
  const rows: readonly ScanTypeRow[] = scanTypes;
  const keyTypes = rows.find(({ name }) => name === type)?.keyTypes ?? [];
  const wanted = certificates ? keyTypes.map(certificateNameOf) : keyTypes;
  // Old servers may have nothing but SHA-1: looking at their keys trusts them in nothing.
  const known = certificates ? certificateSignatureAlgorithms : signatureAlgorithms;
  return wanted.flatMap((type) => known.filter(({ keyType }) => keyType === type).map(({ name }) => name));
}
