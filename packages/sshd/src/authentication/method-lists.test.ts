import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MethodLists } from './method-lists.ts';

const enabled = ['publickey', 'password', 'keyboard-interactive'];

test('without lists any method that is on will do', () => {
  const lists = new MethodLists([], enabled);
  assert.deepEqual([lists.isAny, lists.allowed, lists.pass('password')], [true, enabled, true]);
});

test('a list must be passed whole and in its order', () => {
  const lists = new MethodLists(['publickey,password', 'publickey,keyboard-interactive:pam'], enabled);
  assert.deepEqual(lists.allowed, ['publickey']);
  assert.equal(lists.pass('publickey'), false);
  assert.deepEqual(lists.allowed, ['password', 'keyboard-interactive']);
  assert.equal(lists.pass('keyboard-interactive'), true);
});

test('the same method may be wanted twice', () => {
  const lists = new MethodLists(['publickey,publickey'], enabled);
  assert.equal(lists.pass('publickey'), false);
  assert.deepEqual(lists.allowed, ['publickey']);
  assert.equal(lists.pass('publickey'), true);
});

test('a list with a method that is off is passed over, and when none is left nothing is allowed', () => {
  const some = new MethodLists(['publickey,hostbased', 'password'], enabled);
  assert.deepEqual(some.allowed, ['password']);
  const none = new MethodLists(['publickey,hostbased'], enabled);
  assert.deepEqual([none.isAny, none.allowed], [false, []]);
});
