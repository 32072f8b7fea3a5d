// sftp: options, the connection, then commands. Turns what goes wrong into OpenSSH's exit statuses: 0, 1 for a command
// of a batch that failed and for wrong use, 255 when there is no connection (any more).

import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SshError } from 'sallyport/errors';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { byteString } from '../shared/byte-string.ts';
import { reasonOf } from '../shared/failure-reason.ts';
import { OptionError, UsageError } from '../shared/option-table.ts';
import { writeError } from '../shared/standard-streams.ts';
import type { RemoteProgram } from '../ssh/in-process.ts';
import { connectToServer } from './connect.ts';
import { connectionMessages, optionMessages, usage } from './messages.ts';
import type { Invocation } from './options.ts';
import { parseArguments } from './options.ts';
import { Report } from './report.ts';
import { runSession } from './run-session.ts';

const failed = 1;
const fatal = 255;
/** Milliseconds that a program which is a connection has to end. */
const patienceMs = 2000;

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  const report = new Report(process.env);
  try {
    const invocation = parseArguments(argv);
    report.showsNotes = invocation.showsNotes;
    report.verbosity = invocation.verbosity;
    return await run(invocation, report);
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message === '' ? '' : `${error.message}\n`}${usage}`);
      return failed;
    }
    if (!(error instanceof OptionError)) throw error;
    report.problem(byteString(error.message));
    return fatal;
  }
}

async function run(invocation: Invocation, report: Report): Promise<number> {
  const { batchFile, server, destination, quiet } = invocation;
  const batchFd = batchFile === undefined ? undefined : openBatch(batchFile);
  const connected = await connectToServer(invocation, report);
  if (connected === undefined) return fatal;
  const { client, program } = connected;
  if (!quiet && server !== undefined) report.tell(connectionMessages.attached(byteString(server.text)));
  if (!quiet && destination !== undefined) report.tell(connectionMessages.connected(destination.host));
  let status: number;
  try {
    status = await runSession({ client, report, invocation, batchFd });
    await client.end();
  } catch (error) {
    if (!(error instanceof SshError)) throw error;
    await endOf(program);
    // No server without a folder to begin in.
    report.problem(error instanceof SftpError ? connectionMessages.needFolder : connectionMessages.closed);
    return fatal;
  }
  await endOf(program);
  return status;
}

/** What ssh has to say comes before our last word. */
async function endOf(program: RemoteProgram): Promise<void> {
  program.close();
  const limit = new AbortController();
  await Promise.race([program.exit, sleep(patienceMs, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
}

/** @throws OptionError */
function openBatch(file: string): number {
  if (file === '-') return 0;
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new OptionError(optionMessages.batchFile(reasonOf(error), file));
  }
}
