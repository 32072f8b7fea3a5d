import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { call } from './libc.ts';
import { cString } from './memory.ts';
import { Pkcs11Module, TokenError } from './pkcs11.ts';
import { objectClasses, returnValues, tokenFlags, userTypes } from './pkcs11-names.ts';

const softhsm = '/usr/lib/softhsm/libsofthsm2.so';
const skip = existsSync(softhsm) ? false : 'not on this machine: softhsm2';

test('a token is found, logged in to with its PIN only, and shows its objects', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pkcs11-'));
  mkdirSync(join(folder, 'tokens'));
  const config = join(folder, 'softhsm2.conf');
  writeFileSync(config, `directories.tokendir = ${folder}/tokens\nlog.level = ERROR\n`);
  const env = { ...process.env, SOFTHSM2_CONF: config };
  const init = ['--init-token', '--free', '--label', 'a token', '--pin', '1234', '--so-pin', '5678'];
  assert.equal(spawnSync('softhsm2-util', init, { env }).status, 0);
  // The library asks the C library for it, which knows nothing of process.env.
  call('setenv', cString('SOFTHSM2_CONF'), cString(config), 1);
  const module = new Pkcs11Module(softhsm);
  const token = module.tokens().find(({ label }) => label === 'a token');
  assert.ok(token !== undefined && (token.flags & tokenFlags.initialized) !== 0);
  const session = module.openSession(token.slot);
  assert.deepEqual(module.findObjects(session, [['class', objectClasses.publicKey]]), []);
  const wrongPin = (): void => module.logIn(session, userTypes.user, Buffer.from('9999'));
  assert.throws(wrongPin, (error) => error instanceof TokenError && error.returnValue === returnValues.pinIncorrect);
  module.logIn(session, userTypes.user, Buffer.from('1234'));
  module.logIn(session, userTypes.user, Buffer.from('1234'));
  assert.throws(() => module.attribute(session, 12345, 'label'), TokenError);
  assert.throws(() => module.sign(session, new Uint8Array(1)), TokenError);
  module.closeSession(session);
  module.finish();
  rmSync(folder, { recursive: true });
});

test('a library without the functions of a module is refused', () => {
  assert.throws(() => new Pkcs11Module('libc.so.6'), /no PKCS#11 module/);
});
