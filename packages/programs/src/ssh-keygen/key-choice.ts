// Which key ssh-keygen makes for -t and -b, and what each type's file is called by default. Sizes are judged before
// anything is made.

import type { CurveName } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import { maximumRsaBits, minimumRsaBits } from '@sallyport/protocol/keys/types/rsa';
import { keyTypes } from '@sallyport/protocol/keys/types/table';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages } from './messages.ts';

/** What CryptoProvider.generateKey() is asked for, or a token. */
export type KeyChoice = OwnKeyChoice | { readonly kind: 'sk-ed25519' } | { readonly kind: 'sk-ecdsa' };

export type OwnKeyChoice =
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'mldsa44-ed25519' }
  | { readonly kind: 'ecdsa'; readonly curve: CurveName }
  | { readonly kind: 'rsa'; readonly bits: number };

export const defaultType = 'ed25519';
const defaultRsaBits = 3072;
const curveOfBits: ReadonlyMap<number, CurveName> = new Map([
  [256, 'nistp256'],
  [384, 'nistp384'],
  [521, 'nistp521'],
]);

/**
 * A short name of any case (`rsa`), or the name of a key type or of a signature algorithm (`ecdsa-sha2-nistp384`,
 * `rsa-sha2-512`). @throws ProgramExit
 */
export function chooseKey(name: string, bits: number | undefined): KeyChoice {
  const makeable = keyTypes.filter(({ isForConversion }) => isForConversion !== true);
  const exact = makeable.find((type) => type.name === (signatureAlgorithm(name)?.keyType ?? name));
  const type = exact ?? makeable.find((row) => row.label.toLowerCase() === name.toLowerCase());
  if (type === undefined) throw new ProgramExit(messages.unknownType(name));
  const { kind } = type;
  if (kind === 'ed25519' || kind === 'mldsa44-ed25519' || kind === 'sk-ed25519' || kind === 'sk-ecdsa') return { kind };
  if (kind === 'rsa') {
    const size = bits ?? defaultRsaBits;
    if (size < minimumRsaBits) throw new ProgramExit(messages.rsaTooShort);
    if (size > maximumRsaBits) throw new ProgramExit(messages.rsaTooLong);
    return { kind: 'rsa', bits: size };
  }
  const curve = exact?.curve ?? curveOfBits.get(bits ?? 256);
  if (curve === undefined) throw new ProgramExit(messages.badEcdsaBits);
  return { kind: 'ecdsa', curve };
}

/** The name of the default file of a type, in ~/.ssh. */
export function defaultFileName(kind: KeyChoice['kind']): string {
  return kind.startsWith('sk-') ? `id_${kind.slice('sk-'.length)}_sk` : `id_${kind.replace('-', '_')}`;
}
