// The detached agent (detached.ts). Nobody calls this program by hand: ssh-agent does, with the socket open. It says
// nothing and has no terminal.

import { writeSync } from 'node:fs';
import { createCryptoProvider } from '@sallyport/crypto';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { AgentServer } from './agent-server.ts';
import { listeningFd, readSettings, readyFd } from './detached.ts';

export function main(argv: readonly string[]): Promise<number> {
  const { path, folder, ...settings } = readSettings(argv[0] ?? '');
  const server = new AgentServer({
    crypto: createCryptoProvider(),
    log: () => undefined,
    socket: { fd: listeningFd, path, ...(folder === undefined ? {} : { folder }) },
    endsOnInterrupt: false,
    onReady: () => {
      writeSync(readyFd, 'r');
      closeDescriptor(readyFd);
    },
    ...settings,
  });
  return server.serve();
}
