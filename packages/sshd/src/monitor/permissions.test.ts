import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthCallName, Phase } from './calls.ts';
import { authCalls } from './calls.ts';
import type { PermissionState } from './permissions.ts';
import { advance, initialPermissions, permit } from './permissions.ts';

const permitted: Readonly<Record<Phase, readonly AuthCallName[]>> = {
  'key-exchange': ['log', 'sign'],
  'user-wanted': ['log', 'lookUpUser'],
  authenticating: ['log', 'checkNone', 'checkKey', 'verifyKey', 'verifyHost', 'checkPassword'],
  authenticated: ['log', 'handOver'],
  'handed-over': [],
};

const onlyOnce: readonly AuthCallName[] = ['sign', 'lookUpUser', 'handOver'];
const callNames = Object.keys(authCalls) as AuthCallName[];

test('permissions of every call in every phase are as listed', () => {
  for (const phase of Object.keys(permitted) as Phase[]) {
    for (const call of callNames) {
      const state: PermissionState = { phase, made: new Set() };
      assert.equal(permit(state, call) !== undefined, permitted[phase].includes(call), `${call} in ${phase}`);
    }
  }
});

test('a call that is allowed once is refused the second time', () => {
  for (const phase of Object.keys(permitted) as Phase[]) {
    for (const call of permitted[phase]) {
      const after = permit({ phase, made: new Set() }, call);
      assert.ok(after);
      assert.equal(permit(after, call) === undefined, onlyOnce.includes(call), call);
    }
  }
});

test('phases follow the findings of the monitor in one order only', () => {
  let state = initialPermissions;
  for (const finding of ['signed', 'user-looked-up', 'accepted', 'handed-over'] as const)
    state = advance(state, finding);
  assert.equal(state.phase, 'handed-over');
  assert.throws(() => advance(initialPermissions, 'accepted'));
  assert.throws(() => advance(state, 'signed'));
});
