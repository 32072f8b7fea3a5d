// The program at the other end: over a connection that is made in this process, through a program that takes the place
// of ssh (-S), or a server of this machine without a network (-D).

import { openRemoteProgram, type RemoteProgram, sshArgumentsFor } from '../ssh/in-process.ts';
import { openThroughProgram } from '../ssh/through-program.ts';
import type { RemotePlace } from './locations.ts';
import { isAcceptableUser } from './locations.ts';
import { messages, verboseMessages } from './messages.ts';
import type { Invocation } from './options.ts';
import type { Report } from './report.ts';
import { Abandoned } from './report.ts';

export interface ConnectionSetting {
  readonly invocation: Invocation;
  readonly report: Report;
}

/** Starts a command there. Rejects with Abandoned when that does not work out, after it was said why. */
export function openCommand(place: RemotePlace, command: string, setting: ConnectionSetting): Promise<RemoteProgram> {
  return open(place, { command }, setting);
}

/** Starts the SFTP server there. Rejects with Abandoned when that does not work out. */
export async function openServer(place: RemotePlace, setting: ConnectionSetting): Promise<RemoteProgram> {
  const { server } = setting.invocation;
  if (server === undefined) return await open(place, { subsystem: 'sftp' }, setting);
  return orAbandon(openThroughProgram(server, []), server, setting);
}

async function open(
  place: RemotePlace,
  program: { readonly subsystem: string } | { readonly command: string },
  setting: ConnectionSetting,
): Promise<RemoteProgram> {
  const { invocation, report } = setting;
  const { user, host } = place;
  if (user !== undefined && !isAcceptableUser(user)) {
    report.problem(messages.badUser(user));
    throw new Abandoned(1);
  }
  const port = place.port ?? invocation.port;
  const sshArguments = [
    ...invocation.sshArguments,
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
  ];
  const request = { sshArguments, host, program };
  const command = 'command' in program ? program.command : program.subsystem;
  report.verbose(verboseMessages.executing(invocation.sshProgram ?? 'ssh', { host, user }, command));
  if (invocation.sshProgram !== undefined) {
    return orAbandon(
      openThroughProgram(invocation.sshProgram, sshArgumentsFor(request)),
      invocation.sshProgram,
      setting,
    );
  }
  const opened = await openRemoteProgram(request);
  if (opened === undefined) throw new Abandoned(1);
  return opened;
}

function orAbandon(program: RemoteProgram | undefined, path: string, { report }: ConnectionSetting): RemoteProgram {
  if (program !== undefined) return program;
  report.problem(messages.noProgram(path));
  throw new Abandoned(1);
}

/** Lets the other end finish, and takes its word for how that went. */
export async function finish({ stream, exit }: RemoteProgram, report: Report): Promise<void> {
  stream.end();
  stream.resume();
  if ((await exit) !== 0) report.fail();
}
