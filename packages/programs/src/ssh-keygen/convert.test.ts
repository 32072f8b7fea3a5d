import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { ssh2PrivateKey } from '@sallyport/protocol/keys/formats/ssh2-private';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { type ProgramOptions, type ProgramResult, runProgram } from '@sallyport/testing/program';
import { runMain } from '@sallyport/testing/program-main';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';

import { printRecords } from './dns-records.ts';
import { exportKey } from './export-key.ts';
import { hostKeyPath, makeHostKeys } from './host-keys.ts';
import { importKey } from './import-key.ts';

const module = import.meta.resolve('@sallyport/programs/ssh-keygen/main');
const stock = skipUnless('openssh-client');
const ours = (argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> =>
  runMain(module, argv, options);
const theirs = (argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> =>
  runProgram(programPath('ssh-keygen'), argv, options);
const transcript = ({ stdout, stderr, code }: ProgramResult): string => `${stdout.toString()}${stderr}[${code}]`;
const types = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'rsa', '-b', '1024'],
] as const;

test('public keys go out and come in as with stock ssh-keygen, in every format', stock, async () => {
  await using folder = await TemporaryFolder.create();
  for (const type of types) {
    const path = folder.file(type.join(''));
    await theirs([...type, '-q', '-N', '', '-C', '', '-f', path]);
    for (const format of [[], ['-m', 'RFC4716'], ['-m', 'pkcs8'], ['-m', 'PEM']]) {
      const exported = await theirs(['-e', ...format, '-f', path]);
      const own = await ours(['-e', ...format, '-f', path]);
      if (type[1] === 'ed25519' && format.length > 0 && format[1] !== 'RFC4716') {
        // Stock 9.2 has no PKCS#8 for Ed25519 yet, 10.3 does.
        assert.equal(own.code, format[1] === 'PEM' ? 255 : 0);
        continue;
      }
      if (format[1] === 'PEM' && type[1] === 'ecdsa') {
        assert.equal(own.code, 255);
        continue;
      }
      assert.equal(transcript(own), transcript(exported), `${type[1]} ${format.join(' ')}`);
      const file = await folder.write('exported', own.stdout);
      const imported = await ours(['-i', ...format, '-f', file]);
      assert.equal(transcript(imported), `${readFileSync(`${path}.pub`, 'utf8').trim()}\n[0]`);
      assert.equal(transcript(imported), transcript(await theirs(['-i', ...format, '-f', file])));
    }
  }
});

test(
  'private keys are made and changed in PEM and PKCS#8, and stock ssh-keygen and ours read them',
  stock,
  async () => {
    await using folder = await TemporaryFolder.create();
    for (const type of types) {
      for (const format of ['PEM', 'PKCS8']) {
        for (const passphrase of type[1] === 'ecdsa' ? ['', 'open sesame'] : ['open sesame']) {
          const path = folder.file(`${type.join('')}${format}${passphrase.length}`);
          const made = await ours([...type, '-q', '-m', format, '-N', passphrase, '-C', '', '-f', path]);
          assert.equal(transcript(made), '[0]');
          const expected = `${readFileSync(`${path}.pub`, 'utf8').trim()}\n[0]`;
          assert.equal(transcript(await ours(['-y', '-P', passphrase, '-f', path])), expected);
          if (type[1] !== 'ed25519' || format === 'PEM') {
            assert.equal(transcript(await theirs(['-y', '-P', passphrase, '-f', path])), expected, path);
          }
          const changed = ['-q', '-p', '-m', 'RFC4716', '-P', passphrase, '-N', 'other', '-f', path];
          assert.equal((await ours(changed)).code, 0);
          assert.match(readFileSync(path, 'utf8'), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
        }
        const other = folder.file(`their${type.join('')}${format}`);
        await theirs([...type, '-q', '-m', format, '-N', 'secret', '-C', '', '-f', other]);
        const read = await ours(['-y', '-P', 'secret', '-f', other]);
        assert.equal(transcript(read), `${readFileSync(`${other}.pub`, 'utf8').trim()}\n[0]`);
        assert.equal((await ours(['-y', '-P', 'wrong', '-f', other])).code, 255);
      }
    }
  },
);

test('fingerprints as words and DNS records are those of stock ssh-keygen', stock, async () => {
  await using folder = await TemporaryFolder.create();
  for (const { name, publicLine } of keySamples) {
    const path = await folder.write(`${name}.pub`, `${publicLine}\n`);
    assert.equal(transcript(await ours(['-B', '-f', path])), transcript(await theirs(['-B', '-f', path])));
    for (const more of [[], ['-g'], ['-O', 'hashalg=sha256']]) {
      const argv = ['-r', 'host.example.', ...more, '-f', path];
      const own = await ours(argv);
      if (more[0] === '-O') assert.match(own.stdout.toString(), /^host\.example\. IN SSHFP \d 2 [0-9a-f]{64}\n$/);
      else assert.equal(transcript(own), transcript(await theirs(argv)), argv.join(' '));
    }
  }
  const missing = await ours(['-r', 'h', '-f', folder.file('missing')]);
  assert.deepEqual([missing.code, missing.stderr], [255, `${folder.file('missing')}: No such file or directory\r\n`]);
  const bad = await ours(['-r', 'h', '-O', 'hashalg=md5', '-f', folder.file('ed25519.pub')]);
  assert.equal(bad.code, 255);
});

test('-A makes the host keys that are missing, each for its owner alone', async () => {
  await using folder = await TemporaryFolder.create();
  mkdirSync(folder.file('etc/ssh'), { recursive: true });
  const made = await ours(['-A', '-f', folder.path]);
  assert.equal(transcript(made), 'ssh-keygen: generating new host keys: RSA ECDSA ED25519 MLDSA44-ED25519 \n[0]');
  assert.equal(hostKeyPath('mldsa44-ed25519'), '/etc/ssh/ssh_host_mldsa44_ed25519_key');
  const young = readFileSync(`${folder.path}${hostKeyPath('mldsa44-ed25519')}.pub`, 'utf8');
  assert.match(young, /^ssh-mldsa44-ed25519@openssh\.com AAAA/);
  const first = readFileSync(`${folder.path}${hostKeyPath('ed25519')}`);
  assert.equal(statSync(`${folder.path}${hostKeyPath('rsa')}`).mode & 0o777, 0o600);
  assert.equal(transcript(await ours(['-A', '-f', folder.path])), '[0]');
  await folder.write('etc/ssh/ssh_host_ecdsa_key', '');
  assert.match(transcript(await ours(['-A', '-f', folder.path])), /host keys: ECDSA \n\[0\]$/);
  assert.deepEqual(readFileSync(`${folder.path}${hostKeyPath('ed25519')}`), first);
});

test('-A tries every type, also when one could not be saved, and its status does not tell', async () => {
  await using folder = await TemporaryFolder.create();
  const made = await ours(['-A', '-f', folder.file('missing')]);
  assert.equal(made.code, 0);
  assert.equal([...made.stderr.matchAll(/^Saving key ".*" failed: No such file or directory\r?$/gm)].length, 4);
});

test('-i takes the private key of an SSH2 file that is not encrypted', stock, async () => {
  const sample = '/usr/lib/openssh/regress/rsa_ssh2.prv';
  const present = statSync(sample, { throwIfNoEntry: false }) !== undefined;
  if (!present) return;
  assert.ok(ssh2PrivateKey.recognises(readFileSync(sample)));
  const own = await ours(['-i', '-f', sample]);
  assert.equal(own.code, 0);
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('key', own.stdout);
  const publicLine = await theirs(['-y', '-f', path]);
  const reference = readFileSync('/usr/lib/openssh/regress/rsa_openssh.pub', 'utf8');
  assert.equal(publicLine.stdout.toString().split(' ')[1]?.trim(), reference.split(' ')[1]?.trim());
});

test('DSA keys are shown and converted as stock ssh-keygen 9.2 does it, but not made', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('dsa', dsaSample.privateFile);
  chmodSync(path, 0o600);
  for (const mode of [['-l'], ['-lv'], ['-B'], ['-y'], ['-e'], ['-e', '-m', 'PKCS8'], ['-e', '-m', 'PEM']]) {
    const argv = [...mode, '-f', path];
    assert.equal(transcript(await ours(argv)), transcript(await theirs(argv)), mode.join(' '));
  }
  const publicLine = dsaSample.publicLine.split(' ').slice(0, 2).join(' ');
  for (const format of ['PEM', 'PKCS8', 'RFC4716']) {
    const changed = await ours(['-p', '-m', format, '-a', '1', '-P', 'secret', '-N', 'secret', '-f', path]);
    assert.equal(changed.code, 0, changed.stderr);
    const read = await theirs(['-y', '-P', 'secret', '-f', path]);
    assert.equal(read.stdout.toString().split(' ').slice(0, 2).join(' ').trim(), publicLine);
  }
  const ssh2 = await ours(['-i', '-f', await folder.write('ssh2', dsaSample.ssh2)]);
  assert.equal(transcript(ssh2), `${dsaSample.pem}[0]`);
  const made = await ours(['-t', 'dsa', '-q', '-N', '', '-f', folder.file('made')]);
  assert.deepEqual([made.code, made.stderr], [255, 'unknown key type dsa\r\n']);
  const signed = await ours(['-Y', 'sign', '-n', 'x', '-P', 'secret', '-f', path], { input: 'data' });
  assert.equal(signed.code, 255);
  const certified = await ours(['-s', path, '-P', 'secret', '-I', 'x', await folder.write('x.pub', publicLine)]);
  assert.equal(certified.code, 255);
});

test('private keys become files of PuTTY and come back, for their owner alone', skipUnless('puttygen'), async () => {
  await using folder = await TemporaryFolder.create();
  const secret = await folder.write('secret', 'secret');
  for (const [format, version] of [
    ['PPK', '3'],
    ['ppk2', '2'],
  ] as const) {
    const path = folder.file(`made-${format}`);
    const made = await ours(['-t', 'ed25519', '-q', '-a', '2', '-m', format, '-C', 'me', '-N', 'secret', '-f', path]);
    assert.equal(transcript(made), '[0]');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(
      readFileSync(path, 'utf8'),
      new RegExp(`^PuTTY-User-Key-File-${version}: ssh-ed25519\nEncryption: aes`),
    );
    const shown = await runProgram(programPath('puttygen'), [path, '-L', '--old-passphrase', secret]);
    assert.equal(shown.stdout.toString(), readFileSync(`${path}.pub`, 'utf8'));
    assert.equal((await ours(['-c', '-C', 'you', '-m', format, '-P', 'secret', '-a', '1', '-f', path])).code, 0);
    const read = await ours(['-y', '-P', 'secret', '-f', path]);
    assert.equal(transcript(read), `${readFileSync(`${path}.pub`, 'utf8').trim()}\n[0]`);
    assert.match(read.stdout.toString(), / you\n$/);
    const back = await ours(['-p', '-a', '1', '-P', 'secret', '-N', '', '-f', path]);
    assert.equal(back.code, 0);
    assert.match(readFileSync(path, 'utf8'), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
    const clear = await ours(['-p', '-m', format, '-N', '', '-f', path]);
    assert.equal(clear.code, 0);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(readFileSync(path, 'utf8'), /\nEncryption: none\n/);
    for (const mode of ['-e', '-i']) {
      const refused = await ours([mode, '-m', format, '-f', path]);
      assert.equal(transcript(refused), `Unsupported conversion format "${format.toUpperCase()}"\r\n[255]`);
    }
    const heavy = await ours(['-p', '-m', format, '-a', '257', '-N', 'x', '-f', path]);
    assert.equal(heavy.stderr, 'Too many KDF rounds for a PuTTY key file: 257 > 256\r\n');
  }
});

test('what is none of the asked format is told, with its reason', async () => {
  await using folder = await TemporaryFolder.create();
  const junk = await folder.write('junk', 'no key');
  for (const format of ['RFC4716', 'PKCS8', 'PEM']) {
    const result = await ours(['-i', '-m', format, '-f', junk]);
    assert.deepEqual([result.code, result.stdout.toString()], [255, '']);
    assert.match(result.stderr, /is not a recognised key file/);
  }
  assert.equal(transcript(await ours(['-e', '-m', 'DER', '-f', junk])), 'Unsupported conversion format "DER"\r\n[255]');
  const encrypted = await folder.write('encrypted', keySamples[0]?.encryptedFile ?? '');
  const opened = await ours(['-e', '-P', samplePassphrase, '-f', encrypted]);
  assert.match(opened.stdout.toString(), /^---- BEGIN SSH2 PUBLIC KEY ----/);
  for (const mode of [exportKey, importKey, printRecords, makeHostKeys]) assert.equal(typeof mode, 'function');
});
