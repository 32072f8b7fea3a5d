// Every way in which packets can be protected: each cipher of the table, with each MAC where it needs one. Tests that
// depend on ciphers run over all of it, so that a new row of a table is tested without another line.

import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { macs } from '@sallyport/protocol/algorithms/macs';

export interface Protection {
  readonly cipher: string;
  /** Empty for ciphers that authenticate themselves. */
  readonly mac: string;
}

export const protectionMatrix: readonly Protection[] = ciphers.flatMap((cipher) =>
  (cipher.tagBytes > 0 ? [''] : macs.map((mac) => mac.name)).map((mac) => ({ cipher: cipher.name, mac })),
);

/** Preferences that leave no choice. */
export function preferencesOf({ cipher, mac }: Protection): {
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
} {
  return { ciphers: [cipher], macs: mac === '' ? [] : [mac] };
}
