// Finds a program by its name in the folders of PATH, as execvp(3) does. Only whether it may be executed is looked at;
// nothing is run.

import { accessSync, constants } from 'node:fs';

/** The path to execute; undefined when there is none. A name with a slash is a path itself. */
export function findProgram(name: string, searchPath: string): string | undefined {
  const candidates = name.includes('/') ? [name] : searchPath.split(':').map((folder) => `${folder || '.'}/${name}`);
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
