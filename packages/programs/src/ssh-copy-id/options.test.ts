import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../shared/option-table.ts';
import { parseOptions } from './options.ts';

test('Options are read, and those of ssh handed on in order', () => {
  const options = parseOptions('-f -n -s -x -t keys -i id -p 22 -F conf -o A=b user@host'.split(' '));
  assert.deepEqual(options, {
    host: 'user@host',
    identity: 'id',
    isForced: true,
    isDryRun: true,
    usesSftp: true,
    isVerbose: true,
    target: 'keys',
    sshArguments: ['-p', '22', '-F', 'conf', '-o', 'A=b'],
  });
});

test('-i may stand without a file before another option and before the host', () => {
  for (const text of ['-i host', '-i -p 22 host', '-p 22 -i host']) {
    const { identity, host } = parseOptions(text.split(' '));
    assert.deepEqual([identity, host], ['', 'host'], text);
  }
  assert.equal(parseOptions(['-i', 'file', 'host']).identity, 'file');
  assert.equal(parseOptions(['-ifile', 'host']).identity, 'file');
  assert.equal(parseOptions(['host']).identity, undefined);
});

test('Wrong use is refused', () => {
  for (const text of ['-h', '-?', '-Z host', '-p', '-i a -i b host', 'a b']) {
    assert.throws(() => parseOptions(text.split(' ')), UsageError, text);
  }
  assert.throws(() => parseOptions([]), UsageError);
});
