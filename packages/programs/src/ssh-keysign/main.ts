// ssh-keysign: signs hostbased requests in the host's name. With -D it is the service that does so, run by root or a
// service manager; without, the helper that an ssh starts, which passes the request on to the service. It is never
// installed set-user-ID: whoever runs it would steer its runtime.

import { defaultKeysignSocket, keysignSocket } from '../shared/keysign-service.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { activatedDescriptor } from '../shared/socket-activation.ts';
import { writeError } from '../shared/standard-streams.ts';
import { fatal, usage } from './messages.ts';
import { type KeysignOptions, parseOptions, UsageError } from './options.ts';

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    if (process.geteuid?.() !== process.getuid?.()) throw new ProgramExit(fatal.setUser);
    const options = parseOptions(argv);
    if (options.serves) return await serve(options);
    const { relay } = await import('./relay.ts');
    return await relay(options.socket ?? keysignSocket(process.env));
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message === '' ? '' : `${error.message}\n`}${usage}`);
      return 1;
    }
    if (!(error instanceof ProgramExit)) throw error;
    writeError(`${error.message}\r\n`);
    return error.status;
  }
}

async function serve(options: KeysignOptions): Promise<number> {
  const { KeysignDaemon } = await import('./service.ts');
  const { openListeningSocket } = await import('./listening-socket.ts');
  const { openServiceLog } = await import('./service-log.ts');
  const { logsToStderr, isVerbose, configFile, hostKeys, socket: path = defaultKeysignSocket } = options;
  const settings = { logsToStderr, isVerbose, configFile, hostKeys };
  const activated = activatedDescriptor();
  const listening =
    activated === undefined ? { fd: openListeningSocket(path), path } : { fd: activated, path: undefined };
  return await new KeysignDaemon({ log: openServiceLog(settings), settings, socket: listening }).serve();
}
