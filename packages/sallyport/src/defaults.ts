// What the library offers and prefers unless it is told
// otherwise, from the tables of algorithms.

import { cipherOrderWithAesHardware, ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { compressions } from '@sallyport/protocol/algorithms/compressions';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import { defaultNames } from '@sallyport/protocol/algorithms/roles';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import type { AlgorithmPreferences, Role } from '@sallyport/protocol/transport/options';

/** The preferences of a role, with what the caller wants instead. */
export function preferencesOf(role: Role, wanted: Partial<AlgorithmPreferences> = {}): AlgorithmPreferences {
  return {
    keyExchanges: defaultNames(keyExchanges, role),
    hostKeyAlgorithms: defaultSignatureAlgorithms,
    ciphers: role === 'client' ? cipherOrderWithAesHardware : defaultNames(ciphers, role),
    macs: defaultNames(macs, role),
    compressions: defaultNames(compressions, role),
    ...wanted,
  };
}

export { libraryIdentification } from './version.ts';
