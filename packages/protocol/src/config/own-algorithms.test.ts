import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usableAlgorithms } from './algorithm-list.ts';
import { ownAlgorithms, queryNames } from './own-algorithms.ts';

test('every default of both roles is a known name', () => {
  for (const role of ['client', 'server'] as const) {
    for (const { known, defaults } of Object.values(ownAlgorithms(role))) {
      assert.ok(defaults.length > 0 && defaults.every((name) => known.includes(name)));
    }
  }
});

test('queries answer by name and by keyword, in any case', () => {
  assert.deepEqual(queryNames('Ciphers'), queryNames('cipher'));
  assert.deepEqual(queryNames('HostKeyAlgorithms'), queryNames('key-sig'));
  assert.ok(queryNames('cipher-auth')?.every((name) => /gcm|poly1305/.test(name)));
  assert.ok(queryNames('help')?.includes('kex'));
  assert.equal(queryNames('nonsense'), undefined);
});

test('lists may hold names that only OpenSSH knows, as long as one of ours is left', () => {
  const { ciphers, macs, keyExchanges, signatures } = ownAlgorithms('client');
  assert.deepEqual(usableAlgorithms('aes128-cbc,aes256-ctr', ciphers), ['aes256-ctr']);
  assert.deepEqual(usableAlgorithms('aes128-cbc', ciphers), []);
  assert.deepEqual(usableAlgorithms('aes128-cbc,nonsense,aes256-ctr', ciphers), []);
  assert.deepEqual(usableAlgorithms('+hmac-sha1', macs), macs.defaults);
  assert.deepEqual(usableAlgorithms('+diffie-hellman-group1-sha1', keyExchanges), keyExchanges.defaults);
  assert.equal(usableAlgorithms('^ssh-dss,ssh-ed25519', signatures)[0], 'ssh-ed25519');
  for (const { known, foreign = [] } of Object.values(ownAlgorithms('server'))) {
    assert.ok(foreign.every((name) => !known.includes(name)));
  }
});
