import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedByLists } from './user-lists.ts';

const none = { allowUsers: [], denyUsers: [], allowGroups: [], denyGroups: [] };
const alice = { name: 'alice', groups: ['staff', 'users'], host: '192.0.2.7', address: '192.0.2.7' };

test('AllowUsers and DenyUsers judge by name and by where the user comes from', () => {
  assert.equal(refusedByLists(none, alice), undefined);
  assert.equal(refusedByLists({ ...none, allowUsers: ['bob', 'al*'] }, alice), undefined);
  assert.match(refusedByLists({ ...none, allowUsers: ['bob'] }, alice)?.text ?? '', /not listed in AllowUsers$/);
  assert.match(
    refusedByLists({ ...none, allowUsers: ['alice'], denyUsers: ['alice'] }, alice)?.text ?? '',
    /in DenyUsers$/,
  );
  assert.equal(refusedByLists({ ...none, allowUsers: ['alice@192.0.2.0/24'] }, alice), undefined);
  assert.match(refusedByLists({ ...none, allowUsers: ['alice@198.51.100.0/24'] }, alice)?.text ?? '', /AllowUsers$/);
});

test('AllowGroups and DenyGroups judge by any group of the user', () => {
  assert.equal(refusedByLists({ ...none, allowGroups: ['users'] }, alice), undefined);
  assert.match(refusedByLists({ ...none, allowGroups: ['wheel'] }, alice)?.text ?? '', /listed in AllowGroups$/);
  assert.match(refusedByLists({ ...none, denyGroups: ['st*'] }, alice)?.text ?? '', /listed in DenyGroups$/);
  assert.match(
    refusedByLists({ ...none, denyGroups: ['x'] }, { ...alice, groups: [] })?.text ?? '',
    /not in any group$/,
  );
});
