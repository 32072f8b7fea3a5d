// scp: copies files between hosts. Chooses who is where and which protocol is spoken; exit status 0, or 1 when
// anything was not copied (scp(1), EXIT STATUS), 255 where OpenSSH's gives up with a fatal error.

import { isTerminal } from '@sallyport/system/descriptors';
import { OptionError, UsageError } from '../shared/option-table.ts';
import { ProgressMeter, standardTerminal } from '../shared/progress-meter.ts';
import { writeError } from '../shared/standard-streams.ts';
import { runClient } from './client.ts';
import { usage } from './messages.ts';
import type { Invocation } from './options.ts';
import { parseArguments } from './options.ts';
import { Abandoned, Report } from './report.ts';
import { runRole } from './roles.ts';

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(parseArguments(argv));
  } catch (error) {
    if (error instanceof Abandoned) return error.status;
    if (error instanceof UsageError) {
      writeError(`${error.message === '' ? '' : `scp: ${error.message}\n`}${usage}`);
      return 1;
    }
    if (!(error instanceof OptionError)) throw error;
    writeError(`scp: ${error.message}\n`);
    return 255;
  }
}

async function run(invocation: Invocation): Promise<number> {
  const isServer = invocation.role !== 'client';
  const report = new Report({ isSilent: isServer, verbosity: invocation.verbosity });
  if (isServer) await runRole(invocation, report);
  else {
    leaveOnSignals();
    const isShown = !invocation.quiet && isTerminal(1);
    const meter = isShown ? new ProgressMeter(standardTerminal(process.env)) : undefined;
    await runClient({ invocation, report, meter });
  }
  return report.hasFailed ? 1 : 0;
}

/** An interrupted copy is a failed one; what was begun stays, as with OpenSSH's. */
function leaveOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
}
