// The server that sftp speaks to: a connection of this process, one through another ssh (-S), or a program of this
// machine (-D); and the first words of the protocol.

import { SshError } from 'sallyport/errors';
import type { SftpClientOptions } from 'sallyport/sftp/sftp-calls';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { byteString, textOf } from '../shared/byte-string.ts';
import type { RemoteProgram } from '../ssh/in-process.ts';
import { openRemoteProgram, sshArgumentsFor } from '../ssh/in-process.ts';
import { openThroughProgram } from '../ssh/through-program.ts';
import { connectionMessages, optionMessages } from './messages.ts';
import type { Invocation } from './options.ts';
import type { Report } from './report.ts';

export interface Connected {
  readonly client: SftpClient;
  readonly program: RemoteProgram;
}

/** Resolves to undefined when it did not work out, after saying why. */
export async function connectToServer(invocation: Invocation, report: Report): Promise<Connected | undefined> {
  const program = await openProgram(invocation, report);
  if (program === undefined) {
    report.problem(connectionMessages.closed);
    return undefined;
  }
  try {
    return { client: await SftpClient.over(program.stream, optionsOf(report)), program };
  } catch (error) {
    if (!(error instanceof SshError)) throw error;
    tellWhyNot(error, report);
    program.close();
    return undefined;
  }
}

/** Without -v nobody asks what is done. */
function optionsOf(report: Report): SftpClientOptions {
  return { limitsLater: true, ...(report.verbosity === 0 ? {} : { log: report.debug }) };
}

async function openProgram(invocation: Invocation, report: Report): Promise<RemoteProgram | undefined> {
  const { server, destination, sshProgram, sshArguments, subsystem } = invocation;
  if (server !== undefined || destination === undefined) {
    const [path = '', ...rest] = server?.words ?? [];
    return openLocalProgram(path, rest, report);
  }
  const program = subsystem.includes('/') ? { command: subsystem } : { subsystem };
  const request = { sshArguments, host: textOf(destination.host) ?? '', program };
  if (sshProgram === undefined) return openRemoteProgram(request);
  return openLocalProgram(sshProgram, sshArgumentsFor(request), report);
}

function openLocalProgram(path: string, argv: readonly string[], report: Report): RemoteProgram | undefined {
  const program = openThroughProgram(path, argv);
  if (program === undefined) report.tell(byteString(optionMessages.noSuchProgram(path)));
  return program;
}

/** Mostly a shell that says something of its own where a server's first packet should be. */
function tellWhyNot(error: SshError, report: Report): void {
  const length = error.code === 'message-malformed' ? /of (\d+) bytes$/.exec(error.message)?.[1] : undefined;
  if (length === undefined) {
    report.problem(connectionMessages.closed);
    return;
  }
  report.problem(connectionMessages.tooLong(length));
  report.problem(connectionMessages.keepQuiet);
}
