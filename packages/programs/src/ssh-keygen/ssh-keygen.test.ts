import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { mainArguments, type ProgramOptions, type ProgramResult, runMain, TemporaryFolder } from '@sallyport/testing';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { ownAccount, programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { main } from './main.ts';
import { messages, usage } from './messages.ts';

const module = import.meta.resolve('@sallyport/programs/ssh-keygen/main');
const stock = skipUnless('openssh-client');

const keygen = (argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> =>
  runMain(module, argv, options);
const stockKeygen = (argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> =>
  runProgram(programPath('ssh-keygen'), argv, options);
const out = ({ stdout }: ProgramResult): string => stdout.toString('utf8');

/** Lines that the user sees on stdout, then on stderr, with the exit status at the end. */
function transcript(result: ProgramResult): string {
  return `${out(result)}${result.stderr}[${result.code}]`;
}

const typeOptions = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'ecdsa', '-b', '521'],
  ['-t', 'rsa', '-b', '1024'],
] as const;

test('main gives the exit status to its caller', async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('hosts', '');
  assert.equal(await main(['-q', '-F', 'nowhere', '-f', path]), 1);
  assert.equal(await main(['-q', '-N', '', '-f', folder.file('id')]), 0);
});

test('stock ssh-keygen reads every key that ours makes, with and without a passphrase', stock, async () => {
  await using folder = await TemporaryFolder.create();
  for (const passphrase of ['', 'open sesame']) {
    for (const type of typeOptions) {
      const path = folder.file(`${type.join('')}${passphrase.length}`);
      const made = await keygen([...type, '-q', '-a', '2', '-N', passphrase, '-C', 'a comment', '-f', path]);
      assert.equal(transcript(made), '[0]');
      const read = await stockKeygen(['-y', '-P', passphrase, '-f', path]);
      assert.equal(transcript(read), `${readFileSync(`${path}.pub`, 'utf8')}[0]`);
      const shown = await stockKeygen(['-lv', '-f', `${path}.pub`]);
      assert.equal(out(await keygen(['-lv', '-f', path])), out(shown));
    }
  }
});

test('ours reads every key that the stock ssh-keygen makes, with and without a passphrase', stock, async () => {
  await using folder = await TemporaryFolder.create();
  for (const cipher of ['aes256-ctr', 'aes128-cbc', '3des-cbc']) {
    for (const type of typeOptions) {
      const path = folder.file(`${type.join('')}${cipher}`);
      await stockKeygen([...type, '-q', '-a', '1', '-N', 'open sesame', '-Z', cipher, '-C', 'a comment', '-f', path]);
      const read = await keygen(['-y', '-P', 'open sesame', '-f', path]);
      assert.equal(transcript(read), `${readFileSync(`${path}.pub`, 'utf8')}[0]`);
    }
  }
});

test('a key made without options says what the stock program says', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('id');
  const result = await keygen(['-N', '', '-f', path]);
  const lines = out(result).split('\n');
  assert.equal(result.code, 0);
  assert.equal(result.stderr, '');
  const comment = `${ownAccount().name}@${hostname()}`;
  assert.deepEqual(lines.slice(0, 4), [
    'Generating public/private ed25519 key pair.',
    `Your identification has been saved in ${path}`,
    `Your public key has been saved in ${path}.pub`,
    'The key fingerprint is:',
  ]);
  assert.match(lines[4] ?? '', /^SHA256:[A-Za-z0-9+/]{43} /);
  assert.equal(lines[4]?.split(' ')[1], comment);
  assert.deepEqual(
    [lines[5], lines[6], lines[16]],
    ["The key's randomart image is:", '+--[ED25519 256]--+', '+----[SHA256]-----+'],
  );
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(`${path}.pub`).mode & 0o777, 0o644 & ~process.umask());
  assert.ok(readFileSync(`${path}.pub`, 'utf8').endsWith(` ${comment}\n`));
  assert.deepEqual(readdirSync(folder.path).sort(), ['id', 'id.pub']);
});

test('an existing file is replaced only after a yes', async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('id', 'precious');
  for (const input of ['n\n', 'no\n', '\n', '']) {
    const refused = await keygen(['-q', '-N', '', '-f', path], { input });
    assert.equal(transcript(refused), `${path} already exists.\nOverwrite (y/n)? [1]`);
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  }
  const allowed = await keygen(['-q', '-N', '', '-f', path], { input: 'Yes\n' });
  assert.equal(allowed.code, 0);
  assert.match(readFileSync(path, 'utf8'), /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
});

test('a symbolic link planted at the name of a new key is replaced, not followed', async () => {
  await using folder = await TemporaryFolder.create();
  const [target, pub] = [
    await folder.write('target', 'untouched', 0o644),
    await folder.write('pub', 'untouched', 0o644),
  ];
  symlinkSync(target, folder.file('id'));
  symlinkSync(pub, folder.file('id.pub'));
  const result = await keygen(['-q', '-N', '', '-f', folder.file('id')], { input: 'y\n' });
  assert.equal(result.code, 0);
  for (const name of ['id', 'id.pub']) assert.equal(lstatSync(folder.file(name)).isSymbolicLink(), false);
  for (const path of [target, pub]) assert.equal(readFileSync(path, 'utf8'), 'untouched');
});

test('a folder that is missing, or is the file itself, is told with the reason and leaves nothing behind', async () => {
  await using folder = await TemporaryFolder.create();
  const missing = folder.file('missing/id');
  const result = await keygen(['-q', '-N', '', '-f', missing]);
  assert.equal(transcript(result), `Saving key "${missing}" failed: No such file or directory\r\n[1]`);
  const isFolder = await keygen(['-q', '-N', '', '-f', folder.path], { input: 'y\n' });
  assert.match(transcript(isFolder), /Saving key ".*" failed: Is a directory\r\n\[1\]$/);
  assert.equal(existsSync(missing), false);
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a passphrase is asked for twice, again when the two differ, on stdin when there is no terminal', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('id');
  const result = await keygen(['-q', '-a', '1', '-f', path], { input: 'first\nsecond\nthird one\nthird one\n' });
  const question = `Enter passphrase for "${path}" (empty for no passphrase): Enter same passphrase again: `;
  assert.equal(result.stderr, question + question);
  assert.equal(transcript({ ...result, stderr: '' }), 'Passphrases do not match.  Try again.\n[0]');
  assert.equal((await keygen(['-y', '-P', 'third one', '-f', path])).code, 0);
});

test('SSH_ASKPASS is asked when it is demanded, and its refusal is an empty passphrase', async () => {
  await using folder = await TemporaryFolder.create();
  const script = '#!/bin/sh\necho "$1" >> "$ASKED"\necho "from the window"\n';
  const env = {
    SSH_ASKPASS: await folder.write('askpass', script, 0o755),
    SSH_ASKPASS_REQUIRE: 'force',
    ASKED: folder.file('asked'),
  };
  const path = folder.file('id');
  const result = await keygen(['-q', '-a', '1', '-f', path], { env });
  assert.equal(transcript(result), '[0]');
  assert.deepEqual(
    readFileSync(env.ASKED, 'utf8').trim().split('\n'),
    [`Enter passphrase for "${path}" (empty for no passphrase): `.trim(), 'Enter same passphrase again:'].map(
      (line, index) => (index === 0 ? `${line} ` : line),
    ),
  );
  assert.equal((await keygen(['-y', '-P', 'from the window', '-f', path])).code, 0);
  assert.equal((await keygen(['-y', '-f', path], { env })).code, 0);
  const declining = { ...env, SSH_ASKPASS: await folder.write('decline', '#!/bin/sh\nexit 1\n', 0o755) };
  const declined = await keygen(['-y', '-f', path], { env: declining });
  assert.match(transcript(declined), /incorrect passphrase supplied to decrypt private key\r\n\[255\]$/);
});

test(
  'fingerprints are shown for public, private, known_hosts and authorized_keys files, and for stdin',
  stock,
  async () => {
    await using folder = await TemporaryFolder.create();
    const lines = keySamples.map((sample) => sample.publicLine);
    const [bare = ''] = lines.map((line) => line.split(' ').slice(0, 2).join(' '));
    const mixed = ['# comment', 'junk', '', lines[0], `command="a \\"b\\" c",no-pty ${lines[1]}`, `host,other ${bare}`];
    mixed.push(`@revoked host ${bare}`, `host ${bare} # note`, `  ${lines[4]}`, `host ${bare} \u001b[2J`);
    const path = await folder.write('mixed', mixed.join('\n'), 0o644);
    for (const argv of [['-l'], ['-lv'], ['-l', '-E', 'md5'], ['-l', '-E', 'SHA512']]) {
      assert.equal(
        transcript(await keygen([...argv, '-f', path])),
        transcript(await stockKeygen([...argv, '-f', path])),
      );
    }
    const input = lines.join('\n');
    const [ours, theirs] = [await keygen(['-lf', '-'], { input }), await stockKeygen(['-lf', '-'], { input })];
    assert.equal(transcript(ours), transcript(theirs));
  },
);

test('a private key shows the comment of its .pub file, else its own, else none', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const [sample] = keySamples;
  assert.ok(sample);
  const plain = await folder.write('plain', sample.privateFile);
  const sealed = await folder.write('sealed', sample.encryptedFile);
  const named = await folder.write('named', sample.encryptedFile);
  await folder.write('named.pub', `${sample.publicLine} indeed\n`);
  const open = await folder.write('open', sample.privateFile, 0o644);
  for (const path of [plain, sealed, named, open]) {
    const [ours, theirs] = [await keygen(['-lf', path]), await stockKeygen(['-lf', path])];
    assert.equal(transcript(ours), transcript(theirs), path);
  }
});

test('files without a key, missing files and folders are errors with status 255', async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('empty', '');
  const missing = folder.file('missing');
  const rows: readonly (readonly [readonly string[], string])[] = [
    [['-lf', path], `${path} is not a public key file.`],
    [['-lf', '-'], '(stdin) is not a public key file.'],
    [['-lf', folder.path], `${folder.path} is not a public key file.`],
    [['-lf', missing], `ssh-keygen: ${missing}: No such file or directory`],
    [['-yf', missing], `${missing}: No such file or directory`],
    [['-pf', missing], `${missing}: No such file or directory`],
    [['-yf', path], `Load key "${path}": invalid format`],
    [['-pf', path], `Failed to load key ${path}: invalid format`],
    [['-cf', path], `Cannot load private key "${path}": invalid format`],
  ];
  for (const [argv, message] of rows) assert.equal(transcript(await keygen(argv)), `${message}\r\n[255]`);
});

test('a private key that others may read is not used, with the box of OpenSSH', stock, async () => {
  await using folder = await TemporaryFolder.create();
  for (const mode of [0o644, 0o640, 0o601]) {
    const path = await folder.write(`key${mode}`, keySamples[0]?.privateFile ?? '', mode);
    const ours = await keygen(['-yf', path]);
    assert.match(ours.stderr, /^@{59}\r\n@ +WARNING: UNPROTECTED PRIVATE KEY FILE! +@\r\n@{59}\r\nPermissions 06/);
    assert.equal(transcript(ours), transcript(await stockKeygen(['-yf', path])));
  }
});

test('a FIFO that nobody writes does not hold the program up', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('fifo');
  await runProgram('/usr/bin/mkfifo', ['-m', '600', path]);
  const result = await keygen(['-yf', path], { timeoutMs: 20_000 });
  assert.equal(transcript(result), `Load key "${path}": invalid format\r\n[255]`);
});

test('a private key may come through a pipe', async () => {
  await using folder = await TemporaryFolder.create();
  const [sample] = keySamples;
  const path = await folder.write('key', sample?.privateFile ?? '');
  const ours = [process.execPath, ...mainArguments(module, ['-y', '-f', '/dev/stdin'])];
  const result = await runProgram('/bin/sh', ['-c', 'cat "$0" | "$@"', path, ...ours]);
  assert.equal(transcript(result), `${sample?.publicLine}\n[0]`);
});

test('wrong use ends with status 1 and the usage, refused values with 255', async () => {
  const rows: readonly (readonly [readonly string[], string, number])[] = [
    [['-?'], `unknown option -- ?\n${usage}`, 1],
    [['--help'], `unknown option -- -\n${usage}`, 1],
    [['-f'], `option requires an argument -- f\n${usage}`, 1],
    [['-l', 'file'], `Too many arguments.\n${usage}`, 1],
    [['-pc'], `${messages.onlyOneOfPassphraseAndComment}\n${usage}`, 1],
    [['-l', '-R', 'x'], `${messages.noFingerprintsOfChanges}\n${usage}`, 1],
    [['-t', 'dsa'], 'unknown key type dsa\r\n', 255],
    [['-t', 'rsa', '-b', '1023'], 'Invalid RSA key length: minimum is 1024 bits\r\n', 255],
    [['-t', 'rsa', '-b', '16385'], 'Invalid RSA key length: maximum is 16384 bits\r\n', 255],
    [['-t', 'ecdsa', '-b', '255'], 'Invalid ECDSA key length: valid lengths are 256, 384 or 521 bits\r\n', 255],
    [['-b', 'x'], 'Bits has bad value x (invalid)\r\n', 255],
    [['-b', '0'], 'Bits has bad value 0 (too small)\r\n', 255],
    [['-a', '0'], 'Invalid number: 0 (too small)\r\n', 255],
    [['-E', 'foo', '-l'], 'Invalid hash algorithm "foo"\r\n', 255],
    [['-Z', 'foo'], "Invalid OpenSSH-format cipher 'foo'\r\n", 255],
  ];
  for (const [argv, stderr, code] of rows) {
    const result = await keygen(argv);
    assert.deepEqual([result.stderr, result.code, out(result)], [stderr, code, ''], argv.join(' '));
  }
});

test('-p changes the passphrase and keeps the key and its comment', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('key', keySamples[1]?.encryptedFile ?? '');
  const wrong = await keygen(['-p', '-P', 'wrong', '-N', '', '-f', path]);
  const reason = 'incorrect passphrase supplied to decrypt private key';
  assert.equal(transcript(wrong), `Failed to load key ${path}: ${reason}\r\n[255]`);
  const changed = await keygen(['-p', '-P', samplePassphrase, '-N', 'another', '-a', '1', '-f', path]);
  const said = "Key has comment 'sample of ecdsa256'\nYour identification has been saved with the new passphrase.\n[0]";
  assert.equal(transcript(changed), said);
  assert.equal(out(await stockKeygen(['-y', '-P', 'another', '-f', path])), `${keySamples[1]?.publicLine}\n`);
  const removed = await keygen(['-p', '-f', path], { input: 'another\n\n\n' });
  assert.match(removed.stderr, /^Enter old passphrase: Enter new passphrase \(empty for no passphrase\): /);
  assert.equal(transcript({ ...removed, stderr: '' }), said);
  assert.equal(out(await stockKeygen(['-y', '-P', '', '-f', path])), `${keySamples[1]?.publicLine}\n`);
  const differing = await keygen(['-p', '-f', path], { input: 'one\ntwo\n' });
  assert.match(transcript(differing), /Pass phrases do not match. {2}Try again\.\n/);
  assert.equal(differing.code, 1);
});

test('-c changes the comment in both files and keeps the passphrase', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('key', keySamples[0]?.encryptedFile ?? '');
  const change = ['-c', '-a', '1', '-P', samplePassphrase, '-f', path];
  const same = await keygen([...change, '-C', 'sample of ed25519']);
  assert.equal(transcript(same), 'Old comment: sample of ed25519\nNo change to comment\n[0]');
  const changed = await keygen(change, { input: 'new words\n' });
  assert.equal(transcript(changed), "Old comment: sample of ed25519\nNew comment: Comment 'new words' applied\n[0]");
  assert.match(readFileSync(`${path}.pub`, 'utf8'), / new words\n$/);
  assert.match(out(await stockKeygen(['-y', '-P', samplePassphrase, '-f', path])), / new words\n$/);
  const removed = await keygen([...change, '-C', '']);
  assert.equal(transcript(removed), 'Old comment: new words\nComment removed\n[0]');
});
