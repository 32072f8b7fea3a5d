// What needs no authenticator; with one, packages/programs/src/ssh-sk-helper/authenticators.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipUnless } from '@sallyport/testing';
import { Libfido2 } from './libfido2.ts';
import { FidoError, Libfido2Calls, pointerTo } from './libfido2-calls.ts';
import { FidoDevices } from './libfido2-devices.ts';
import { ProviderError, providerFailures, type SecurityKeyProvider } from './security-key-provider.ts';

const failsAs =
  (failure: number, words: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ProviderError && error.failure === failure && words.test(error.message);

test('where libfido2 is missing or older than what is asked of it, the package is named', () => {
  const missing = failsAs(providerFailures.unsupported, /libnone\.so.*install the package libfido2-1/);
  assert.throws(() => new Libfido2Calls({ file: 'libnone.so' }), missing);
  assert.throws(
    () => new Libfido2Calls({ file: 'libc.so.6' }),
    failsAs(providerFailures.unsupported, /has no fido_init/),
  );
});

test('without an authenticator no call does anything', skipUnless('libfido2'), () => {
  const transport = { paths: () => [], functions: Buffer.alloc(32) };
  const provider: SecurityKeyProvider = new Libfido2({ transport });
  const missing = failsAs(providerFailures.noDevice, /no authenticator is attached/);
  const call = { algorithm: 'ed25519', application: 'ssh:', flags: 1, pin: '', device: '' } as const;
  assert.throws(() => provider.enroll({ ...call, challenge: new Uint8Array(32), user: '' }), missing);
  assert.throws(() => provider.sign({ ...call, data: new Uint8Array(3), keyHandle: new Uint8Array(8) }), missing);
  assert.throws(() => provider.residentKeys({ pin: '1234', device: '' }), missing);
  assert.throws(
    () => provider.residentKeys({ pin: '', device: '' }),
    failsAs(providerFailures.pinRequired, /wants its PIN/),
  );
});

test(
  'a path at which no authenticator is, and a structure that is not filled, are refused',
  skipUnless('libfido2'),
  () => {
    const calls = new Libfido2Calls();
    const devices = new FidoDevices({ calls, timeoutMs: 1000 });
    const missing = failsAs(providerFailures.noDevice, /^\/nonexistent: fido_dev_open: FIDO_ERR_/);
    assert.throws(() => devices.withChosen('/nonexistent', () => assert.fail('there is none')), missing);
    calls.using('cred', (cred) => {
      assert.throws(() => calls.check('fido_cred_verify', cred), FidoError);
      assert.equal(calls.credField('cred_id', cred).length, 0);
    });
    assert.equal(pointerTo(7).readBigUInt64LE(), 7n);
  },
);
