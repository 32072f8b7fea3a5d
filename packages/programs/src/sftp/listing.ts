// How `ls` looks: lines of one entry as ls(1) -l has them, columns by the width of the terminal, and the orders of its
// flags. What it shows has been made fit for a terminal before; what it sorts by has not.

import { listingTime } from 'sallyport/sftp-server/local-time';
import { displayColumns } from '../shared/display-name.ts';
import type { ListFlags } from './parse-command.ts';
import { compareBytes } from './paths.ts';
import { scaledNumber } from './scaled-number.ts';

/** What the server told of a file. */
export interface ListedStatus {
  readonly size: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** `st_mode`. */
  readonly mode: number | undefined;
  /** Seconds. */
  readonly modificationTime: number | undefined;
}

interface Sortable {
  /** A byte string. */
  readonly name: string;
  readonly status: ListedStatus;
}

/** In the order that the flags ask for: by name ascending, by time and size descending; `reverse` turns it. */
export function sortEntries<Entry extends Sortable>(entries: readonly Entry[], flags: ListFlags): readonly Entry[] {
  if (flags.order === 'none') return entries;
  const compare = orders[flags.order];
  const sign = flags.reverse ? -1 : 1;
  return entries.toSorted((a, b) => sign * compare(a, b));
}

const orders: Readonly<Record<'name' | 'time' | 'size', (a: Sortable, b: Sortable) => number>> = {
  name: (a, b) => compareBytes(a.name, b.name),
  time: (a, b) => (b.status.modificationTime ?? 0) - (a.status.modificationTime ?? 0),
  size: (a, b) => (b.status.size ?? 0) - (a.status.size ?? 0),
};

/**
 * Lines of as many columns as fit. `widestName` is what the columns are made for, which may be wider than what is shown
 * here.
 */
export function formatColumns(names: readonly string[], place: { width: number; widestName: number }): string {
  const columns = Math.max(1, Math.trunc(place.width / (place.widestName + 2)));
  const space = Math.trunc(place.width / columns);
  let text = '';
  for (const [index, name] of names.entries()) {
    const isLast = index % columns === columns - 1;
    text += name + ' '.repeat(Math.max(0, space - displayColumns(name))) + (isLast ? '\n' : '');
  }
  return names.length % columns === 0 ? text : `${text}\n`;
}

export interface LongLineOptions {
  /** As they may be shown; the numbers where the server has no names. */
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly humanSizes: boolean;
  /** Seconds since 1970. */
  readonly now: number;
}

/** One line of `ls -l`; the number of links is not known. */
export function formatLongLine(name: string, status: ListedStatus, options: LongLineOptions): string {
  const { size = 0, uid = 0, gid = 0, mode = 0, modificationTime = 0 } = status;
  const owner = (options.owner ?? String(uid)).padEnd(8);
  const group = (options.group ?? String(gid)).padEnd(8);
  const shownSize = (options.humanSizes ? scaledNumber(BigInt(size)) : String(BigInt(size))).padStart(8);
  const time = listingTime(modificationTime * 1000, options.now * 1000);
  return `${formatMode(mode)}    ? ${owner} ${group} ${shownSize} ${time} ${name}`;
}

const typeLetters = new Map([
  [0o140000, 's'],
  [0o120000, 'l'],
  [0o100000, '-'],
  [0o060000, 'b'],
  [0o040000, 'd'],
  [0o020000, 'c'],
  [0o010000, 'p'],
]);

/** As strmode(3): type, three times rwx, with set-id and sticky bits. */
export function formatMode(mode: number): string {
  const special = [mode & 0o4000, mode & 0o2000, mode & 0o1000];
  const triples = [6, 3, 0].map((shift, index) => {
    const bits = (mode >> shift) & 7;
    const isExecutable = (bits & 1) !== 0;
    const letter = index === 2 ? 't' : 's';
    const last = special[index] === 0 ? (isExecutable ? 'x' : '-') : isExecutable ? letter : letter.toUpperCase();
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`;
  });
  return (typeLetters.get(mode & 0o170000) ?? '?') + triples.join('');
}
