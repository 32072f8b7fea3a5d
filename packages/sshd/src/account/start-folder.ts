// Where a session starts: the home of its account, or above everything when that cannot be entered, which is said as
// OpenSSH says it.

import * as fs from 'node:fs';
import { utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { errorText } from '@sallyport/system/system-error';

interface StartFolder {
  readonly path: string;
  readonly complaint?: string;
}

/** The home; when it cannot be entered the session starts above everything, and says so. */
export function startFolder(home: string): StartFolder {
  const code = cannotEnter(home);
  if (code === undefined) return { path: home };
  return { path: '/', complaint: `Could not chdir to home directory ${home}: ${errorText(code)}\n` };
}

/** The code of the error with which the account would not get into a folder; undefined when it may. */
export function cannotEnter(folder: string): string | undefined {
  const name = Buffer.from(utf8EncodeReversibly(folder));
  try {
    if (!fs.statSync(name).isDirectory()) return 'ENOTDIR';
    fs.accessSync(name, fs.constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
