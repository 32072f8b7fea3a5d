import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFreeSpace } from './free-space.ts';
import type { ListedStatus } from './listing.ts';
import { formatColumns, formatLongLine, formatMode, sortEntries } from './listing.ts';
import { scaledNumber } from './scaled-number.ts';

const status: ListedStatus = { size: 1, uid: 0, gid: 0, mode: 0o100644, modificationTime: 0 };

test('modes look as ls shows them', () => {
  const expected: readonly (readonly [number, string])[] = [
    [0o100644, '-rw-r--r--'],
    [0o040755, 'drwxr-xr-x'],
    [0o120777, 'lrwxrwxrwx'],
    [0o104755, '-rwsr-xr-x'],
    [0o102644, '-rw-r-Sr--'],
    [0o041777, 'drwxrwxrwt'],
    [0o041666, 'drw-rw-rwT'],
    [0o020600, 'crw-------'],
    [0o060600, 'brw-------'],
    [0o010600, 'prw-------'],
    [0o140600, 'srw-------'],
    [0, '?---------'],
  ];
  for (const [mode, text] of expected) assert.equal(formatMode(mode), text);
});

test('a long line has the columns of OpenSSH, the hour of the last half year and the year of all others', () => {
  const now = new Date(2026, 5, 15, 12, 0).getTime() / 1000;
  const recent = { ...status, size: 1_265_648, modificationTime: new Date(2026, 3, 8, 9, 5).getTime() / 1000 };
  const options = { owner: 'root', group: undefined, humanSizes: false, now };
  assert.equal(formatLongLine('f', recent, options), '-rw-r--r--    ? root     0         1265648 Apr  8 09:05 f');
  const old = { ...recent, modificationTime: new Date(2025, 3, 18).getTime() / 1000 };
  assert.equal(
    formatLongLine('f', old, { ...options, owner: 'a-long-name', humanSizes: true }),
    '-rw-r--r--    ? a-long-name 0            1.2M Apr 18  2025 f',
  );
  const future = { ...recent, modificationTime: new Date(2026, 5, 16).getTime() / 1000 };
  assert.match(formatLongLine('f', future, options), / Jun 16  2026 f$/);
  assert.match(
    formatLongLine('f', { ...status, size: undefined, mode: undefined }, { ...options, owner: undefined }),
    /^\?---------    \? 0        0               0 /,
  );
});

test('columns fit the width, at least one', () => {
  const names = ['a', 'bb', 'ccc', 'd'];
  assert.equal(formatColumns(names, { width: 20, widestName: 3 }), 'a    bb   ccc  d    \n');
  assert.equal(formatColumns(names, { width: 14, widestName: 3 }), 'a      bb     \nccc    d      \n');
  assert.equal(formatColumns(['long'], { width: 3, widestName: 10 }), 'long\n');
  assert.equal(formatColumns([], { width: 80, widestName: 0 }), '');
});

test('entries are sorted by name, by time and size downwards, and the other way round', () => {
  const entries = [
    { name: 'b', status: { ...status, size: 1, modificationTime: 3 } },
    { name: 'a', status: { ...status, size: 3, modificationTime: 1 } },
    { name: 'c', status: { ...status, size: 2, modificationTime: 2 } },
  ];
  const sorted = (order: 'name' | 'time' | 'size' | 'none', reverse = false): string =>
    sortEntries(entries, { view: 'columns', numeric: false, humanSizes: false, all: false, order, reverse })
      .map(({ name }) => name)
      .join('');
  assert.deepEqual(
    [sorted('name'), sorted('name', true), sorted('time'), sorted('size'), sorted('size', true), sorted('none', true)],
    ['abc', 'cba', 'bca', 'acb', 'bca', 'bac'],
  );
});

test('sizes have three digits and a unit', () => {
  const expected: readonly (readonly [bigint, string])[] = [
    [0n, '0B'],
    [1023n, '1023B'],
    [1024n, '1.0K'],
    [48016n, '46.9K'],
    [6865n, '6.7K'],
    [1_265_648n, '1.2M'],
    [1024n * 1024n - 1n, '1024K'],
    [270_553_174_016n, '252G'],
    [2n ** 64n - 1n, '16.0E'],
  ];
  for (const [size, text] of expected) assert.equal(scaledNumber(size), text);
});

test('df shows KiB, units or inodes', () => {
  const space = {
    fragmentBytes: 4096n,
    blocks: 1000n,
    freeBlocks: 250n,
    availableBlocks: 200n,
    files: 0n,
    freeFiles: 0n,
    availableFiles: 0n,
  };
  assert.equal(
    formatFreeSpace(space, { human: false, inodes: false }),
    '        Size         Used        Avail       (root)    %Capacity\n' +
      '        4000         3000          800         1000          75%\n',
  );
  assert.equal(
    formatFreeSpace(space, { human: true, inodes: false }),
    '    Size     Used    Avail   (root)    %Capacity\n   3.9MB    2.9MB    800KB   1000KB          75%\n',
  );
  assert.equal(
    formatFreeSpace({ ...space, files: 10n, freeFiles: 4n, availableFiles: 3n }, { human: true, inodes: true }),
    '     Inodes        Used       Avail      (root)    %Capacity\n' +
      '         10           6           3           4          60%\n',
  );
  assert.match(formatFreeSpace(space, { human: false, inodes: true }), / {9}ERR\n$/);
});
