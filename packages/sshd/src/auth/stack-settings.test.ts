import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCrypto, testPreferences } from '@sallyport/testing/transport-pair';
import { decodeStackSettings, encodeStackSettings, stackOptions } from './stack-settings.ts';

const settings = {
  identification: 'SSH-2.0-Sallyport_0.1',
  preferences: testPreferences('server'),
  hostKeys: [{ algorithms: ['ssh-ed25519'], blob: Uint8Array.of(0, 255, 128) }],
  publicKeyAlgorithms: ['rsa-sha2-512'],
  rekeyLimits: { bytes: 4096 },
  logThreshold: 2,
};

test('settings of the stack are the same after their way to another process, bytes included', () => {
  assert.deepEqual(decodeStackSettings(encodeStackSettings(settings)), settings);
});

test('the stack hands over, and does not end for a number of attempts that the monitor counts by the user', () => {
  const crypto = testCrypto();
  const options = stackOptions(settings, { crypto, log: () => undefined, now: 7 });
  assert.equal(options.handsOver, true);
  assert.ok((options.maximumAttempts ?? 0) >= 1000);
  assert.deepEqual(options.signatureAlgorithms, ['rsa-sha2-512']);
  assert.deepEqual([options.transport.now, options.transport.hostKeys], [7, settings.hostKeys]);
});
