import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { SecurityKeyMiddleware } from '@sallyport/system/security-key-middleware';
import { ProviderError } from '@sallyport/system/security-key-provider';
import { main } from './main.ts';

const dummy = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const skip = existsSync(dummy) ? false : 'not on this machine: sk-dummy';

test('the middleware makes keys and signs with both algorithms', { skip }, () => {
  const middleware = new SecurityKeyMiddleware(dummy);
  const common = { application: 'ssh:', flags: 1, pin: '', device: '', user: '' };
  // The numbers of ECDSA come without the zeros that they may begin with.
  for (const [algorithm, length, mostBytes, leastBytes] of [
    ['ed25519', 32, 64, 64],
    ['ecdsa', 65, 64, 48],
  ] as const) {
    const made = middleware.enroll({ ...common, algorithm, challenge: new Uint8Array(32) });
    assert.equal(made.publicKey.length, length);
    const { keyHandle } = made;
    const signed = middleware.sign({ ...common, algorithm, data: new Uint8Array(9), keyHandle });
    const bytes = signed.r.length + signed.s.length;
    assert.ok(bytes >= leastBytes && bytes <= mostBytes, `${bytes} bytes`);
  }
  const bad = { ...common, algorithm: 'ecdsa', data: new Uint8Array(1), keyHandle: new Uint8Array(3) } as const;
  assert.throws(() => middleware.sign(bad), ProviderError);
  assert.throws(() => new SecurityKeyMiddleware('libc.so.6'), /no middleware/);
});

test('the program takes -v only', async () => {
  assert.equal(await main(['--help']), 1);
});
