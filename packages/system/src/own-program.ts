// How a program starts itself again in another role: the same executable under the name of the role, or on Node the
// entry beside the running one.

import { dirname, join } from 'node:path';

/** Where our own programs are. */
export interface OwnProgram {
  readonly path: string;
  /** What stands before the arguments of the program of that name. */
  readonly argv: (name: string) => readonly string[];
}

/** The file that runs, also when it has been replaced or removed meanwhile (an upgrade). */
const ownExecutable = '/proc/self/exe';

/** The running executable, or Node with the entry files in the folder of the running one. */
export function ownProgram(): OwnProgram {
  const isNode = !('bun' in process.versions);
  const folder = dirname(process.argv[1] ?? '.');
  return {
    path: ownExecutable,
    argv: (name) => (isNode ? ['node', join(folder, `${name}.js`)] : [name]),
  };
}

/** The words that start the program of ours with that name from anywhere: the file beside the running executable. */
export function ownWords(name: string): readonly string[] {
  const isNode = !('bun' in process.versions);
  if (isNode) return [process.execPath, join(dirname(process.argv[1] ?? '.'), `${name}.js`)];
  return [join(dirname(process.execPath), name)];
}
