import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { skipUnless, type TemporaryFolder } from '@sallyport/testing';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { keygenFolder, ourKeygen, stockKeygen, transcript } from '@sallyport/testing/keygen-pair';

const stock = skipUnless('openssh-client');
const keyFiles = ['ed25519', 'ecdsa256', 'ecdsa384', 'ecdsa521', 'rsa1024'].map((name) => `${name}.pub`);
const certificateFiles = certificateSamples.map(({ name }) => `${name}-cert.pub`);

async function krlFolder(): Promise<TemporaryFolder> {
  const folder = await keygenFolder();
  for (const { name, line } of certificateSamples) await folder.write(`${name}-cert.pub`, `${line}\n`);
  const publicLine = (name: string): string => readFileSync(folder.file(`${name}.pub`), 'utf8');
  await folder.write('numbers', 'serial: 1-3\nserial: 0x10 # sixteen\n serial: 010\nserial: 7\nid: rsa\nID:\ta b\n');
  await folder.write('many', Array.from({ length: 3000 }, (_, index) => `serial: ${index * index + 100}\n`).join(''));
  await folder.write('keys', `sha1: ${publicLine('ecdsa384')}key:${publicLine('rsa1024')}# no\n\n`);
  await folder.write('hashes', `sha256: ${publicLine('ecdsa521')}hash: SHA256:${'A'.repeat(43)}\n`);
  return folder;
}

/** What a list holds, without the time at which it was made. */
const held = (text: string): string => text.replace(/^# Generated at .*$/m, '# Generated');

test('lists that ours makes are read by the stock program, and the other way round', stock, async () => {
  await using folder = await krlFolder();
  const cwd = folder.path;
  const runs = [
    ['ed25519.pub', 'user-ed25519-cert.pub', 'user-rsa512-cert.pub'],
    ['-z', '77', '-C', 'a comment', '-s', 'ed25519.pub', 'numbers', 'keys', 'hashes'],
    ['-s', 'none', 'many', 'numbers'],
    [],
  ];
  for (const argv of runs) {
    const shown: string[] = [];
    for (const [name, keygen] of Object.entries({ ours: ourKeygen, theirs: stockKeygen })) {
      const made = await keygen(['-k', '-f', name, ...argv], { cwd });
      assert.equal(made.code, 0, transcript(made));
      shown.push(transcript(made));
      for (const reader of [ourKeygen, stockKeygen]) {
        shown.push(held(transcript(await reader(['-Q', '-l', '-f', name, ...keyFiles, ...certificateFiles], { cwd }))));
      }
    }
    assert.equal(shown[0], shown[3]);
    assert.deepEqual(new Set([shown[1], shown[2], shown[4], shown[5]]).size, 1, argv.join(' '));
  }
});

test('-u goes on with a list of either program', stock, async () => {
  await using folder = await krlFolder();
  const cwd = folder.path;
  const shown: string[] = [];
  for (const [first, second] of [
    [ourKeygen, stockKeygen],
    [stockKeygen, ourKeygen],
    [ourKeygen, ourKeygen],
  ] as const) {
    await first(['-k', '-q', '-z', '5', '-C', 'x', '-s', 'ed25519', '-f', 'list', 'numbers', 'keys'], { cwd });
    const more = await second(['-k', '-u', '-f', 'list', '-s', 'NONE', '-'], { cwd, input: 'serial: 9\nid: z\n' });
    assert.equal(transcript(more), 'Revoking from (standard input)\n[0]');
    shown.push(held(transcript(await ourKeygen(['-Q', '-l', '-f', 'list'], { cwd }))));
  }
  assert.match(shown[0] ?? '', /^# KRL version 5\n# Generated\n# Comment: x\n[^]*\n# Wildcard CA\nserial: 9\nid: z\n/);
  assert.equal(new Set(shown).size, 1);
});

test('-Q says which keys are revoked, with status 1 for any', async () => {
  await using folder = await krlFolder();
  const cwd = folder.path;
  await ourKeygen(['-k', '-q', '-f', 'list', 'ed25519.pub'], { cwd });
  const one = await ourKeygen(['-Q', '-f', 'list', 'ecdsa256.pub', 'ed25519.pub'], { cwd });
  assert.equal(transcript(one), 'ecdsa256.pub (sample of ecdsa256): ok\ned25519.pub (sample of ed25519): REVOKED\n[1]');
  assert.equal((await ourKeygen(['-Q', '-f', 'list', 'ecdsa256.pub'], { cwd })).code, 0);
});

test('wrong lists and lines are refused in the words of the stock program', stock, async () => {
  await using folder = await krlFolder();
  await folder.write('empty', '');
  await folder.write('cut', Buffer.from('SSHKRL\n\0\0\0', 'latin1'));
  const cwd = folder.path;
  const lines = ['serial: x', 'serial: 0', 'serial: 3-2', 'serial: 3-', 'serial: 99999999999999999999', 'serial: 1-5x'];
  lines.push('junk', 'key: junk', 'serial:');
  const calls = [
    ...lines.map((line) => ({ argv: ['-k', '-q', '-f', 'new', '-s', 'none', '-'], input: `${line}\n` })),
    ...['serial: 9', 'id: x'].map((line) => ({ argv: ['-k', '-q', '-f', 'new', '-'], input: line })),
    ...[
      ['-k'],
      ['-Q'],
      ['-k', '-u', '-f', 'missing'],
      ['-Q', '-f', 'missing'],
      ['-Q', '-f', 'numbers'],
      ['-Q', '-f', 'empty', 'ed25519.pub'],
      ['-k', '-f', 'no/such'],
      ['-k', '-f', 'new', 'missing'],
      ['-k', '-f', 'new', '-s', 'missing'],
    ].map((argv) => ({ argv, input: '' })),
  ];
  for (const { argv, input } of calls) {
    const [ours, theirs] = [await ourKeygen(argv, { cwd, input }), await stockKeygen(argv, { cwd, input })];
    assert.equal(transcript(ours), transcript(theirs), `${argv.join(' ')} ${input}`);
  }
  const cut = await ourKeygen(['-Q', '-f', 'cut', 'ed25519.pub'], { cwd });
  assert.equal(transcript(cut), 'Invalid KRL file cut: invalid format\n[255]');
});
