import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steersRuntime, withoutRuntimeVariables } from './environment.ts';

test('Variables that steer Bun or Node are told from the others', () => {
  for (const name of [
    'BUN_OPTIONS',
    'BUN_BE_BUN',
    'BUN_JSC_useJIT',
    'NODE_OPTIONS',
    'NODE_EXTRA_CA_CERTS',
    'JSC_dump',
    'UV_THREADPOOL_SIZE',
    'SALLYPORT_SFTP_DELEGATION',
  ]) {
    assert.equal(steersRuntime(name), true, name);
  }
  for (const name of ['PATH', 'LANG', 'BUNDLE', 'NODE', 'UV', 'bun_options', 'MY_NODE_OPTIONS']) {
    assert.equal(steersRuntime(name), false, name);
  }
});

test('An environment without them has every other variable that is set', () => {
  const env = { PATH: '/bin', BUN_OPTIONS: '--preload=x', NODE_OPTIONS: '', HOME: undefined, EMPTY: '' };
  assert.deepEqual(withoutRuntimeVariables(env), { PATH: '/bin', EMPTY: '' });
});
