import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { minimumDelayMs, remainingDelayMs } from './failure-delay.ts';

test('a refused attempt waits for the next doubling of the minimum of its user name', () => {
  assert.equal(remainingDelayMs(6, 1), 5);
  assert.equal(remainingDelayMs(6, 6), 0);
  assert.equal(remainingDelayMs(6, 7), 5);
  assert.equal(remainingDelayMs(6, 25), 23);
  assert.equal(remainingDelayMs(6, 6000), 0);
});

test('the minimum depends on the name and the secret and lies between 5 and 9.2 ms', () => {
  const crypto = createCryptoProvider();
  const secret = new Uint8Array(32).fill(1);
  const alice = minimumDelayMs(crypto, secret, 'alice');
  assert.equal(minimumDelayMs(crypto, secret, 'alice'), alice);
  assert.notEqual(minimumDelayMs(crypto, secret, 'bob'), alice);
  assert.ok(alice >= 5 && alice < 9.2);
});
