import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionReader } from './getopt.ts';

function readAll(
  argv: readonly string[],
  letters: string,
): { readonly read: string[]; readonly rest: readonly string[] } {
  const reader = new OptionReader(argv, letters);
  const read: string[] = [];
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    read.push(event.kind === 'option' ? `${event.letter}=${event.value}` : event.message);
  }
  return { read, rest: reader.remaining() };
}

test('options are read alone, in clusters, with attached and with separate values', () => {
  const { read, rest } = readAll(['-v', '-4q', '-p22', '-p', '2222', '-vpx', 'host', '-v'], '4qvp:');
  assert.deepEqual(read, ['v=', '4=', 'q=', 'p=22', 'p=2222', 'v=', 'p=x']);
  assert.deepEqual(rest, ['host', '-v']);
});

test('a value may look like an option or be empty', () => {
  assert.deepEqual(readAll(['-p', '-v', '-p', '', '-p', '--'], 'vp:').read, ['p=-v', 'p=', 'p=--']);
});

test('a single dash is an operand and two dashes end the options', () => {
  assert.deepEqual(readAll(['-', '-v'], 'v'), { read: [], rest: ['-', '-v'] });
  assert.deepEqual(readAll(['-v', '--', '-v'], 'v'), { read: ['v='], rest: ['-v'] });
});

test('unknown options and missing values are told in the words of getopt(3)', () => {
  assert.deepEqual(readAll(['-x', '-vxv', '--hv', '-p'], 'vp:').read, [
    'unknown option -- x',
    'v=',
    'unknown option -- x',
    'v=',
    'unknown option -- -',
    'unknown option -- h',
    'v=',
    'option requires an argument -- p',
  ]);
  assert.deepEqual(readAll(['-:'], 'vp:').read, ['unknown option -- :']);
});

test('reading goes on behind an operand unless two dashes were met', () => {
  const reader = new OptionReader(['-v', 'host', '-q', 'command', '-x'], 'vq');
  assert.equal(reader.next()?.kind, 'option');
  assert.equal(reader.next(), undefined);
  assert.equal(reader.takeOperand(), 'host');
  assert.deepEqual(reader.next(), { kind: 'option', letter: 'q', value: '' });
  assert.equal(reader.next(), undefined);
  assert.equal(reader.ended, false);
  assert.deepEqual(reader.remaining(), ['command', '-x']);
  const ended = new OptionReader(['--', 'host', '-q'], 'q');
  assert.equal(ended.next(), undefined);
  assert.equal(ended.takeOperand(), 'host');
  assert.equal(ended.next(), undefined);
  assert.equal(ended.ended, true);
  assert.deepEqual(ended.remaining(), ['-q']);
  assert.equal(new OptionReader([], '').takeOperand(), undefined);
});
