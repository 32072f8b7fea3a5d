// What HostbasedAuthentication goes by on this machine: the public host keys in the system's folder, certificates
// first, the machine's name, and who signs.

import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { clientHostName } from '../shared/client-host-name.ts';
import { hostKeyFiles, systemFolder } from '../shared/host-key-files.ts';
import { keysignSocket } from '../shared/keysign-service.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { readPublicFile } from '../shared/public-key-file.ts';
import type { ConnectOptions } from './connect-options.ts';
import { type HostConnection, signAsHost } from './host-signature.ts';
import { VouchingKeys } from './login/vouching-keys.ts';
import { hostbasedMessages } from './messages.ts';

/** `clientUser`: the account that runs this program. */
export function vouchingKeys(
  { plan, crypto, log, environment }: ConnectOptions,
  { connection, clientUser }: { readonly connection: HostConnection; readonly clientUser: string },
): VouchingKeys {
  return new VouchingKeys({
    crypto,
    keys: publicHostKeys(systemFolder),
    algorithms: namesOfList(plan.options.HostbasedAcceptedAlgorithms),
    clientUser,
    hostName: () => clientHostName(connection.address),
    sign: (data) => signAsHost(data, { connection, environment }),
    missing: {
      keys: hostbasedMessages.noKeys(systemFolder),
      signer: hostbasedMessages.nobodySigns(keysignSocket(environment)),
    },
    log: log.log,
  });
}

function publicHostKeys(folder: string): (PublicKey | Certificate)[] {
  const files = hostKeyFiles(folder);
  const paths = [...files.map((path) => `${path}-cert.pub`), ...files.map((path) => `${path}.pub`)];
  return paths.flatMap((path) => {
    try {
      return readPublicFile(path).key;
    } catch (error) {
      if (error instanceof KeyFileError) return [];
      throw error;
    }
  });
}
