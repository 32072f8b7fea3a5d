import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { testCrypto, testPreferences } from '@sallyport/testing/transport-pair';
import { Rehearsal } from './rehearsal.ts';

const settings = {
  identification: 'SSH-2.0-Sallyport_0.1',
  preferences: testPreferences('server'),
  hostKeys: [],
  publicKeyAlgorithms: [],
  rekeyLimits: {},
  logThreshold: 2,
};

/** The provider, and how often each of its methods was called. */
function counted(): { readonly crypto: CryptoProvider; readonly calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const crypto = new Proxy(testCrypto(), {
    get: (target, name: string) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return target[name as keyof CryptoProvider];
    },
  });
  return { crypto, calls };
}

test('Rehearsal goes through whole logins, of the key exchanges and ciphers that clients agree on most', () => {
  const { crypto, calls } = counted();
  const rehearsal = new Rehearsal({ settings, crypto });
  for (let i = 0; i < 12; i++) rehearsal.perform();
  for (const name of ['x25519', 'mlkem768', 'ecdh', 'chachaPoly', 'aesGcm', 'aesCtr', 'signingKey', 'verifyingKey']) {
    assert.ok((calls.get(name) ?? 0) > 0, name);
  }
});

test('Rehearsal keeps to what the settings allow', () => {
  const { crypto, calls } = counted();
  const preferences = {
    ...settings.preferences,
    keyExchanges: ['diffie-hellman-group14-sha256'],
    ciphers: ['aes256-ctr'],
  };
  const rehearsal = new Rehearsal({ settings: { ...settings, preferences }, crypto });
  for (let i = 0; i < 2; i++) rehearsal.perform();
  assert.deepEqual(
    [calls.get('x25519'), calls.get('mlkem768'), calls.get('chachaPoly')],
    [undefined, undefined, undefined],
  );
  assert.ok((calls.get('modExp') ?? 0) > 0);
});
