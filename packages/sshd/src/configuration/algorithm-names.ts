// What this sshd can use and prefers, as the
// configuration wants to know it.

import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import type { AlgorithmRow } from '@sallyport/protocol/algorithms/roles';
import { defaultNames } from '@sallyport/protocol/algorithms/roles';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import type { AlgorithmNames } from '@sallyport/protocol/config/keyword';

const names = (
  rows: readonly AlgorithmRow[],
): { readonly known: readonly string[]; readonly defaults: readonly string[] } => ({
  known: rows.map((row) => row.name),
  defaults: defaultNames(rows, 'server'),
});
const signatures = { known: defaultSignatureAlgorithms, defaults: defaultSignatureAlgorithms };

export const serverAlgorithmNames: AlgorithmNames = {
  ciphers: names(ciphers),
  macs: names(macs),
  keyExchanges: names(keyExchanges),
  signatures,
  caSignatures: signatures,
};
