// What goes out in the old protocol: files and folders of this machine through a SourceLink. What scp -f does, and
// scp -O when it sends. Folders are followed by name; symlinks in them by what they lead to, as OpenSSH's scp does.

import type { Stats } from 'node:fs';
import { readSync } from 'node:fs';
import type { Entry } from '@sallyport/protocol/scp/records';
import { formatEntry } from '@sallyport/protocol/scp/records';
import { byteStringOf, bytesOf } from '../../shared/byte-string.ts';
import { reasonOf } from '../../shared/failure-reason.ts';
import type { ProgressMeter } from '../../shared/progress-meter.ts';
import type { OpenSource } from '../local-files.ts';
import { closeSource, namesIn, openSource } from '../local-files.ts';
import { baseName, below, withoutSlashes } from '../locations.ts';
import { messages, verboseMessages } from '../messages.ts';
import type { Report } from '../report.ts';
import type { SourceLink } from './source-link.ts';

/** Paths of this system end here; a link that leads back to its folder does not go on for ever. */
const maximumPathBytes = 4096;
const readBytes = 256 * 1024;
/** Everything but the sticky bit, as OpenSSH's. */
const sentModeBits = 0o6777;

export interface SendOptions {
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly meter?: ProgressMeter | undefined;
  readonly report: Report;
}

/** Sends one path with everything below it. What cannot be sent is reported on both sides, and the rest goes on. */
export async function sendPath(link: SourceLink, given: string, options: SendOptions): Promise<void> {
  const path = withoutSlashes(given);
  const source = openSource(path);
  if (typeof source === 'string') return refuse(link, messages.fileProblem(path, source), options);
  if (source.status.isDirectory() && options.recursive) {
    closeSource(source);
    return sendFolder(link, { path, status: source.status }, options);
  }
  try {
    if (source.status.isFile()) await sendFile(link, { path, ...source }, options);
    else refuse(link, messages.notRegular(path), options);
  } finally {
    closeSource(source);
  }
}

function refuse(link: SourceLink, problem: string, { report }: SendOptions): void {
  link.tell(bytesOf(problem));
  report.problem(problem);
}

interface Item {
  readonly path: string;
  readonly status: Stats;
}

async function sendFile(
  link: SourceLink,
  { path, fd, status }: Item & OpenSource,
  options: SendOptions,
): Promise<void> {
  const { preserve, meter, report } = options;
  const sizeBytes = status.size;
  const entry = entryOf(path, status, preserve);
  sayEntry('file', entry, { sizeBytes, report });
  if (!(await link.ask({ type: 'offer-file', entry, sizeBytes }))) return;
  const sent = { bytes: 0 };
  const stopMeter = meter?.start({ name: entry.name, total: sizeBytes, position: () => sent.bytes });
  let problem: string | undefined;
  while (sent.bytes < sizeBytes) {
    const chunk = problem === undefined ? readChunk(fd, sizeBytes - sent.bytes) : filler(sizeBytes - sent.bytes);
    if (typeof chunk === 'string') {
      problem = messages.fileProblem(path, chunk);
      continue;
    }
    await link.send(chunk);
    sent.bytes += chunk.length;
  }
  if (problem !== undefined) report.problem(problem);
  await link.ask({ type: 'finish-file', ...(problem === undefined ? {} : { problem: bytesOf(problem) }) });
  stopMeter?.();
}

/** The next bytes of the file, or why there are none though its size says so. */
function readChunk(fd: number, missingBytes: number): Uint8Array | string {
  const chunk = new Uint8Array(Math.min(readBytes, missingBytes));
  try {
    const length = readSync(fd, chunk);
    return length === 0 ? messages.truncated : chunk.subarray(0, length);
  } catch (error) {
    return reasonOf(error);
  }
}

/** The size was announced: zeros keep the two sides together until the end says that the file is broken. */
function filler(missingBytes: number): Uint8Array {
  return new Uint8Array(Math.min(readBytes, missingBytes));
}

async function sendFolder(link: SourceLink, { path, status }: Item, options: SendOptions): Promise<void> {
  const names = namesIn(path);
  if (typeof names === 'string') return refuse(link, messages.fileProblem(path, names), options);
  const entry = entryOf(path, status, options.preserve);
  sayEntry('folder', entry, { sizeBytes: 0, report: options.report });
  if (!(await link.ask({ type: 'enter-folder', entry }))) return;
  for (const name of names) {
    const inner = below(path, name);
    if (inner.length >= maximumPathBytes) refuse(link, messages.nameTooLong(inner), options);
    else await sendPath(link, inner, options);
  }
  await link.ask({ type: 'leave-folder' });
}

function entryOf(path: string, status: Stats, preserve: boolean): Entry {
  const times = { modified: Math.floor(status.mtimeMs / 1000), accessed: Math.floor(status.atimeMs / 1000) };
  return { name: bytesOf(baseName(path)), mode: status.mode & sentModeBits, ...(preserve ? { times } : {}) };
}

function sayEntry(
  type: 'file' | 'folder',
  entry: Entry,
  { sizeBytes, report }: { readonly sizeBytes: number; readonly report: Report },
): void {
  if (entry.times !== undefined) report.verbose(verboseMessages.times(entry.times.modified, entry.times.accessed));
  const record = byteStringOf(formatEntry(type, entry, sizeBytes)).trimEnd();
  report.verbose(type === 'file' ? verboseMessages.modes(record) : verboseMessages.entering(record));
}
