// A session of sftp from the first folder to the last command: what the command line names is fetched or entered, then
// lines come from a batch, a pipe or the user (sftp(1)).

import { isTerminal } from '@sallyport/system/descriptors';
import type { SftpClient } from 'sallyport/sftp/sftp-client';
import { byteStringOf } from '../shared/byte-string.ts';
import { DescriptorLines } from './command-lines.ts';
import { executeCommand, executeLine } from './execute.ts';
import { Interrupts } from './interrupts.ts';
import { connectionMessages, prompt } from './messages.ts';
import type { Invocation } from './options.ts';
import { parseLine } from './parse-command.ts';
import type { Report } from './report.ts';
import { CommandRun, Session } from './session.ts';
import { userLines } from './user-lines.ts';

export interface RunOptions {
  readonly client: SftpClient;
  readonly report: Report;
  readonly invocation: Invocation;
  /** The batch file; stdin for `-b -`; undefined without -b. */
  readonly batchFd: number | undefined;
}

const failed = 1;

/** Resolves to the status for the process. Rejects with an SshError when the connection is gone. */
export async function runSession({ client, report, invocation, batchFd }: RunOptions): Promise<number> {
  const folder = byteStringOf(await client.realpathBytes('.'));
  const { quiet: isQuiet } = invocation;
  const showsProgress = invocation.showsProgress && isTerminal(2);
  const session = new Session({ client, report, folder, isQuiet, showsProgress, defaults: invocation });
  const interrupts = new Interrupts(report);
  try {
    const { path = '' } = invocation.destination ?? {};
    if (path !== '') {
      const begun = await interrupts.during((signal) => begin(session, { path, target: invocation.target, signal }));
      if (begun !== 'go-on') return begun === 'done' ? 0 : failed;
    }
    return await runLines(session, { interrupts, batchFd });
  } finally {
    interrupts.release();
  }
}

/** Enters the folder that the command line names, or fetches the file. */
async function begin(
  session: Session,
  what: { readonly path: string; readonly target: string | undefined; readonly signal: AbortSignal },
): Promise<'go-on' | 'done' | 'failed'> {
  const { path, target, signal } = what;
  const run = new CommandRun(session, { signal, stopsAtErrors: true });
  const absolute = session.absolute(path);
  const isFolder = (await run.files.follow(absolute))?.type === 'directory';
  if (isFolder && target === undefined) {
    if (!session.isQuiet) session.report.say(connectionMessages.changing(absolute));
    await executeCommand(run, { kind: 'cd', path: absolute });
    return run.hasFailed ? 'failed' : 'go-on';
  }
  const flags = { resume: false, sync: false, preserve: false, recursive: false };
  await executeCommand(run, { kind: 'get', source: path, ...(target === undefined ? {} : { target }), flags });
  return run.hasFailed ? 'failed' : 'done';
}

async function runLines(
  session: Session,
  { interrupts, batchFd }: { readonly interrupts: Interrupts; readonly batchFd: number | undefined },
): Promise<number> {
  const isBatch = batchFd !== undefined;
  const isInteractive = !isBatch && isTerminal(0);
  const lines = isInteractive ? userLines(session, interrupts) : new DescriptorLines(batchFd ?? 0);
  // A batch that waits for its next line has nothing to go on with.
  if (!isInteractive) interrupts.whenIdle = () => process.exit(failed);
  // While a line is waited for nothing else shows that the connection is gone.
  const lost = session.client.closed.then((error) => {
    throw error ?? new Error('the session was closed while it was used');
  });
  lost.catch(() => undefined);
  for (;;) {
    const text = await Promise.race([lines.next(), lost]).catch((error: unknown) => {
      lines.leave();
      throw error;
    });
    if (text === undefined) break;
    const line = parseLine(text);
    if (!isInteractive && !line.isSilent) session.report.echo(`${prompt}${text}`);
    const outcome = await interrupts.during((signal) => executeLine(session, line, { signal, isBatch }));
    if (outcome === 'quit') break;
    if (outcome === 'failed') return failed;
  }
  return 0;
}
