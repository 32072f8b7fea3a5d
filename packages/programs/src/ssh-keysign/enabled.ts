// Whether the administrator has enabled signatures in the host's name: EnableSSHKeysign in the system's ssh_config, as
// it is for a connection to no host by the user who asks (ssh-keysign(8)). A file that others may write enables
// nothing, and no command of it is run. Algorithms that we do not choose ourselves must stand there, too.

import { dirname } from 'node:path';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { configErrorText } from '@sallyport/protocol/config/config-error';
import { completeSshOptions } from '@sallyport/protocol/config/defaults';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import { SshConfigReading } from '@sallyport/protocol/config/resolve-ssh';
import type { Account } from '@sallyport/system/accounts';
import { ConfigFailure, includedFiles, localNetwork, readConfigFile } from '../ssh/config-files.ts';
import { compatibleVersion } from '../ssh/messages.ts';
import { tokensOf } from '../ssh/read-config.ts';
import { ownSurroundings, type Surroundings } from '../ssh/surroundings.ts';
import { refusals } from './messages.ts';

export interface EnabledQuestion {
  readonly configFile: string;
  /** Besides root's the files of this user count. */
  readonly trustedUid: number;
  readonly account: Account;
  readonly crypto: CryptoProvider;
}

export type Permission = { readonly algorithms: readonly string[] } | { readonly refused: string };

/** What may be signed with: HostbasedAcceptedAlgorithms of the file. */
export function permissionFor(question: EnabledQuestion): Permission {
  try {
    const { errors, settings } = readSystemConfig(question);
    const [error] = errors;
    if (error !== undefined) return { refused: refusals.badConfig(configErrorText(error)) };
    if (settings.EnableSSHKeysign !== true) return { refused: refusals.notEnabled(question.configFile) };
    const { HostbasedAcceptedAlgorithms: names } = completeSshOptions(settings, ownAlgorithms('client'));
    return { algorithms: names?.split(',') ?? [] };
  } catch (error) {
    if (error instanceof CommandWanted) return { refused: refusals.matchExec(question.configFile) };
    if (error instanceof ConfigFailure) return { refused: refusals.badConfig(error.message) };
    throw error;
  }
}

/** Match exec: going on without its answer would be guessing. */
class CommandWanted extends Error {}

function readSystemConfig({ configFile, trustedUid, account, crypto }: EnabledQuestion): SshConfigReading {
  const own = ownSurroundings(crypto);
  const log = (): void => undefined;
  const surroundings: Surroundings | undefined = own && {
    ...own,
    user: account.name,
    uid: account.uid,
    home: account.home,
    environment: {},
    systemFolder: dirname(configFile),
  };
  const text = readConfigFile(configFile, { log, checkedFor: trustedUid });
  if ('code' in text || surroundings === undefined) throw new ConfigFailure([refusals.notReadable(configFile)]);
  const reading = new SshConfigReading({
    algorithms: ownAlgorithms('client'),
    originalHost: '',
    localUser: account.name,
    version: compatibleVersion,
    owner: {
      include: (pattern) => includedFiles(pattern, { isUsers: false, configFile: undefined, surroundings, log }),
      exec: () => {
        throw new CommandWanted();
      },
      localNetwork,
      environment: () => undefined,
      tokens: (known) => tokensOf(known, surroundings),
    },
  });
  reading.readFiles([{ path: configFile, text: text.text, isUsers: false }], { final: false });
  return reading;
}
