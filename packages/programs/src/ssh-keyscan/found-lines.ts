// What ssh-keyscan prints of a key that a host has shown: lines of known_hosts, SSHFP records (-D), or the certificate
// alone (-c).

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { decodeAnyKey } from '@sallyport/protocol/keys/certificate';
import { hashHostsField, knownHostsName } from '@sallyport/protocol/keys/formats/known-hosts';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { formatSshfp, sshfpRecords } from '@sallyport/protocol/keys/formats/sshfp';
import { decodePublicKey } from '@sallyport/protocol/keys/public-key';
import type { KeyscanOptions } from './options.ts';
import type { Target } from './targets.ts';

interface Found {
  readonly options: KeyscanOptions;
  readonly target: Target;
  readonly blob: Uint8Array;
}

/** A line for each of its names, each with its end. */
export function foundLines(crypto: CryptoProvider, { options, target, blob }: Found): string[] {
  const { port, printsSshfp, hashesNames, certificates, sshfpDigests } = options;
  if (certificates) return target.names.map(() => `${formatPublicLine(decodeAnyKey(blob))}\n`);
  const key = decodePublicKey(blob);
  return target.names.flatMap((name) => {
    if (printsSshfp) return sshfpRecords(crypto, key, sshfpDigests).map((record) => `${formatSshfp(name, record)}\n`);
    const shown = knownHostsName(name.toLowerCase(), port);
    return `${hashesNames ? hashHostsField(crypto, shown) : shown} ${formatPublicLine(key)}\n`;
  });
}
