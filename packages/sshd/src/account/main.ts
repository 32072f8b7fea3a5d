// The program `sshd-session`: the process of one account. Started by sshd only, as root or as the account itself;
// becomes the account before it looks at anything else. Descriptor 3 is the framed pipe to the monitor, 4 brings the
// connections.

import { createCryptoProvider } from '@sallyport/crypto';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { receiveDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { forbidTracing } from '@sallyport/system/identity';
import { probeLibcrypto } from '@sallyport/system/libcrypto';
import { setProcessTitle } from '@sallyport/system/process-title';
import { workerDescriptors } from '../listener/worker-program.ts';
import { AccountProcess } from './account-process.ts';
import { becomeAccount } from './become-account.ts';

export async function main(): Promise<number> {
  const duty = becomeAccount(workerDescriptors.passing);
  if (duty === undefined) return 0;
  const { identity, settings } = duty;
  // Who has changed his user is not traceable; who has not must not be by clients of SFTP, for whom /proc/self/mem is a
  // file. Root's memory is no secret of root.
  if (identity.uid !== 0) forbidTracing();
  setProcessTitle(`sshd-session: ${identity.name}`);
  const crypto = createCryptoProvider({ libcrypto: probeLibcrypto });
  return new Promise((resolve) => {
    new AccountProcess({
      crypto,
      monitor: openDescriptor(workerDescriptors.calls),
      settings,
      takeStream,
      onStopped: () => resolve(0),
    });
  });
}

function takeStream(): ByteStream {
  const received = receiveDescriptors(workerDescriptors.passing, { maximumDescriptors: 1, maximumBytes: 64 });
  const [fd] = received?.descriptors ?? [];
  if (fd === undefined) throw new Error('a connection came without its descriptor');
  return openDescriptor(fd);
}
