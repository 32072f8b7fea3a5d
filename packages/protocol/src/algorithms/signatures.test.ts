import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defaultSignatureAlgorithms,
  signatureAlgorithm,
  signatureAlgorithms,
  signatureAlgorithmsOf,
} from './signatures.ts';

test('signature algorithms are offered in the order of OpenSSH 10.5, without SHA-1', () => {
  assert.deepEqual(defaultSignatureAlgorithms, [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'sk-ssh-ed25519@openssh.com',
    'sk-ecdsa-sha2-nistp256@openssh.com',
    'webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ]);
});

test('signatureAlgorithm() finds every row by its name and nothing else', () => {
  for (const row of signatureAlgorithms) assert.equal(signatureAlgorithm(row.name), row);
  assert.equal(signatureAlgorithm('ssh-dss'), undefined);
  assert.equal(signatureAlgorithm(''), undefined);
});

test('an RSA key signs with SHA-2 unless a list has it otherwise, SHA-512 first (RFC 8332 section 3)', () => {
  assert.deepEqual(
    signatureAlgorithmsOf('ssh-rsa').map((row) => row.name),
    ['rsa-sha2-512', 'rsa-sha2-256'],
  );
  assert.deepEqual(signatureAlgorithmsOf('rsa-sha2-512'), []);
  assert.equal(signatureAlgorithm('ssh-rsa')?.availability, 'available');
});
