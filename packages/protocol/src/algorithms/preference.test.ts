import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editAlgorithmList } from './preference.ts';

const known = ['a-one', 'a-two', 'b-one', 'b-two', 'c'];
const defaults = ['b-one', 'a-one', 'c'];
const edit = (spec: string): string[] | undefined => editAlgorithmList(spec, { defaults, known });

test('a plain list of algorithms replaces the defaults, in its own order', () => {
  assert.deepEqual(edit('c,a-two'), ['c', 'a-two']);
  assert.deepEqual(edit('c,c,a-two,c'), ['c', 'a-two']);
});

test('+ appends to the defaults what is not among them', () => {
  assert.deepEqual(edit('+a-two,a-one'), ['b-one', 'a-one', 'c', 'a-two']);
});

test('^ puts names before the defaults', () => {
  assert.deepEqual(edit('^c,b-two'), ['c', 'b-two', 'b-one', 'a-one']);
});

test('- takes names out of the defaults, unknown ones too', () => {
  assert.deepEqual(edit('-a-one,unknown'), ['b-one', 'c']);
});

test('wildcards stand for every known name that they match, in the order of the table', () => {
  assert.deepEqual(edit('*-two'), ['a-two', 'b-two']);
  assert.deepEqual(edit('+?-two'), ['b-one', 'a-one', 'c', 'a-two', 'b-two']);
  assert.deepEqual(edit('^b*'), ['b-one', 'b-two', 'a-one', 'c']);
  assert.deepEqual(edit('-*-one'), ['c']);
});

test('an unknown name, an empty one and an empty result are refused', () => {
  for (const spec of ['unknown', 'c,unknown', '+unknown', '^x*', '', '+', ',c', '-*'])
    assert.equal(edit(spec), undefined);
});
