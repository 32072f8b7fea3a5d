// The files of this machine for the old protocol: paths are byte strings, calls are synchronous as in every program
// that copies files, and what fails is the C library's sentence.

import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { errorText } from '@sallyport/system/system-error';
import { byteStringOf, pathOf } from '../shared/byte-string.ts';
import { reasonOf } from '../shared/failure-reason.ts';

/** What the path leads to, or why that cannot be told. */
export function statusOf(path: string): Stats | string {
  try {
    return statSync(pathOf(path));
  } catch (error) {
    return reasonOf(error);
  }
}

/** Why a path cannot be copied into as a folder; undefined when it can. */
export function folderProblem(path: string): string | undefined {
  const status = statusOf(path);
  if (typeof status === 'string') return status;
  return status.isDirectory() ? undefined : errorText('ENOTDIR');
}

export interface OpenSource {
  readonly fd: number;
  readonly status: Stats;
}

/** Opens what is to be read; a pipe that nobody writes to does not make us wait. */
export function openSource(path: string): OpenSource | string {
  let fd: number;
  try {
    fd = openSync(pathOf(path), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return reasonOf(error);
  }
  return { fd, status: fstatSync(fd) };
}

export function closeSource({ fd }: OpenSource): void {
  closeSync(fd);
}

/** The names in a folder, without `.` and `..`, or why it cannot be read. */
export function namesIn(path: string): readonly string[] | string {
  try {
    return readdirSync(pathOf(path), { encoding: 'buffer' }).map(byteStringOf);
  } catch (error) {
    return reasonOf(error);
  }
}
