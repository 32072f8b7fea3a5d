import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { skipUnless } from '@sallyport/testing';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { keySamples } from '@sallyport/testing/key-samples';
import { keygenFolder, ourKeygen, stockKeygen, transcript } from '@sallyport/testing/keygen-pair';
import { parseValidity } from './validity.ts';

const stock = skipUnless('openssh-client');
const forEver = ['-I', 'an id', '-n', 'alice,bob'];

test('-L shows certificates of the stock program as it does itself', async () => {
  await using folder = await keygenFolder();
  for (const { name, line, listing } of certificateSamples) {
    const path = await folder.write(`${name}-cert.pub`, `${line}\n`);
    const shown = await ourKeygen(['-L', '-f', path]);
    assert.equal(transcript(shown), `${path}:\n${listing.join('\n')}\n[0]`);
  }
});

test('certificates that ours signs are shown alike by both programs, with every option', stock, async () => {
  await using folder = await keygenFolder();
  const runs = [
    ['-s', 'ed25519', ...forEver, '-z', '+41'],
    ['-s', 'ecdsa521', ...forEver, '-h', '-V', '20200101Z:20400101120000Z'],
    [
      '-s',
      'rsa1024',
      ...forEver,
      '-t',
      'rsa-sha2-256',
      '-V',
      '0x10:forever',
      '-O',
      'no-pty',
      '-O',
      'NO-X11-FORWARDING',
    ],
    ['-s', 'rsa1024', '-I', 'x', '-V', 'always:20300101', '-O', 'clear', '-O', 'permit-pty', '-O', 'verify-required'],
    [
      '-s',
      'ecdsa256',
      '-I',
      'x',
      '-O',
      'force-command=a "b"',
      '-O',
      'source-address=10.0.0.0/8,::1',
      '-O',
      'extension:e@x=v',
    ],
    ['-s', 'ecdsa384', '-I', 'x', '-h', '-O', 'critical:c@x', '-O', 'no-touch-required', '-n', '*.example.com'],
  ];
  const files = keySamples.map(({ name }) => `${name}.pub`);
  for (const argv of runs) {
    const signed: string[] = [];
    const listings: string[][] = [];
    for (const keygen of [ourKeygen, stockKeygen]) {
      signed.push(transcript(await keygen([...argv, ...files], { cwd: folder.path })));
      const names = keySamples.map(({ name }) => `${name}-cert.pub`);
      for (const name of names) {
        const [ours, theirs] = [
          transcript(await ourKeygen(['-L', '-f', name], { cwd: folder.path })),
          transcript(await stockKeygen(['-L', '-f', name], { cwd: folder.path })),
        ];
        assert.equal(ours, theirs);
        listings.push([name, theirs]);
      }
    }
    assert.equal(signed[0], signed[1], argv.join(' '));
    assert.deepEqual(listings.slice(0, files.length), listings.slice(files.length));
  }
});

test('-l shows the fingerprint of the certified key', stock, async () => {
  await using folder = await keygenFolder();
  for (const { name, line } of certificateSamples) {
    const path = await folder.write(`${name}-cert.pub`, `${line}\n`);
    assert.equal(transcript(await ourKeygen(['-lvf', path])), transcript(await stockKeygen(['-lvf', path])));
  }
});

test('wrong uses of -s and -L are refused in the words of the stock program', stock, async () => {
  await using folder = await keygenFolder();
  await folder.write('a-cert.pub', `${certificateSamples[0]?.line}\n`);
  await folder.write('mixed', `# comment\n\n${certificateSamples[0]?.line}\n${keySamples[0]?.publicLine}\njunk\n`);
  const sign = ['-s', 'ed25519', '-I', 'x'];
  const refusals: readonly (readonly string[])[] = [
    ['-s', 'ed25519', 'ed25519.pub'],
    [...sign, 'missing.pub'],
    [...sign, 'a-cert.pub'],
    [...sign, '-n', 'a,,b', 'ed25519.pub'],
    [...sign, '-t', 'rsa-sha2-512', 'ed25519.pub'],
    [...sign, '-z', '1x', 'ed25519.pub'],
    [...sign, '-O', 'nonsense', 'ed25519.pub'],
    [...sign, '-O', 'force-command=', 'ed25519.pub'],
    [...sign, '-O', 'force-command=a', '-O', 'force-command=b', 'ed25519.pub'],
    [...sign, '-O', 'source-address=', 'ed25519.pub'],
    [...sign, '-O', 'source-address=::1', '-O', 'source-address=::1', 'ed25519.pub'],
    ...[
      '1:2',
      '+1x',
      '-1x:+1d',
      '20200101:20200101',
      '0x10:0xzz',
      'foo',
      ':',
      'always:',
      '+1d:20200101',
      '-99y:+1d',
    ].map((life) => [...sign, '-V', life, 'ed25519.pub']),
    ['-s', 'missing', '-I', 'x', 'ed25519.pub'],
    ['-U', ...sign, 'ed25519.pub'],
    ['-L', '-f', 'missing'],
    ['-L', '-f', 'mixed'],
    ['-L', '-f', 'ed25519.pub'],
  ];
  for (const argv of refusals) {
    const [ours, theirs] = [ourKeygen(argv, { cwd: folder.path }), stockKeygen(argv, { cwd: folder.path })];
    assert.equal(transcript(await ours), transcript(await theirs), argv.join(' '));
  }
});

test('nothing but the certificate appears beside the key, and the comment goes along', async () => {
  await using folder = await keygenFolder();
  const before = readdirSync(folder.path);
  const { code } = await ourKeygen(['-q', '-s', 'ed25519', '-I', 'x', 'rsa1024'], { cwd: folder.path });
  assert.equal(code, 0);
  const added = readdirSync(folder.path).filter((name) => !before.includes(name));
  assert.deepEqual(added, ['rsa1024-cert.pub']);
  assert.match(readFileSync(folder.file('rsa1024-cert.pub'), 'utf8'), / sample of rsa1024\n$/);
});

test('many certificates of one run come in order, and the first failure ends it there', async () => {
  await using folder = await keygenFolder();
  const key = readFileSync(folder.file('ed25519.pub'), 'utf8');
  const files = Array.from({ length: 60 }, (_, number) => `user${number}.pub`);
  for (const [number, file] of files.entries()) if (number !== 40) await folder.write(file, key);
  const signed = await ourKeygen(['-s', 'rsa1024', '-I', 'x', '-z', '+7', ...files], { cwd: folder.path });
  const serials = [...signed.stderr.matchAll(/^Signed user key user(\d+)-cert\.pub: id "x" serial (\d+) /gm)];
  assert.deepEqual(
    serials.map(([, number, serial]) => [Number(number), Number(serial)]),
    Array.from({ length: 40 }, (_, number) => [number, number + 7]),
  );
  assert.match(signed.stderr, /user40\.pub.*No such file or directory\r?\n$/);
  assert.equal(signed.code, 255);
  const made = readdirSync(folder.path).filter((name) => /^user\d+-cert\.pub$/.test(name));
  assert.equal(made.length, 40);
});

test('names in a certificate cannot write to the terminal', async () => {
  await using folder = await keygenFolder();
  const argv = ['-s', 'ed25519', '-I', 'id\u001b[2J', '-n', 'a\nb', 'ed25519.pub'];
  const signed = await ourKeygen(argv, { cwd: folder.path });
  assert.match(signed.stderr, /id "id\\033\[2J" serial 0 for a\\012b valid/);
  const shown = transcript(await ourKeygen(['-L', '-f', 'ed25519-cert.pub'], { cwd: folder.path }));
  assert.match(shown, /Key ID: "id\\033\[2J"\n/);
  assert.match(shown, /\n {16}a\\012b\n/);
});

test('a life begins a minute early, a span where it says', () => {
  assert.deepEqual(parseValidity('+1h', 600_000), { after: 599_940n, before: 603_600n });
  assert.deepEqual(parseValidity('-1m:+1w', 600_000), { after: 599_940n, before: 1_204_800n });
  assert.deepEqual(parseValidity('0x0:0xffffffffffffffff', 0), { after: 0n, before: 2n ** 64n - 1n });
});
