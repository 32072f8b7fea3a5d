// The line that a server puts beside a name for people, in the form of `ls -l` that sftp-server has: clients print it
// as it is (draft-ietf-secsh-filexfer-02 section 7).

import { concatBytes } from '../wire/bytes.ts';
import { utf8Encode } from '../wire/utf8.ts';
import type { FileAttributes } from './attributes.ts';
import { fileTypes } from './attributes.ts';

export interface LongNameParts {
  readonly name: Uint8Array;
  readonly attributes: FileAttributes;
  /** The number of links, or `?`. */
  readonly links: string;
  readonly user: string;
  readonly group: string;
  /** Twelve columns, such as `Jan 31 23:59`. */
  readonly time: string;
}

export function longName({ name, attributes, links, user, group, time }: LongNameParts): Uint8Array {
  const size = String(attributes.size ?? 0n).padStart(8);
  const mode = modeString(attributes.permissions ?? 0);
  const line = `${mode}  ${links.padStart(3)} ${user.padEnd(8)} ${group.padEnd(8)} ${size} ${time} `;
  return concatBytes(utf8Encode(line), name);
}

const typeLetters: Readonly<Record<number, string>> = {
  [fileTypes.socket]: 's',
  [fileTypes.symlink]: 'l',
  [fileTypes.regular]: '-',
  [fileTypes.blockDevice]: 'b',
  [fileTypes.directory]: 'd',
  [fileTypes.characterDevice]: 'c',
  [fileTypes.pipe]: 'p',
};

/** As strmode(3) of the BSDs: `-rwsr-xr-t`. */
export function modeString(mode: number): string {
  const special = [
    { bit: 0o4000, letter: 's' },
    { bit: 0o2000, letter: 's' },
    { bit: 0o1000, letter: 't' },
  ] as const;
  const triples = special.map(({ bit, letter }, index) => {
    const bits = mode >> (6 - 3 * index);
    const executes = (bits & 1) !== 0;
    const last = (mode & bit) === 0 ? (executes ? 'x' : '-') : executes ? letter : letter.toUpperCase();
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`;
  });
  return `${typeLetters[mode & fileTypes.mask] ?? '?'}${triples.join('')}`;
}
