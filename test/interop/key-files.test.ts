// Private key files of our ssh-keygen in the hands of others: puttygen, OpenSSL's program and paramiko read every form
// that they know, with and without a passphrase, and find the same key.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  findProgram,
  type ProgramResult,
  programPath,
  runProgram,
  skipUnless,
  TemporaryFolder,
} from '@sallyport/testing';

const keygen = fileURLToPath(new URL('../../../dist/bin/ssh-keygen', import.meta.url));
const secret = 'open sesame';

const types = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'rsa', '-b', '2048'],
] as const;

interface Made {
  readonly path: string;
  /** `type base64`. */
  readonly publicLine: string;
  readonly type: string;
  readonly format: string;
  readonly passphrase: string;
}

async function makeKeys(folder: TemporaryFolder, formats: readonly string[]): Promise<Made[]> {
  const made: Made[] = [];
  for (const type of types) {
    for (const format of formats) {
      for (const passphrase of ['', secret]) {
        const path = folder.file(`${type[1]}-${format}-${passphrase.length}`);
        const args = [...type, '-q', '-m', format, '-a', '2', '-C', 'made here', '-N', passphrase, '-f', path];
        const { code, stderr } = await runProgram(keygen, args);
        assert.equal(code, 0, stderr);
        const [name = '', digits = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
        made.push({ path, publicLine: `${name} ${digits}`, type: type[1], format, passphrase });
      }
    }
  }
  return made;
}

const text = ({ stdout }: ProgramResult): string => stdout.toString().trim();

test('puttygen finds the key of openssh-key-v1 and of old PEM', skipUnless('puttygen'), async () => {
  await using folder = await TemporaryFolder.create();
  const file = await folder.write('secret', secret);
  // The first of these is a form of public keys only: then the private one is openssh-key-v1.
  for (const { path, publicLine, passphrase } of await makeKeys(folder, ['RFC4716', 'PEM'])) {
    const unlock = passphrase === '' ? [] : ['--old-passphrase', file];
    const shown = await runProgram(programPath('puttygen'), [path, '-L', ...unlock]);
    assert.equal(text(shown).split(' ').slice(0, 2).join(' '), publicLine, `${path}: ${shown.stderr}`);
  }
});

const noOpenssl = findProgram('openssl') === undefined ? 'not on this machine: openssl' : false;

test("OpenSSL's program finds the key of PEM and PKCS#8, and ours reads what it writes", {
  skip: noOpenssl,
}, async () => {
  await using folder = await TemporaryFolder.create();
  for (const { path, publicLine, type, format, passphrase } of await makeKeys(folder, ['PEM', 'PKCS8'])) {
    if (type === 'ed25519' && format === 'PEM') continue;
    const unlock = ['-passin', `pass:${passphrase}`];
    const shown = await runProgram(programPath('openssl'), ['pkey', '-in', path, '-pubout', ...unlock]);
    const exported = await folder.write('public.pem', shown.stdout);
    const imported = await runProgram(keygen, ['-i', '-m', 'PKCS8', '-f', exported]);
    assert.equal(text(imported), publicLine, `${path}: ${shown.stderr}`);
    const other = folder.file('other.pem');
    const seal = ['-v2', 'aes256', '-passout', `pass:${secret}`];
    const rewrite = ['pkcs8', '-topk8', '-in', path, '-out', other, ...unlock, ...seal];
    await runProgram(programPath('openssl'), rewrite);
    const read = await runProgram(keygen, ['-y', '-P', secret, '-f', other]);
    assert.equal(text(read), publicLine, read.stderr);
  }
});

const load = `
import sys, paramiko
path, passphrase = sys.argv[1], sys.argv[2] or None
for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
    try:
        key = kind.from_private_key_file(path, passphrase)
        print(key.get_name(), key.get_base64())
        break
    except paramiko.SSHException:
        pass
`;

test('paramiko finds the key of openssh-key-v1 and of old PEM', skipUnless('paramiko'), async () => {
  await using folder = await TemporaryFolder.create();
  for (const { path, publicLine, passphrase } of await makeKeys(folder, ['RFC4716', 'PEM'])) {
    const shown = await runProgram('/usr/bin/python3', ['-c', load, path, passphrase]);
    assert.equal(text(shown), publicLine, `${path}: ${shown.stderr}`);
  }
});
