import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keyError } from '@sallyport/testing/key-error';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { KeyError, SshError } from './index.ts';
import type { NewKey, PrivateKey } from './keys.ts';
import * as keys from './keys.ts';

const newKeys: readonly (readonly [string, number, NewKey])[] = [
  ['ssh-ed25519', 256, { comment: 'me@here' }],
  ['ecdsa-sha2-nistp256', 256, { type: 'ecdsa' }],
  ['ecdsa-sha2-nistp384', 384, { type: 'ecdsa', curve: 'nistp384' }],
  ['ecdsa-sha2-nistp521', 521, { type: 'ecdsa', curve: 'nistp521' }],
  ['ssh-rsa', 2048, { type: 'rsa', bits: 2048 }],
  ['ssh-mldsa44-ed25519@openssh.com', 256, { type: 'mldsa44-ed25519' }],
];

type Format = NonNullable<keys.PrivateKeyFileOptions['format']>;
const formats: readonly Format[] = ['openssh', 'PEM', 'PKCS8', 'ppk'];
const missingFormats: Readonly<Record<string, readonly Format[]>> = {
  'ssh-ed25519': ['PEM'],
  'ssh-mldsa44-ed25519@openssh.com': ['PEM', 'PKCS8', 'ppk'],
};

test('a new key of every type goes through every format that it has, plain and encrypted', async () => {
  for (const [type, bits, wanted] of newKeys) {
    const key = keys.generatePrivateKey(wanted);
    assert.deepEqual([key.publicKey.type, key.publicKey.bits, key.comment], [type, bits, wanted.comment ?? '']);
    for (const format of formats) {
      if (missingFormats[type]?.includes(format) === true) {
        await assert.rejects(keys.formatPrivateKey(key, { format }), keyError('key-unsupported', /has no P|has no p/));
        continue;
      }
      // To derive a key from a passphrase takes its time: once a format is enough.
      const isOnce = format === 'PEM' ? wanted.curve === 'nistp384' : type === 'ssh-ed25519';
      for (const passphrase of isOnce ? [undefined, 'päss'] : [undefined]) {
        const settings = { format, comment: 'other', ...(passphrase === undefined ? {} : { passphrase }) };
        const file = await keys.formatPrivateKey(key, settings);
        const back = await keys.parsePrivateKey(file, passphrase);
        assert.deepEqual(back.publicKey.blob, key.publicKey.blob, `${type} ${format}`);
        if (format === 'openssh' || format === 'ppk') assert.equal(back.comment, 'other');
      }
    }
  }
  for (const bits of [1023, 16385, 2048.5, Number.NaN]) {
    assert.throws(() => keys.generatePrivateKey({ type: 'rsa', bits }), RangeError);
  }
});

test('a private key that does not open says why by its code', async () => {
  await using folder = await TemporaryFolder.create();
  const [sample] = keySamples;
  assert.ok(sample);
  const path = await folder.write('key', sample.encryptedFile);
  assert.equal((await keys.readPrivateKey(path, samplePassphrase)).publicKey.type, 'ssh-ed25519');
  await assert.rejects(keys.readPrivateKey(path), keyError('passphrase-missing', /key needs a passphrase$/));
  await assert.rejects(keys.readPrivateKey(path, 'wrong'), keyError('passphrase-wrong'));
  await assert.rejects(keys.parsePrivateKey(sample.encryptedFile, ''), keyError('passphrase-wrong'));
  for (const file of ['', 'rubbish', sample.privateFile.slice(0, 200), sample.publicLine]) {
    await assert.rejects(keys.parsePrivateKey(file), keyError('key-malformed'));
  }
  await assert.rejects(keys.parsePrivateKey(dsaSample.privateFile), keyError('key-unsupported', /ssh-dss/));
  await assert.rejects(keys.readPrivateKey(folder.file('none')), (error) => {
    assert.ok(error instanceof KeyError && error instanceof SshError && error.cause instanceof Error);
    return error.code === 'local-failed' && 'code' in error.cause && error.cause.code === 'ENOENT';
  });
  await assert.rejects(keys.readPublicKey(folder.file('none')), keyError('local-failed'));
});

test('public keys are read from lines, RFC 4716, PKCS#8, PKCS#1 and what private files tell of them', () => {
  for (const { publicLine, privateFile, sha256, md5, randomart } of keySamples) {
    const { key, comment } = keys.parsePublicKey(`# a comment\n\n${publicLine}\n`);
    assert.equal(keys.formatPublicKey(key, { comment }), publicLine);
    assert.equal(keys.fingerprint(key), sha256);
    assert.equal(keys.fingerprint(key, 'md5'), md5);
    assert.equal(keys.randomart(key), randomart.join('\n'));
    assert.deepEqual(keys.parsePublicKey(privateFile).key, key);
    const formats = (['RFC4716', 'PKCS8', 'PEM'] as const).filter((one) => one !== 'PEM' || key.type === 'ssh-rsa');
    for (const format of formats) {
      assert.deepEqual(keys.parsePublicKey(keys.formatPublicKey(key, { format })).key, key, format);
    }
    if (key.type !== 'ssh-rsa') {
      assert.throws(() => keys.formatPublicKey(key, { format: 'PEM' }), keyError('key-unsupported'));
    }
  }
  for (const file of ['', '# nothing\n', 'ssh-ed25519 AAAA', '-----BEGIN PUBLIC KEY-----\nAAAA\n']) {
    assert.throws(() => keys.parsePublicKey(file), keyError('key-malformed'), file);
  }
});

test('a comment cannot put a second line into a public key file', () => {
  const key = keys.generatePrivateKey({ comment: 'me\nssh-ed25519 AAAA forged' });
  assert.equal(keys.formatPublicKey(key).split('\n').length, 1);
});

test('records for the DNS carry the digests of the key (RFC 4255 section 3.1)', () => {
  const key = keys.generatePrivateKey();
  const lines = keys.sshfpLines('host.example.', key);
  assert.match(
    lines.join('\n'),
    /^host\.example\. IN SSHFP 4 1 [0-9a-f]{40}\nhost\.example\. IN SSHFP 4 2 [0-9a-f]{64}$/,
  );
});

test('stock ssh-keygen reads the private keys that are written here', skipUnless('openssh-client'), async () => {
  await using folder = await TemporaryFolder.create();
  const publicHalf = async (key: PrivateKey, format: 'openssh' | 'PEM' | 'PKCS8'): Promise<string> => {
    const passphrase = key.publicKey.bits === 256 ? 'word' : '';
    const path = await folder.write('key', await keys.formatPrivateKey(key, { format, passphrase }), 0o600);
    const { stdout, stderr } = await runProgram('ssh-keygen', ['-y', '-P', passphrase, '-f', path]);
    assert.equal(stderr, '');
    return stdout.toString().split(' ').slice(0, 2).join(' ').trim();
  };
  // What OpenSSH before 10.5 knows.
  for (const [type, , wanted] of newKeys.filter(([, , { type: kind }]) => kind !== 'mldsa44-ed25519')) {
    const key = keys.generatePrivateKey(wanted);
    for (const format of type === 'ssh-ed25519' ? (['openssh'] as const) : (['openssh', 'PEM', 'PKCS8'] as const)) {
      const line = await publicHalf(key, format);
      assert.equal(line, keys.formatPublicKey(key.publicKey), `${type} ${format}`);
    }
  }
});
