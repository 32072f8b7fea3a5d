// Copies that another program does: cp between two places of this machine, and with -R the scp of a source's host,
// which knows its own way to the target.

import { onExit } from '@sallyport/system/child-exit';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { spawnProcess } from '@sallyport/system/spawn';
import { bytesOf, textOf } from '../shared/byte-string.ts';
import { findProgram } from '../shared/find-program.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { openRemoteProgram, sshArgumentsFor } from '../ssh/in-process.ts';
import { openThroughProgram } from '../ssh/through-program.ts';
import { finish } from './connection.ts';
import type { CopySetting } from './copy-setting.ts';
import type { RemotePlace } from './locations.ts';
import { messages, ownMessages } from './messages.ts';
import { remoteCommand } from './old/copies.ts';
import { Abandoned } from './report.ts';

/** Copies on this machine; cp says what goes wrong. */
export function copyLocally(source: string, target: string, { invocation, report }: CopySetting): Promise<void> {
  const path = findProgram('cp', process.env['PATH'] ?? '');
  if (path === undefined) {
    report.problem(messages.noProgram('cp'));
    return Promise.resolve();
  }
  const options = [...(invocation.recursive ? ['-r'] : []), ...(invocation.preserve ? ['-p'] : [])];
  const pid = spawnProcess({
    path,
    argv: ['cp', ...options, '--', bytesOf(source), bytesOf(target)],
    env: withoutRuntimeVariables(process.env),
    stdio: { 0: 0, 1: 1, 2: 2 },
  });
  return new Promise((resolve) => {
    onExit(pid, (exit) => {
      if (!('code' in exit) || exit.code !== 0) report.fail();
      resolve();
    });
  });
}

/** -R: the host of the source connects to the target by itself; what it prints is ours to show. */
export async function copyDirectly(from: RemotePlace, to: RemotePlace, setting: CopySetting): Promise<void> {
  const { invocation, report, toFolder } = setting;
  if (to.port !== undefined && to.port !== 22) {
    report.error(ownMessages.portWithDirect);
    throw new Abandoned(255);
  }
  const [source, target] = [textOf(from.path), textOf(to.path)];
  if (source === undefined || target === undefined) {
    report.error(ownMessages.notText(source === undefined ? from.path : to.path));
    throw new Abandoned(255);
  }
  const port = from.port ?? invocation.port;
  const host = to.user === undefined ? to.host : `${to.user}@${to.host}`;
  const request = {
    sshArguments: [
      ...['-x', '-oClearAllForwardings=yes', '-n', ...invocation.directArguments],
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(from.user === undefined ? [] : ['-l', from.user]),
    ],
    host: from.host,
    program: { command: `${remoteCommand(invocation, toFolder)} ${source} ${host}:${target}` },
  };
  const { sshProgram } = invocation;
  const program =
    sshProgram === undefined
      ? await openRemoteProgram(request)
      : openThroughProgram(sshProgram, sshArgumentsFor(request));
  if (program === undefined) return report.fail();
  program.stream.onData = writeOut;
  const shown = new Promise<void>((resolve) => {
    program.stream.onEnd = resolve;
    program.stream.onClose = () => resolve();
  });
  await finish(program, report);
  await shown;
}
