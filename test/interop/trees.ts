// A tree of files for interop tests: names that need quotes, more than one packet, many small files, and, where a
// client can name them, line ends and bytes that are no text; and the hash of every file of a tree.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';

/** Names that a client can handle beside plain ones. */
export type OddNames = 'utf8' | 'lines' | 'bytes';

/** A tree with the names that a client knows. */
export function plant(tree: string, names: OddNames): void {
  fs.mkdirSync(`${tree}/sub folder/deep`, { recursive: true });
  const random = Buffer.alloc(3_000_001);
  for (let i = 0, state = 7; i < random.length; i++)
    random[i] = (state = (state * 1_103_515_245 + 12_345) >>> 0) >>> 16;
  fs.writeFileSync(`${tree}/plain`, random);
  fs.writeFileSync(`${tree}/empty`, '');
  fs.writeFileSync(`${tree}/sub folder/deep/with space and ümlaut`, random.subarray(0, 70_000));
  for (let i = 0; i < 130; i++) fs.writeFileSync(`${tree}/sub folder/small-${i}`, `small ${i}`);
  if (names !== 'utf8') fs.writeFileSync(`${tree}/two\nlines 'and "quotes"`, 'odd');
  if (names === 'bytes') fs.writeFileSync(Buffer.from(`${tree}/latin-\xe9\xff`, 'latin1'), 'no text');
}

/** Paths of all files below a folder, byte by byte as latin1. */
export function filesOf(folder: string): string[] {
  const walk = (below: string): string[] =>
    fs.readdirSync(Buffer.from(below, 'latin1'), { encoding: 'buffer' }).flatMap((entry) => {
      const path = `${below}/${entry.toString('latin1')}`;
      return fs.statSync(Buffer.from(path, 'latin1')).isDirectory() ? walk(path) : [path];
    });
  const root = Buffer.from(folder).toString('latin1');
  return walk(root).map((path) => path.slice(root.length + 1));
}

export function hashesOf(folder: string): readonly string[] {
  const root = Buffer.from(folder).toString('latin1');
  const hash = (path: string): string =>
    createHash('sha256')
      .update(fs.readFileSync(Buffer.from(`${root}/${path}`, 'latin1')))
      .digest('hex');
  return filesOf(folder)
    .map((path) => `${path} ${hash(path)}`)
    .sort();
}
