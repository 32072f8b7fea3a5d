// Starts a program by posix_spawn(3) with exactly the descriptors that are named, default signals and an empty mask, in
// a session of its own with a controlling terminal when asked; and reports how it ended, core dump included, which the
// runtimes' own child processes hide. The runtimes wait only for the children that they started, and so do we.

import { closeDescriptor, duplicate } from './descriptors.ts';
import { call, checkNumber } from './libc.ts';
import { cString, stringArray } from './memory.ts';
import { withOpenFileLimit } from './open-file-limit.ts';

export interface SpawnOptions {
  /** The file to execute; it is not searched for. */
  readonly path: string;
  readonly argv: readonly (string | Uint8Array)[];
  readonly env: Readonly<Record<string, string>>;
  /** When this folder cannot be entered, nothing is started. */
  readonly cwd?: string;
  /** Our descriptor for each of the child's. Numbers that are not named are closed in the child. */
  readonly stdio: Readonly<Record<number, number>>;
  /** A session and process group of its own (setsid(2)). */
  readonly newSession?: boolean;
  /**
   * Name of a terminal that becomes descriptors 0 to 2, where `stdio` does not name them, and the controlling
   * terminal.
   */
  readonly terminalPath?: string;
  /** Its soft limit of open files, where that is lower than ours. */
  readonly openFiles?: number | undefined;
}

export type Exit = { readonly code: number } | { readonly signal: number; readonly coreDumped: boolean };

const spawnFlags = { setDefaultSignals: 0x04, setSignalMask: 0x08, setSession: 0x80 } as const;
const readWrite = 2;
const signalSetBytes = 128;
// Larger than posix_spawn_file_actions_t (80 bytes) and posix_spawnattr_t (336 bytes) of glibc on x64 and arm64.
const structureBytes = 512;

/** Starts the program and returns its process id; throws SystemError when it cannot be executed. */
export function spawnProcess(options: SpawnOptions): number {
  const actions = Buffer.alloc(structureBytes);
  const attributes = Buffer.alloc(structureBytes);
  const moved: number[] = [];
  checkNumber('posix_spawn_file_actions_init', actions);
  checkNumber('posix_spawnattr_init', attributes);
  try {
    addFileActions(actions, options, moved);
    setAttributes(attributes, options);
    const variables = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    const pid = Buffer.alloc(4);
    const argv = stringArray(options.argv);
    const path = cString(options.path);
    const env = stringArray(variables);
    withOpenFileLimit(options.openFiles, () => {
      checkNumber('posix_spawn', pid, path, actions, attributes, argv, env);
    });
    return pid.readInt32LE();
  } finally {
    call('posix_spawn_file_actions_destroy', actions);
    call('posix_spawnattr_destroy', attributes);
    for (const fd of moved) closeDescriptor(fd);
  }
}

function addFileActions(actions: Buffer, options: SpawnOptions, moved: number[]): void {
  const wanted = Object.entries(options.stdio).map(([target, source]) => ({ target: Number(target), source }));
  const targets = new Set(wanted.map(({ target }) => target));
  if (options.terminalPath !== undefined) for (const target of [0, 1, 2]) targets.add(target);
  const closeFrom = Math.max(2, ...targets) + 1;
  if (options.terminalPath !== undefined) {
    const path = cString(options.terminalPath);
    checkNumber('posix_spawn_file_actions_addopen', actions, 0, path, readWrite, 0);
    for (const target of [1, 2]) checkNumber('posix_spawn_file_actions_adddup2', actions, 0, target);
  }
  for (const { target, source } of wanted) {
    const isSafe = source >= closeFrom || (source === target && options.terminalPath === undefined);
    const safe = isSafe ? source : duplicate(source, closeFrom);
    if (safe !== source) moved.push(safe);
    checkNumber('posix_spawn_file_actions_adddup2', actions, safe, target);
  }
  if (options.cwd !== undefined) checkNumber('posix_spawn_file_actions_addchdir_np', actions, cString(options.cwd));
  for (let fd = 0; fd < closeFrom; fd++) {
    if (!targets.has(fd)) checkNumber('posix_spawn_file_actions_addclose', actions, fd);
  }
  checkNumber('posix_spawn_file_actions_addclosefrom_np', actions, closeFrom);
}

function setAttributes(attributes: Buffer, options: SpawnOptions): void {
  const ownSession = options.newSession === true || options.terminalPath !== undefined;
  const flags = spawnFlags.setDefaultSignals | spawnFlags.setSignalMask | (ownSession ? spawnFlags.setSession : 0);
  checkNumber('posix_spawnattr_setflags', attributes, flags);
  checkNumber('posix_spawnattr_setsigdefault', attributes, Buffer.alloc(signalSetBytes, 0xff));
  checkNumber('posix_spawnattr_setsigmask', attributes, Buffer.alloc(signalSetBytes));
}
