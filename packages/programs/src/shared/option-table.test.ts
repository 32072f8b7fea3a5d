import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionReader } from '@sallyport/protocol/config/getopt';
import { fingerprintDigest } from './fingerprint-digest.ts';
import type { OptionRow } from './option-table.ts';
import { flag, lettersOf, readOptions, UsageError, valued } from './option-table.ts';
import { ProgramExit } from './program-exit.ts';

interface Draft {
  loud: boolean;
  names: string[];
}

const table: readonly OptionRow<Draft>[] = [
  flag('l', (draft) => {
    draft.loud = true;
  }),
  valued('n', (draft, name) => void draft.names.push(name)),
];

function read(words: string, isEnough?: (draft: Draft) => boolean): { draft: Draft; rest: readonly string[] } {
  const draft: Draft = { loud: false, names: [] };
  const reader = new OptionReader(words.split(' '), lettersOf(table));
  readOptions(reader, table, { draft, ...(isEnough && { isEnough }) });
  return { draft, rest: reader.remaining() };
}

test('Letters of a table change the draft in the order of the command line, up to the first operand', () => {
  assert.equal(lettersOf(table), 'ln:');
  assert.deepEqual(read('-ln one -ntwo operand -l'), {
    draft: { loud: true, names: ['one', 'two'] },
    rest: ['operand', '-l'],
  });
});

test('Nothing after the row that is enough is looked at', () => {
  assert.deepEqual(
    read('-n one -x', ({ names }) => names.length > 0),
    { draft: { loud: false, names: ['one'] }, rest: ['-x'] },
  );
});

test('An unknown letter and a missing value are wrong use', () => {
  assert.throws(() => read('-x'), UsageError);
  assert.throws(() => read('-n'), UsageError);
});

test('The digests of fingerprints are named in any case; another name ends the program with status 255', () => {
  assert.equal(fingerprintDigest('SHA512'), 'sha512');
  assert.throws(() => fingerprintDigest('sha3'), {
    constructor: ProgramExit,
    message: 'Invalid hash algorithm "sha3"',
    status: 255,
  });
});
