// Our own programs as the build left them, where any account may run them: a checkout below /root is closed to others,
// so that root's tests get a copy of the executable then.

import { chmodSync, constants, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../dist/bin', import.meta.url));
const copied: { folder?: string } = {};

/** The path of a program of ours that root and every other account may execute. */
export function ourProgram(name: string): string {
  if (process.getuid?.() !== 0 || isOpenToAll(built)) return join(built, name);
  copied.folder ??= copyOf(built);
  return join(copied.folder, name);
}

/** Gone when this process ends. */
function copyOf(programs: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-programs-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const isProgram = (path: string): boolean => !path.endsWith('.js');
  cpSync(programs, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: isProgram,
    mode: constants.COPYFILE_FICLONE,
  });
  return folder;
}

/** Whether others may enter the folder and all above it. */
function isOpenToAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0o001) % 2 === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
