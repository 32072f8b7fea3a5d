// Where an agent's socket is: a private folder in the user's home (`~/.ssh/agent/s.HOST.agent.RANDOM`), or a folder of
// its own in the place for temporary files. Sockets that nobody listens on any more, left behind by agents that were
// killed, are found by their names and removed.

import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeDescriptor } from './descriptors.ts';
import { connectLocal } from './local-connect.ts';
import { bindLocal } from './local-listener.ts';
import { errorNumber, SystemError } from './system-error.ts';

export interface AgentSocket {
  readonly path: string;
  /** It listens. */
  readonly fd: number;
  /** Made for the socket alone, to be removed with it. */
  readonly folder?: string;
}

/** Entries of the folder that are looked at; more are nobody's agents. */
const maximumEntries = 4096;
const nameLength = 10;

/** Ten characters that stand for this machine, as homes may be shared by several. */
function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, nameLength);
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** A folder that only its owner can look into; made if it is missing. Throws the error of node:fs, or SystemError. */
function privateFolder(path: string): void {
  makeFolder(path);
  const { uid, mode } = lstatSync(path);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0 || (mode & 0o170000) !== 0o040000) {
    throw new SystemError('open', errorNumber('EPERM'), path);
  }
}

function agentFolder(home: string): string {
  return join(home, '.ssh', 'agent');
}

/** Listens in the user's own folder; `kind` says who made the socket. */
export function listenInHome(home: string, kind: 'agent' | 'sshd'): AgentSocket {
  const folder = agentFolder(home);
  makeFolder(join(home, '.ssh'));
  privateFolder(folder);
  const path = join(folder, `s.${hostMark()}.${kind}.${randomBytes(nameLength / 2).toString('hex')}`);
  return { path, fd: bindLocal(path) };
}

/** Listens in a new folder below $TMPDIR. */
export function listenInTemporaryFolder(ownerPid: number): AgentSocket {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-'));
  const path = join(folder, `agent.${ownerPid}`);
  try {
    return { path, fd: bindLocal(path), folder };
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
}

/** Removes socket and folder; what is gone already is no error. */
export function removeAgentSocket({ path, folder }: Pick<AgentSocket, 'path' | 'folder'>): void {
  try {
    unlinkSync(path);
    if (folder !== undefined) rmdirSync(folder);
  } catch {
    // Somebody else has tidied up.
  }
}

/** Removes sockets of agents that are gone, of this machine unless told, and gives their paths. */
export function removeStaleSockets(home: string, { anyHost }: { readonly anyHost: boolean }): string[] {
  const folder = agentFolder(home);
  const mark = anyHost ? 's.' : `s.${hostMark()}.`;
  const removed: string[] = [];
  for (const name of entriesOf(folder).slice(0, maximumEntries)) {
    const path = join(folder, name);
    if (!name.startsWith(mark) || lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) continue;
    if (!isAbandoned(path)) continue;
    removeAgentSocket({ path });
    removed.push(path);
  }
  return removed;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether nobody listens there. */
export function isAbandoned(path: string): boolean {
  try {
    closeDescriptor(connectLocal(path));
    return false;
  } catch (error) {
    return error instanceof SystemError && error.code === 'ECONNREFUSED';
  }
}
