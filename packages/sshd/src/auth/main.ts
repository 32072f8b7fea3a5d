// The program `sshd-auth`: warmed up, without rights, waiting for one connection. Started by sshd only: descriptor 3
// is the framed pipe to the monitor, 4 the socket on which the connection comes.

import { createCryptoProvider } from '@sallyport/crypto';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { receiveDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { workerDescriptors } from '../listener/worker-program.ts';
import { AuthProcess } from './auth-process.ts';
import { decodeAuthBegin } from './begin.ts';
import { enterSandbox } from './sandbox.ts';

const messageLimitBytes = 128 * 1024;

export async function main(argv: readonly string[]): Promise<number> {
  const crypto = createCryptoProvider();
  enterSandbox(argv);
  const limits = { maximumDescriptors: 1, maximumBytes: messageLimitBytes, wait: true };
  const received = receiveDescriptors(workerDescriptors.passing, limits);
  const [fd] = received?.descriptors ?? [];
  if (received === undefined || fd === undefined) return 0;
  const begin = decodeAuthBegin(utf8Decode(received.data));
  await new AuthProcess({
    begin,
    crypto,
    stream: openDescriptor(fd),
    monitor: openDescriptor(workerDescriptors.calls),
  }).run();
  return 0;
}
