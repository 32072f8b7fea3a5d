// The program `sshd-auth`: without rights, it serves one connection; or it is the template, which serves none and is
// copied for each. Started by sshd only: descriptor 3 is a framed pipe to the monitor, 4 the socket on which the
// settings come first and then connections. Arguments: `single` or `template`, and the sandbox.

import { createCryptoProvider } from '@sallyport/crypto';
import { prepareForking } from '@sallyport/system/fork';
import { systemRandom } from '@sallyport/system/system-random';
import { workerDescriptors } from '../listener/worker-program.ts';
import { receiveConnection, receiveSettings } from './receive-connection.ts';
import { enterSandbox } from './sandbox.ts';
import { servePeer } from './serve-peer.ts';
import { serveCopies } from './template.ts';

export function main(argv: readonly string[]): Promise<number> {
  return Promise.resolve(serve(argv));
}

/** Blocks until all is done. */
function serve([kind, ...sandbox]: readonly string[]): number {
  const { calls, passing } = workerDescriptors;
  const isTemplate = kind === 'template';
  const crypto = createCryptoProvider(isTemplate ? { random: systemRandom } : {});
  if (isTemplate) prepareForking();
  enterSandbox(sandbox);
  const settings = receiveSettings(passing);
  if (settings === undefined) return 0;
  if (isTemplate) serveCopies({ settings, crypto });
  const received = receiveConnection(passing);
  if (received !== undefined) servePeer({ settings, crypto }, { ...received, callsFd: calls });
  return 0;
}
