// The detached agent (detached.ts). Nobody calls this program by hand: ssh-agent does, with the socket open. It says
// nothing and has no terminal.

import { createCryptoProvider } from '@sallyport/crypto';
import { AgentServer } from './agent-server.ts';
import { listeningFd, readSettings } from './detached.ts';

export function main(argv: readonly string[]): Promise<number> {
  const { path, folder, ...settings } = readSettings(argv[0] ?? '');
  const server = new AgentServer({
    crypto: createCryptoProvider(),
    log: () => undefined,
    socket: { fd: listeningFd, path, ...(folder === undefined ? {} : { folder }) },
    endsOnInterrupt: false,
    ...settings,
  });
  return server.serve();
}
