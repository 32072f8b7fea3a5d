// ssh-agent: holds private keys for other programs. Chooses between serving here, serving in the background, running a
// command with an agent, ending one, and tidying up; who serves is agent-server.ts.

import { versionLine } from 'sallyport/version';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeError } from '../shared/standard-streams.ts';
import { killAgent } from './kill.ts';
import { usage } from './messages.ts';
import { parseOptions } from './options.ts';
import { cleanUp, start } from './start.ts';

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options.showsVersion) {
      writeError(`${versionLine}\n`);
      return 0;
    }
    if (options.cleanups > 0) return cleanUp(options);
    return options.kills ? killAgent(options) : await start(options);
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message === '' ? '' : `${error.message}\n`}${usage}`);
      return 1;
    }
    if (!(error instanceof ProgramExit)) throw error;
    if (error.message !== '') writeError(`${error.message}\r\n`);
    return error.status;
  }
}
