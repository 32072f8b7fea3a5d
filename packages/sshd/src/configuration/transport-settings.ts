// From the global options to what every connection begins with, before its user is known: identification, algorithms,
// host keys, limits of keys.

import { compressions } from '@sallyport/protocol/algorithms/compressions';
import { defaultNames } from '@sallyport/protocol/algorithms/roles';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { OfferedHostKey } from '@sallyport/protocol/transport/options';
import { libraryIdentification } from 'sallyport/version';
import type { AuthBegin } from '../auth/begin.ts';
import { namesOf, usableSignatures } from './algorithm-names.ts';

export function transportSettings(
  options: SshdOptions,
  hostKeys: readonly OfferedHostKey[],
): Omit<AuthBegin, 'peer' | 'local'> {
  return {
    identification: identificationWith(options.VersionAddendum),
    preferences: {
      keyExchanges: namesOf(options.KexAlgorithms),
      hostKeyAlgorithms: usableSignatures(options.HostKeyAlgorithms),
      ciphers: namesOf(options.Ciphers),
      macs: namesOf(options.MACs),
      compressions: defaultNames(compressions, 'server'),
    },
    hostKeys,
    publicKeyAlgorithms: usableSignatures(options.PubkeyAcceptedAlgorithms),
    rekeyLimits: rekeyLimits(options),
  };
}

function identificationWith(addendum: string): string {
  return addendum === 'none' || addendum === '' ? libraryIdentification : `${libraryIdentification} ${addendum}`;
}

/** RekeyLimit as the transport wants it: 0 means the cipher's own limit. */
function rekeyLimits({ RekeyLimit }: SshdOptions): AuthBegin['rekeyLimits'] {
  const { bytes, seconds } = RekeyLimit;
  return {
    ...(bytes > 0n ? { bytes: Number(bytes) } : {}),
    ...(seconds > 0 ? { intervalMs: seconds * 1000 } : {}),
  };
}
