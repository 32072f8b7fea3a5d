import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples } from '@sallyport/testing/key-samples';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { utf8Encode } from '../../wire/utf8.ts';
import { PrivateKey } from '../private-key.ts';
import { defaultArgon2Passes, encodePpk, maximumArgon2Passes } from './encode-ppk.ts';
import { ppk } from './ppk.ts';
import { derivePpkSecrets, ppkMac } from './ppk-seal.ts';
import { decodePrivateKeyFile } from './private-key-file.ts';
import { formatPublicLine } from './public-line.ts';

const crypto = createCryptoProvider();
const nothing = new Uint8Array(0);
const secret = 'öpen sesame';
const passphrase = utf8Encode(secret);

function openSample(text: string): PrivateKey {
  const key = decodePrivateKeyFile(utf8Encode(text)).open(crypto, nothing);
  assert.ok(key);
  return key;
}

const keys = [...keySamples, dsaSample].map(({ name, privateFile }) => ({ name, key: openSample(privateFile) }));
const variants = [2, 3].flatMap((version) => ['', secret].map((word) => ({ version: version as 2 | 3, word })));

test('a key of every type that PuTTY knows is the same after being written and read, in both versions', async () => {
  await crypto.prepareArgon2();
  for (const { name, key } of keys) {
    for (const { version, word } of variants) {
      const text = encodePpk(crypto, key, { version, passphrase: utf8Encode(word), passes: 1 });
      assert.ok(text !== undefined && text.startsWith(`PuTTY-User-Key-File-${version}: ${key.publicKey.type}\n`), name);
      assert.ok(text.split('\n').every((line) => line.length <= 132));
      const sealed = decodePrivateKeyFile(utf8Encode(text));
      assert.equal(sealed.encrypted, word !== '');
      const again = sealed.open(crypto, utf8Encode(word));
      assert.ok(again, `${name} ${version}`);
      assert.equal(formatPublicLine(again.publicKey, again.comment), formatPublicLine(key.publicKey, key.comment));
      assert.ok(again.isConsistent(crypto));
      if (word !== '') assert.equal(sealed.open(crypto, utf8Encode('wrong')), undefined);
    }
  }
});

test('puttygen reads every file that is written, with and without a passphrase', skipUnless('puttygen'), async () => {
  await crypto.prepareArgon2();
  await using folder = await TemporaryFolder.create();
  const file = await folder.write('secret', secret);
  for (const { name, key } of keys) {
    for (const { version, word } of variants) {
      const text = encodePpk(crypto, key, { version, passphrase: utf8Encode(word), passes: 2, comment: 'a comment' });
      const path = await folder.write(`${name}-${version}-${word.length}.ppk`, text ?? '');
      const unlock = word === '' ? [] : ['--old-passphrase', file];
      const { stdout, stderr, code } = await runProgram(programPath('puttygen'), [path, '-L', ...unlock]);
      assert.deepEqual([stderr, code], ['', 0], path);
      assert.equal(stdout.toString().trim(), formatPublicLine(key.publicKey, 'a comment'));
      // The private half is read only when it is written anew.
      const other = folder.file('other');
      const args = [path, '-O', 'private-openssh', '-o', other, ...unlock, '--new-passphrase', '/dev/null'];
      const written = await runProgram(programPath('puttygen'), args);
      assert.deepEqual([written.stderr, written.code], ['', 0], path);
    }
  }
});

test('a clear file is the one that puttygen writes, byte by byte', () => {
  const key = openSample(dsaSample.privateFile);
  assert.equal(encodePpk(crypto, key), dsaSample.ppk);
});

test('what a file asks of Argon2 and the salt are its own, and work out of bounds is not written', async () => {
  await crypto.prepareArgon2();
  const { key } = keys[0] as (typeof keys)[number];
  const first = encodePpk(crypto, key, { passphrase, passes: 3 }) ?? '';
  const second = encodePpk(crypto, key, { passphrase, passes: 3 }) ?? '';
  assert.match(first, /\nKey-Derivation: Argon2id\nArgon2-Memory: 8192\nArgon2-Passes: 3\nArgon2-Parallelism: 1\n/);
  const salt = (text: string): string => /Argon2-Salt: ([0-9a-f]{32})\n/.exec(text)?.[1] ?? '';
  assert.notEqual(salt(first), salt(second));
  assert.equal(salt(first).length, 32);
  assert.ok(defaultArgon2Passes >= 13 && defaultArgon2Passes <= maximumArgon2Passes);
  for (const passes of [0, -1, Number.NaN, maximumArgon2Passes + 1]) {
    assert.throws(() => encodePpk(crypto, key, { passphrase, passes }), RangeError);
  }
});

test('a comment stays one line, and keys that live in a token have no such file', () => {
  const { key } = keys[0] as (typeof keys)[number];
  const text = encodePpk(crypto, key, { comment: 'two\r\nlines\nPrivate-Lines: 0' }) ?? '';
  assert.match(text, /\nComment: two {2}lines Private-Lines: 0\n/);
  assert.ok(ppk.decode(utf8Encode(text)).open(crypto, nothing));
  const publicKey = new Uint8Array(32).fill(1);
  const handle = { application: 'ssh:', flags: 1, keyHandle: new Uint8Array(4), reserved: nothing };
  const token = new PrivateKey({ kind: 'sk-ed25519', publicKey, ...handle });
  assert.equal(encodePpk(crypto, token), undefined);
});

test('the seal of version 2 is SHA-1 and HMAC-SHA-1 over what appendix C of the PuTTY manual lists', () => {
  const publicKey = { type: 'ssh-x', blob: Uint8Array.of(1, 2) };
  const head = { version: 2, encryption: 'aes256-cbc', comment: 'c', publicKey, kdf: undefined } as const;
  const secrets = derivePpkSecrets(crypto, head, passphrase);
  const half = (number: number): Uint8Array => crypto.digest('sha1', Uint8Array.of(0, 0, 0, number), passphrase);
  assert.deepEqual(secrets.key, Uint8Array.from([...half(0), ...half(1).subarray(0, 12)]));
  assert.deepEqual(secrets.iv, new Uint8Array(16));
  assert.deepEqual(secrets.macKey, crypto.digest('sha1', utf8Encode('putty-private-key-file-mac-key'), passphrase));
  const covered = '\0\0\0\x05ssh-x\0\0\0\x0aaes256-cbc\0\0\0\x01c\0\0\0\x02\x01\x02\0\0\0\x01\x09';
  const hmac = crypto.hmac('sha1', secrets.macKey);
  const expected = hmac.compute([utf8Encode(covered)]);
  assert.deepEqual(ppkMac(crypto, head, { clear: Uint8Array.of(9), macKey: secrets.macKey }), expected);
});
