// From the global options to what every connection begins with, before its user is known: identification, algorithms,
// host keys, limits of keys; as the processes that run the protocol are told it.

import { compressionOrder } from '@sallyport/protocol/algorithms/compressions';
import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import { libraryIdentification } from 'sallyport/version';
import type { StackSettings } from '../auth/stack-settings.ts';
import { encodeStackSettings } from '../auth/stack-settings.ts';

/** `logThreshold` as the log has it. */
export function transportSettings(
  config: SshdConfig,
  { hostKeys, logThreshold }: Pick<StackSettings, 'hostKeys' | 'logThreshold'>,
): string {
  const options = config.globalOptions();
  return encodeStackSettings({
    identification: identificationWith(options.VersionAddendum),
    preferences: {
      keyExchanges: namesOfList(options.KexAlgorithms),
      hostKeyAlgorithms: namesOfList(options.HostKeyAlgorithms),
      ciphers: namesOfList(options.Ciphers),
      macs: namesOfList(options.MACs),
      compressions: options.Compression ? compressionOrder.possible : ['none'],
    },
    hostKeys,
    publicKeyAlgorithms: announcedAlgorithms(config, options),
    rekeyLimits: rekeyLimits(options),
    logThreshold,
  });
}

/**
 * What clients are told that keys may sign with, before their user is known: where Match blocks may widen the list, all
 * of it, because many clients offer nothing else. What is accepted is decided when the user is known.
 */
function announcedAlgorithms(config: SshdConfig, { PubkeyAcceptedAlgorithms }: SshdOptions): readonly string[] {
  const mentions = config.mentioned.filter(({ name }) => name === 'PubkeyAcceptedAlgorithms').length;
  const ours = ownAlgorithms('server').signatures.defaults;
  const isOnlyGlobal = mentions === 1 && PubkeyAcceptedAlgorithms !== ours.join(',');
  return mentions === 0 || isOnlyGlobal ? namesOfList(PubkeyAcceptedAlgorithms) : ours;
}

function identificationWith(addendum: string): string {
  return addendum === 'none' || addendum === '' ? libraryIdentification : `${libraryIdentification} ${addendum}`;
}

/** RekeyLimit as the transport wants it: 0 means the cipher's own limit. */
function rekeyLimits({ RekeyLimit }: SshdOptions): StackSettings['rekeyLimits'] {
  const { bytes, seconds } = RekeyLimit;
  return {
    ...(bytes > 0n ? { bytes: Number(bytes) } : {}),
    ...(seconds > 0 ? { intervalMs: seconds * 1000 } : {}),
  };
}
