// The agent that stays when ssh-agent has printed where it is: the same executable under another name, with the
// listening socket as descriptor 3. What it must know stands in its arguments.

import { openSync } from 'node:fs';
import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import type { AgentSocket } from '@sallyport/system/agent-socket';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { ownProgram } from '@sallyport/system/own-program';
import { spawnProcess } from '@sallyport/system/spawn';
import type { TokenPolicy } from './options.ts';

export const detachedName = 'ssh-agent-server';
export const listeningFd = 3;

export interface DetachedSettings {
  readonly path: string;
  readonly folder?: string | undefined;
  readonly digest: DigestName;
  readonly lifetimeSeconds: number | undefined;
  readonly tokens: TokenPolicy;
  readonly parentPid: number | undefined;
}

/** Starts it in a session of its own and returns its process id; the socket is its own from here on. */
export function startDetached(socket: AgentSocket, settings: Omit<DetachedSettings, 'path' | 'folder'>): number {
  const program = ownProgram();
  const nullFd = openSync('/dev/null', 'r+');
  try {
    const all: DetachedSettings = { ...settings, path: socket.path, folder: socket.folder };
    return spawnProcess({
      path: program.path,
      argv: [...program.argv(detachedName), JSON.stringify(all)],
      env: withoutRuntimeVariables(process.env),
      stdio: { 0: nullFd, 1: nullFd, 2: nullFd, [listeningFd]: socket.fd },
      newSession: true,
    });
  } finally {
    closeDescriptor(nullFd);
    closeDescriptor(socket.fd);
  }
}

/** @throws SyntaxError when they are not ours */
export function readSettings(argument: string): DetachedSettings {
  return JSON.parse(argument) as DetachedSettings;
}
