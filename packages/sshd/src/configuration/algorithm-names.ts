// What this sshd can use and prefers, as the
// configuration wants to know it.

import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import type { AlgorithmRow } from '@sallyport/protocol/algorithms/roles';
import { defaultNames } from '@sallyport/protocol/algorithms/roles';
import {
  defaultSignatureAlgorithms,
  signatureAlgorithm,
  signatureAlgorithms,
} from '@sallyport/protocol/algorithms/signatures';
import type { AlgorithmNames } from '@sallyport/protocol/config/keyword';

const names = (
  rows: readonly AlgorithmRow[],
): { readonly known: readonly string[]; readonly defaults: readonly string[] } => ({
  known: rows.map((row) => row.name),
  defaults: defaultNames(rows, 'server'),
});
/** Names that are known only (`ssh-rsa`, SHA-1) may stand in a list; nothing is signed or verified with them. */
const signatures = { known: signatureAlgorithms.map((row) => row.name), defaults: defaultSignatureAlgorithms };

export const serverAlgorithmNames: AlgorithmNames = {
  ciphers: names(ciphers),
  macs: names(macs),
  keyExchanges: names(keyExchanges),
  signatures,
  caSignatures: signatures,
};

/** The names of a comma-separated list. */
export function namesOf(list: string | undefined): readonly string[] {
  return list === undefined || list === '' ? [] : list.split(',');
}

/** Signature algorithms of a list without those that are only known by name. */
export function usableSignatures(list: string | undefined): readonly string[] {
  return namesOf(list).filter((name) => signatureAlgorithm(name)?.availability === 'default');
}
