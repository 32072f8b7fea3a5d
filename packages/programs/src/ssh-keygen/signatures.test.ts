import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { skipUnless, type TemporaryFolder } from '@sallyport/testing';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { keySamples } from '@sallyport/testing/key-samples';
import { keygenFolder, ourKeygen, stockKeygen, transcript } from '@sallyport/testing/keygen-pair';

const stock = skipUnless('openssh-client');
const lineOf = (name: string): string => keySamples.find((row) => row.name === name)?.publicLine ?? '';

async function signingFolder(): Promise<TemporaryFolder> {
  const folder = await keygenFolder();
  await folder.write('data', 'hello\n');
  await folder.write('ed25519-cert.pub', `${certificateSamples[0]?.line}\n`);
  const lifespans = ['before="20200101"', 'after="20990101"'].map((span) => `no valid-${span} ${lineOf('ed25519')}`);
  await folder.write('lifespans', `${lifespans.join('\n')}\n`);
  const allowed = [
    `${keySamples.map(({ name }) => name).join(',')},*@x ${lineOf('ed25519')}`,
    '# a comment',
    'damaged line',
    ...keySamples.map(({ name, publicLine }) => `${name} namespaces="git" ${publicLine}`),
    `al* cert-authority,namespaces="git" ${lineOf('ed25519')}`,
    `old valid-before="20200101" ${lineOf('ed25519')}`,
    `new valid-after="20990101" ${lineOf('ed25519')}`,
  ];
  await folder.write('allowed', `${allowed.join('\n')}\n`);
  return folder;
}

test('signatures of either program are right for both, for every key and hash', stock, async () => {
  await using folder = await signingFolder();
  const cwd = folder.path;
  for (const name of [...keySamples.map((row) => row.name), 'ed25519-cert.pub']) {
    for (const hash of [[], ['-O', 'hashalg=sha256']]) {
      const shown: string[] = [];
      for (const keygen of [ourKeygen, stockKeygen]) {
        const signed = await keygen(['-Y', 'sign', '-n', 'git', '-f', name, ...hash, 'data'], { cwd, input: 'y\n' });
        shown.push(transcript(signed).replace('data.sig already exists.\nOverwrite (y/n)? ', ''));
        const principal = name === 'ed25519-cert.pub' ? 'alice' : name;
        const argv = [
          '-Y',
          'verify',
          '-n',
          'git',
          '-f',
          'allowed',
          '-I',
          principal,
          '-s',
          'data.sig',
          '-O',
          'print-pubkey',
        ];
        for (const verifier of [ourKeygen, stockKeygen]) {
          shown.push(transcript(await verifier(argv, { cwd, input: 'hello\n' })));
        }
      }
      const [signed, verified = '', ...others] = shown;
      assert.deepEqual(others, [verified, signed, verified, verified], name);
      assert.match(verified, /^Good "git" signature for /);
    }
  }
});

test('stdin is signed to stdout, and files one after another', stock, async () => {
  await using folder = await signingFolder();
  const cwd = folder.path;
  const argv = ['-Y', 'sign', '-n', 'git', '-f', 'ed25519'];
  const [ours, theirs] = [await ourKeygen(argv, { cwd, input: 'x' }), await stockKeygen(argv, { cwd, input: 'x' })];
  assert.equal(transcript(ours), transcript(theirs));
  await folder.write('more', 'more');
  const both = await ourKeygen([...argv, 'data', 'more'], { cwd });
  assert.equal(both.code, 0);
  assert.equal((await stockKeygen([...argv.slice(0, -2), '-f', 'ed25519', '-', 'data'], { cwd })).code, 255);
  for (const name of ['data', 'more']) {
    const check = ['-Y', 'check-novalidate', '-n', 'git', '-s', `${name}.sig`];
    assert.equal((await stockKeygen(check, { cwd, input: readFileSync(folder.file(name)) })).code, 0);
  }
});

test('answers about principals, namespaces, times and revoked keys are those of the stock program', stock, async () => {
  await using folder = await signingFolder();
  const cwd = folder.path;
  await ourKeygen(['-q', '-Y', 'sign', '-n', 'git', '-f', 'ed25519', 'data'], { cwd });
  await folder.write('other', 'other');
  await ourKeygen(['-q', '-Y', 'sign', '-n', 'git', '-f', 'ed25519-cert.pub', 'other'], { cwd });
  await ourKeygen(['-q', '-k', '-f', 'krl', 'ed25519.pub'], { cwd });
  await folder.write('cut', readFileSync(folder.file('krl')).subarray(0, 50));
  await folder.write('broken.sig', readFileSync(folder.file('data.sig'), 'utf8').slice(0, 100));
  const verify = ['-Y', 'verify', '-n', 'git', '-f', 'allowed', '-s', 'data.sig', '-I'];
  const calls = [
    ...['ed25519', 'a@x', 'nobody', 'old', 'new'].map((principal) => [...verify, principal]),
    ...['20190101', '20991231'].flatMap((time) =>
      ['old', 'new'].map((who) => [...verify, who, '-O', `verify-time=${time}`]),
    ),
    [...verify, 'a@x', '-O', 'verify-time=never'],
    [...verify, 'a@x', '-O', 'nonsense'],
    ...['krl', 'ed25519.pub', 'rsa1024.pub', 'missing', 'cut'].map((file) => [...verify, 'a@x', '-r', file]),
    ['-q', ...verify, 'a@x'],
    ['-Y', 'verify', '-n', 'file', '-f', 'allowed', '-s', 'data.sig', '-I', 'a@x'],
    ['-Y', 'verify', '-n', 'git', '-f', 'missing', '-s', 'data.sig', '-I', 'a@x'],
    ['-Y', 'verify', '-n', 'git', '-f', 'allowed', '-s', 'missing', '-I', 'a@x'],
    ['-Y', 'verify', '-n', 'git', '-f', 'allowed', '-s', 'other.sig', '-I', 'a@x'],
    ['-Y', 'find-principals', '-f', 'allowed', '-s', 'data.sig'],
    ['-Y', 'find-principals', '-f', 'allowed', '-s', 'other.sig'],
    ['-Y', 'find-principals', '-f', 'data', '-s', 'data.sig'],
    ['-Y', 'find-principals', '-f', 'lifespans', '-s', 'data.sig'],
    ['-Y', 'find-principals', '-f', 'lifespans', '-s', 'data.sig', '-O', 'verify-time=20991231'],
    ['-Y', 'match-principals', '-f', 'allowed', '-I', 'a@x'],
    ['-Y', 'match-principals', '-f', 'allowed', '-I', 'nobody'],
    ['-Y', 'match-principals', '-f', 'data', '-I', 'nobody'],
    ['-Y', 'check-novalidate', '-n', 'git', '-s', 'data.sig'],
    ['-Y', 'check-novalidate', '-n', 'git', '-s', 'data.sig', '-O', 'print-pubkey'],
    ['-Y', 'check-novalidate', '-n', 'git', '-s', 'other.sig'],
    ['-Y', 'sign', '-n', 'git', '-f', 'missing', 'data'],
    ['-Y', 'sign', '-n', 'git', '-f', 'rsa1024', 'missing'],
    ['-Y', 'sign', '-n', 'git', '-f', 'rsa1024', '-O', 'nonsense', 'data'],
    ['-U', '-Y', 'sign', '-n', 'git', '-f', 'rsa1024', 'data'],
    ['-Y', 'sign', '-n', 'git', '-f', 'rsa1024', '-', 'data'],
    ['-Y', 'sign', '-f', 'rsa1024', 'data'],
    ['-Y', 'sign', '-n', 'git', 'data'],
    ['-Y', 'find-principals'],
    ['-Y', 'find-principals', '-s', 'data.sig'],
    ['-Y', 'match-principals'],
    ['-Y', 'match-principals', '-f', 'allowed'],
    ['-Y', 'check-novalidate'],
    ['-Y', 'check-novalidate', '-n', 'git'],
    ['-Y', 'verify'],
    ['-Y', 'verify', '-n', 'git'],
    ['-Y', 'verify', '-n', 'git', '-s', 'data.sig'],
    ['-Y', 'verify', '-n', 'git', '-s', 'data.sig', '-f', 'allowed'],
  ];
  const now = /verify time \S+/g;
  for (const argv of calls) {
    const [ours, theirs] = [
      transcript(await ourKeygen(argv, { cwd, input: 'hello\n' })),
      transcript(await stockKeygen(argv, { cwd, input: 'hello\n' })),
    ];
    assert.equal(ours.replace(now, ''), theirs.replace(now, ''), argv.join(' '));
  }
  const broken = await ourKeygen(['-Y', 'check-novalidate', '-n', 'git', '-s', 'broken.sig'], {
    cwd,
    input: 'hello\n',
  });
  assert.match(transcript(broken), /Could not verify signature\.\n.*missing footer\n\[255\]/s);
});

test('a file of that name is replaced only after a yes', async () => {
  await using folder = await signingFolder();
  const cwd = folder.path;
  await folder.write('data.sig', 'precious');
  const argv = ['-Y', 'sign', '-n', 'git', '-f', 'ed25519', 'data'];
  await ourKeygen(argv, { cwd, input: 'n\n' });
  assert.equal(readFileSync(folder.file('data.sig'), 'utf8'), 'precious');
  await ourKeygen(argv, { cwd, input: 'y\n' });
  assert.match(readFileSync(folder.file('data.sig'), 'utf8'), /^-----BEGIN SSH SIGNATURE-----\n/);
});

test('a private key that is not the one of the public file does not sign', async () => {
  await using folder = await signingFolder();
  await folder.write('rsa1024', keySamples[0]?.privateFile ?? '');
  const result = await ourKeygen(['-Y', 'sign', '-n', 'git', '-f', 'rsa1024.pub', 'data'], { cwd: folder.path });
  assert.equal(transcript(result), "Public key rsa1024.pub doesn't match private rsa1024\n[255]");
});
