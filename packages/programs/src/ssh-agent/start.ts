// Starts an agent: makes its socket, then serves here (-D, -d), in the background, or beside a command that this
// process becomes.

import { resolve } from 'node:path';
import { createCryptoProvider } from '@sallyport/crypto';
import {
  type AgentSocket,
  listenInHome,
  listenInTemporaryFolder,
  removeAgentSocket,
  removeStaleSockets,
} from '@sallyport/system/agent-socket';
import { keepStandardFlags } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { execute } from '@sallyport/system/execute';
import { bindLocal } from '@sallyport/system/local-listener';
import { reasonOf } from '../shared/failure-reason.ts';
import { findProgram } from '../shared/find-program.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { activatedDescriptor } from '../shared/socket-activation.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { stderrLog } from '../shared/stderr-log.ts';
import { environmentScript, messages } from './messages.ts';
import { type AgentOptions, shellFor } from './options.ts';

function home(): string {
  const path = process.env['HOME'];
  if (path === undefined || path === '') throw new ProgramExit(messages.noHome);
  return path;
}

/** -u: removes what dead agents have left; twice: also those of other machines. */
export function cleanUp({ cleanups, isDebugging }: AgentOptions): number {
  const log = stderrLog(isDebugging ? 'debug3' : 'info');
  for (const path of removeStaleSockets(home(), { anyHost: cleanups > 1 })) log('debug1', messages.staleRemoved(path));
  return 0;
}

export async function start(options: AgentOptions): Promise<number> {
  const isServing = options.inForeground || options.isDebugging;
  const activated = isServing ? activatedDescriptor() : undefined;
  const socket = activated === undefined ? makeSocket(options) : { fd: activated, path: undefined };
  if (!isServing) return startInBackground(options, socket as AgentSocket);
  const { AgentServer } = await import('./agent-server.ts');
  const { digest, lifetimeSeconds, tokens } = options;
  const { path } = socket;
  if (path !== undefined) {
    writeOut(environmentScript(shellFor(options, process.env), { path, pid: process.pid, inForeground: true }));
  }
  const log = stderrLog(options.isDebugging ? 'debug3' : 'info');
  const crypto = createCryptoProvider();
  return new AgentServer({ crypto, log, digest, lifetimeSeconds, tokens, socket, endsOnInterrupt: true }).serve();
}

function makeSocket({ path, inTemporaryFolder, keepsStale }: AgentOptions): AgentSocket {
  try {
    if (path !== undefined) {
      const absolute = resolve(path);
      return { path: absolute, fd: bindLocal(absolute) };
    }
    if (inTemporaryFolder) return listenInTemporaryFolder(process.pid);
    if (!keepsStale) removeStaleSockets(home(), { anyHost: false });
    return listenInHome(home(), 'agent');
  } catch (error) {
    if (error instanceof ProgramExit) throw error;
    const reason = reasonOf(error);
    throw new ProgramExit(
      path === undefined ? messages.cannotMakeSocket(reason) : messages.cannotBind(path, reason),
      1,
    );
  }
}

async function startInBackground(options: AgentOptions, socket: AgentSocket): Promise<number> {
  const { digest, lifetimeSeconds, tokens, command } = options;
  const restoreFlags = keepStandardFlags();
  const parentPid = command.length > 0 ? process.pid : undefined;
  const { startDetached } = await import('./detached.ts');
  let pid: number;
  try {
    pid = startDetached(socket, { digest, lifetimeSeconds, tokens, parentPid });
  } catch (error) {
    removeAgentSocket(socket);
    throw new ProgramExit(messages.cannotStart(reasonOf(error)), 1);
  }
  if (command.length > 0) return becomeCommand(command, { socket, pid, restoreFlags });
  writeOut(environmentScript(shellFor(options, process.env), { path: socket.path, pid, inForeground: false }));
  return 0;
}

interface Beside {
  readonly socket: AgentSocket;
  readonly pid: number;
  readonly restoreFlags: () => void;
}

/** The agent sees that this process ends, whatever it has become. */
function becomeCommand(command: readonly string[], { socket, pid, restoreFlags }: Beside): never {
  const [name = ''] = command;
  const env = {
    ...withoutRuntimeVariables(process.env),
    SSH_AUTH_SOCK: socket.path,
    SSH_AGENT_PID: `${pid}`,
  };
  try {
    const path = findProgram(name, process.env['PATH'] ?? '/usr/bin:/bin');
    if (path === undefined) throw new ProgramExit(messages.commandFailed(name, 'No such file or directory'), 1);
    return execute({ path, argv: command, env, restoreFlags });
  } catch (error) {
    process.kill(pid, 'SIGTERM');
    // It may not have come so far as to remove it when it ends.
    removeAgentSocket(socket);
    if (error instanceof ProgramExit) throw error;
    throw new ProgramExit(messages.commandFailed(name, reasonOf(error)), 1);
  }
}
