import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { SecurityKeyMiddleware } from './security-key-middleware.ts';
import { ProviderError, providerFailures } from './security-key-provider.ts';

const dummy = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const skip = existsSync(dummy) ? false : 'not on this machine: sk-dummy';

test('the middleware that OpenSSH tests with makes a key, signs and says what it cannot do', { skip }, () => {
  const middleware = new SecurityKeyMiddleware(dummy);
  const common = { application: 'ssh:', flags: 1, pin: '', device: '' };
  const made = middleware.enroll({ ...common, algorithm: 'ed25519', challenge: new Uint8Array(32), user: '' });
  assert.equal(made.publicKey.length, 32);
  const { keyHandle } = made;
  const signed = middleware.sign({ ...common, algorithm: 'ed25519', data: new Uint8Array(5), keyHandle });
  assert.deepEqual([signed.flags, signed.counter, signed.r.length, signed.s.length], [1, 0x12345678, 64, 0]);
  const unsupported = (error: unknown): boolean =>
    error instanceof ProviderError && error.failure === providerFailures.unsupported;
  assert.throws(() => middleware.residentKeys(common), unsupported);
  const unknown = { ...common, algorithm: 'ecdsa', data: new Uint8Array(5), keyHandle: new Uint8Array(3) } as const;
  assert.throws(() => middleware.sign(unknown), ProviderError);
});

test('libraries without the functions of a middleware are refused', () => {
  assert.throws(() => new SecurityKeyMiddleware('libc.so.6'), /no middleware/);
});
