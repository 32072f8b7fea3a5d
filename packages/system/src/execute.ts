// Becomes another program (execve(2)): same process, same parent, same terminal. Handlers of ours end by themselves;
// what the runtime ignores, and what it did to the standard descriptors (Node closes them at exec), is put back.

import { type keepStandardFlags, setCloseOnExec } from './descriptors.ts';
import { call, lastErrno } from './libc.ts';
import { cString, stringArray } from './memory.ts';
import { withStartingOpenFileLimit } from './open-file-limit.ts';
import { SystemError } from './system-error.ts';

const ignoredByRuntimes = { brokenPipe: 13, fileTooLarge: 25 } as const;
const defaultAction = 0;

export interface ExecuteOptions {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Of keepStandardFlags(), called when the program began. */
  readonly restoreFlags: ReturnType<typeof keepStandardFlags>;
}

/** Returns only by throwing SystemError. */
export function execute({ path, argv, env, restoreFlags }: ExecuteOptions): never {
  const file = cString(path);
  const variables = stringArray(Object.entries(env).map(([name, value]) => `${name}=${value}`));
  const words = stringArray(argv);
  restoreFlags();
  for (const fd of [0, 1, 2]) setCloseOnExec(fd, false);
  for (const signal of Object.values(ignoredByRuntimes)) call('signal', signal, defaultAction);
  const errno = withStartingOpenFileLimit(() => {
    call('execve', file, words, variables);
    return lastErrno();
  });
  throw new SystemError('execve', errno, path);
}
