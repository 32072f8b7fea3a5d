import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { ppk } from './ppk.ts';
import { decodePrivateKeyFile } from './private-key-file.ts';
import { formatPublicLine } from './public-line.ts';

const crypto = createCryptoProvider();
const passphrase = utf8Encode('secret');
const nothing = new Uint8Array(0);
const putty = skipUnless('puttygen');

const kinds = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'ecdsa', '-b', '521'],
  ['-t', 'rsa', '-b', '1024'],
  ['-t', 'dsa', '-b', '1024'],
] as const;

async function puttygen(args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await runProgram(programPath('puttygen'), args);
  assert.equal(code, 0, stderr);
  return stdout.toString();
}

test('keys of every type that puttygen makes are read, in both versions, in clear and encrypted', putty, async () => {
  await using folder = await TemporaryFolder.create();
  const secret = await folder.write('secret', 'secret');
  const parameters = [
    'version=2',
    'version=3,memory=64,passes=2',
    'version=3,kdf=argon2d,memory=64,passes=1,parallelism=2',
  ];
  for (const kind of kinds) {
    for (const [index, parameter] of parameters.entries()) {
      for (const file of ['/dev/null', secret]) {
        const path = folder.file(`${kind[1]}${kind[3] ?? ''}-${index}${file === secret}`);
        const made = [...kind, '-q', '-C', 'a comment', '--new-passphrase', file, '--ppk-param', parameter, '-o', path];
        await puttygen(made);
        const sealed = decodePrivateKeyFile(readFileSync(path));
        assert.equal(sealed.encrypted, file === secret);
        await sealed.prepare?.(crypto);
        const key = sealed.open(crypto, file === secret ? passphrase : nothing);
        assert.ok(key !== undefined, path);
        assert.equal(`${formatPublicLine(key.publicKey, key.comment)}\n`, await puttygen(['-L', path]));
        if (file === secret) assert.equal(sealed.open(crypto, utf8Encode('wrong')), undefined);
      }
    }
  }
});

// Made by puttygen 0.78; it guards nothing.
const sample = [
  'PuTTY-User-Key-File-3: ssh-ed25519',
  'Encryption: none',
  'Comment: a comment',
  'Public-Lines: 2',
  'AAAAC3NzaC1lZDI1NTE5AAAAIENBeFtRlrWibBMSRa4oSBHMta1Rr9DtJfrAMGfG',
  'Wre0',
  'Private-Lines: 1',
  'AAAAII2ePnP0PYIB2MX9YWZJG4Yv3PkCDAgDA1lOpCZEPwk0',
  'Private-MAC: e60da76a90e72293d09150a3798fb6e8d6dcd80186998afa2f224b7064bb84b4',
  '',
];

test('a file with a character changed or a line less is an error, never another key', () => {
  const text = sample.join('\n');
  const key = ppk.decode(utf8Encode(text)).open(crypto, nothing);
  assert.ok(key !== undefined);
  for (let at = 0; at < text.length; at++) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    for (const damaged of [changed, text.slice(0, at)]) {
      try {
        const other = ppk.decode(utf8Encode(damaged)).open(crypto, nothing);
        assert.deepEqual(other?.publicKey.blob, key.publicKey.blob, damaged);
      } catch (error) {
        assert.ok(error instanceof DecodeError, `${at}: ${String(error)}`);
      }
    }
  }
  for (let line = 0; line < sample.length - 1; line++) {
    const less = sample.filter((_, index) => index !== line).join('\r\n');
    assert.throws(() => ppk.decode(utf8Encode(less)).open(crypto, nothing), DecodeError, `${line}`);
  }
});

test('what a file may ask of Argon2 is bounded before it is done', () => {
  const file = (memory: string, passes: string, { lanes = '1', salt = '00'.repeat(16) } = {}): Uint8Array => {
    const encrypted = sample
      .with(1, 'Encryption: aes256-cbc')
      .toSpliced(
        6,
        0,
        'Key-Derivation: Argon2id',
        `Argon2-Memory: ${memory}`,
        `Argon2-Passes: ${passes}`,
        `Argon2-Parallelism: ${lanes}`,
        `Argon2-Salt: ${salt}`,
      );
    return utf8Encode(encrypted.join('\n').replace('Private-Lines: 1\n', 'Private-Lines: 0\n'));
  };
  for (const bad of [
    file('4294967295', '1'),
    file('8192', '100000'),
    file('8', '0'),
    file('7', '1'),
    file('8192', '13', { lanes: '17' }),
    file('8192', '13', { salt: '00' }),
    file('8192', '13', { salt: '00'.repeat(2000) }),
    file('1e9', '1'),
  ]) {
    assert.throws(() => ppk.decode(bad), DecodeError);
  }
});

test('argon2 gives the result of the reference implementation, once it is prepared (RFC 9106)', async () => {
  const fresh = createCryptoProvider();
  const options = { salt: utf8Encode('somesalt'), memoryKib: 64, passes: 1, lanes: 1, lengthBytes: 24 };
  assert.throws(() => fresh.argon2('argon2id', utf8Encode('password'), options), /not prepared/);
  await fresh.prepareArgon2();
  const derived = fresh.argon2('argon2id', utf8Encode('password'), options);
  assert.equal(Buffer.from(derived).toString('hex'), '655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb');
});
