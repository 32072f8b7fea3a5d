// The agent that stays when ssh-agent has printed where it is: the same executable under another name, with the
// listening socket as descriptor 3. What it must know stands in its arguments.

import { openSync, readSync } from 'node:fs';
import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import type { AgentSocket } from '@sallyport/system/agent-socket';
import { closeDescriptor, makePipe } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { ownProgram } from '@sallyport/system/own-program';
import { spawnProcess } from '@sallyport/system/spawn';
import type { TokenPolicy } from './options.ts';

export const detachedName = 'ssh-agent-server';
export const listeningFd = 3;
/** Where the agent writes a byte when it is ready. */
export const readyFd = 4;

export interface DetachedSettings {
  readonly path: string;
  readonly folder?: string | undefined;
  readonly digest: DigestName;
  readonly lifetimeSeconds: number | undefined;
  readonly tokens: TokenPolicy;
  readonly parentPid: number | undefined;
}

/**
 * Starts it in a session of its own and returns its process id when it is ready; the socket is its own from here on.
 * @throws Error when it ends before
 */
export function startDetached(socket: AgentSocket, settings: Omit<DetachedSettings, 'path' | 'folder'>): number {
  const program = ownProgram();
  const nullFd = openSync('/dev/null', 'r+');
  const ready = makePipe();
  let pid: number;
  try {
    const all: DetachedSettings = { ...settings, path: socket.path, folder: socket.folder };
    pid = spawnProcess({
      path: program.path,
      argv: [...program.argv(detachedName), JSON.stringify(all)],
      env: withoutRuntimeVariables(process.env),
      stdio: { 0: nullFd, 1: nullFd, 2: nullFd, [listeningFd]: socket.fd, [readyFd]: ready.writeFd },
      newSession: true,
    });
  } finally {
    for (const fd of [nullFd, socket.fd, ready.writeFd]) closeDescriptor(fd);
  }
  const isReady = readSync(ready.readFd, Buffer.alloc(1)) === 1;
  closeDescriptor(ready.readFd);
  if (!isReady) throw new Error('the agent has ended');
  return pid;
}

/** @throws SyntaxError when they are not ours */
export function readSettings(argument: string): DetachedSettings {
  return JSON.parse(argument) as DetachedSettings;
}
