// Lists of algorithm names in the configuration. Names that are only known (`ssh-rsa`, SHA-1) may stand in a list, as
// configurations have them; nothing is signed or verified with them.

import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';

/** The names of a comma-separated list. */
export function namesOf(list: string | undefined): readonly string[] {
  return list === undefined || list === '' ? [] : list.split(',');
}

/** Signature algorithms of a list without those that are only known by name. */
export function usableSignatures(list: string | undefined): readonly string[] {
  return namesOf(list).filter((name) => signatureAlgorithm(name)?.availability === 'default');
}
