import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatModuliLine } from '@sallyport/protocol/algorithms/moduli';
import { mainArguments, skipUnless, type TemporaryFolder } from '@sallyport/testing';
import { keygenFolder, ourKeygen, stockKeygen, transcript } from '@sallyport/testing/keygen-pair';
import { CandidateSieve } from '../../ssh-keygen-moduli/sieve.ts';
import { candidateOf } from './candidates.ts';
import { clockText, durationText } from './progress.ts';

const stock = skipUnless('openssh-client');

/** q of three safe primes of 512 bits, and numbers between them that are none. */
const base = BigInt(
  `0x${[
    '4D30ACC0743E5273DD59FE4F55860135BC16B02939ECEA1C44F88BDAC4D2398C',
    '1709F0030F78424EF1A58C4184B448567D924EFC3BBC240A131334ACA941FAA5',
  ].join('')}`,
);

async function worker(folder: TemporaryFolder): Promise<Readonly<Record<string, string>>> {
  const quoted = mainArguments(import.meta.resolve('@sallyport/programs/ssh-keygen-moduli/main'), []).map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const path = await folder.write('worker', `#!/bin/sh\nexec '${process.execPath}' ${quoted.join(' ')}\n`, 0o755);
  return { SSH_KEYGEN_MODULI_WORKER: path };
}

const withoutTime = (text: string): string => text.replaceAll(/^\d{14} /gm, '');

test('generation leaves candidates in a file, and tells what it did', async () => {
  await using folder = await keygenFolder();
  const env = await worker(folder);
  const argv = ['-M', 'generate', '-O', 'bits=512', '-O', `start=${base.toString(16)}`, 'candidates'];
  const made = await ourKeygen(argv, { cwd: folder.path, env });
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /Sieve next 2097152 plus 511-bit\r\n[^]*Found \d+ candidates\r\n$/);
  const candidates = readFileSync(folder.file('candidates'), 'utf8');
  assert.match(candidates, /^\d{14} 4 2 0 510 0 4D30ACC0/);
  assert.ok(candidates.split('\n').length > 1000);
});

test('screening gives the same groups as the stock program, in order', stock, async () => {
  await using folder = await keygenFolder();
  const env = await worker(folder);
  const cwd = folder.path;
  const time = '20260102030405';
  const candidates = new CandidateSieve(base, 1 << 16).sieve(0, 80_000);
  const lines = candidates.map((i) =>
    formatModuliLine({
      time,
      type: 4,
      tests: 2,
      tries: 0,
      size: 510,
      generator: 0,
      modulus: base + 2n * BigInt(i),
    }),
  );
  await folder.write('some', `# comment\n\ndamaged\n${lines.join('\n')}\n`);
  for (const options of [[], ['-O', 'generator=2', '-O', 'lines=90', '-O', 'start-line=50', '-O', 'prime-tests=10']]) {
    const argv = ['-M', 'screen', '-f', 'some', ...options];
    const ours = await ourKeygen([...argv, '-O', 'checkpoint=point', 'ours'], { cwd, env });
    const theirs = await stockKeygen([...argv, 'theirs'], { cwd });
    assert.deepEqual([ours.code, theirs.code], [0, 0], ours.stderr);
    assert.match(ours.stderr, /Final \d+ Miller-Rabin trials \(\d generator\)\r\n/);
    const [found, expected] = ['ours', 'theirs'].map((name) => withoutTime(readFileSync(folder.file(name), 'utf8')));
    assert.equal(found, expected);
    assert.equal(existsSync(folder.file('point')), false, 'a finished work needs no checkpoint');
  }
  assert.match(readFileSync(folder.file('ours'), 'utf8'), /^\d{14} 2 6 100 511 [25] [0-9A-F]{128}$/m);
});

test('work goes on behind a checkpoint, and a damaged one is told', async () => {
  await using folder = await keygenFolder();
  const env = await worker(folder);
  const cwd = folder.path;
  const line = formatModuliLine({ time: '1', type: 2, tests: 6, tries: 4, size: 511, generator: 2, modulus: group });
  await folder.write('in', `${line}\n${line}\n${line}\n`);
  await folder.write('point', '2\n');
  const argv = ['-M', 'screen', '-f', 'in', '-O', 'checkpoint=point', 'out'];
  const rest = await ourKeygen(argv, { cwd, env });
  assert.match(rest.stderr, /^Loaded checkpoint from 'point' line 2\r\n[^]*Found 1 safe primes of 1 candidates/);
  assert.equal(readFileSync(folder.file('out'), 'utf8').split('\n').length, 2);
  await folder.write('point', 'x\n');
  const all = await ourKeygen(argv, { cwd, env });
  assert.match(all.stderr, /^Failed to load checkpoint from 'point'\r\n[^]*Found 3 safe primes/);
  assert.equal(readFileSync(folder.file('out'), 'utf8').split('\n').length, 5, 'found groups are appended');
  const toOutput = await ourKeygen(['-M', 'screen', '-f', 'in', '-'], { cwd, env });
  assert.equal(toOutput.stdout.toString().split('\n').length, 4);
});

const group = BigInt(
  `0x${[
    '9A615980E87CA4E7BAB3FC9EAB0C026B782D605273D9D43889F117B589A47318',
    '2E13E0061EF0849DE34B1883096890ACFB249DF877784814262669595284DC4B',
  ].join('')}`,
);

test('candidates of a wrong size, without a generator, or composite by their line are left out', () => {
  const wanted = { trials: 10, generator: undefined };
  const of = (changes: Partial<Parameters<typeof formatModuliLine>[0]>): string =>
    formatModuliLine({ time: '1', type: 2, tests: 6, tries: 4, size: 511, generator: 0, modulus: group, ...changes });
  assert.deepEqual(candidateOf(of({}), wanted)?.generator, 2);
  assert.equal(candidateOf(of({}), wanted)?.tries, 14);
  assert.equal(candidateOf(of({ tests: 2 }), wanted)?.tries, 10);
  const q = of({ type: 4, size: 510, modulus: group >> 1n });
  assert.equal(candidateOf(q, wanted)?.modulus, group);
  for (const line of [
    of({ size: 510 }),
    of({ tests: 3 }),
    of({ type: 6 }),
    of({ modulus: group - 1n }),
    of({ size: 400 }),
  ]) {
    assert.equal(candidateOf(line, wanted), undefined);
  }
  assert.equal(candidateOf(of({}), { ...wanted, generator: 5 }), undefined);
});

test('wrong uses of -M are refused in the words of the stock program', stock, async () => {
  await using folder = await keygenFolder();
  const cwd = folder.path;
  const calls = [
    ['-M', 'nonsense', 'out'],
    ['-M', 'generate'],
    ['-M', 'generate', 'a', 'b'],
    ['-M', 'generate', '-O', 'nonsense=1', 'out'],
    ['-M', 'generate', '-O', 'start=xyz', 'out'],
    ['-M', 'generate', '-O', 'bits=512', 'no/such/file'],
    ['-M', 'screen'],
    ['-M', 'screen', '-O', 'nonsense', 'out'],
    ['-M', 'screen', '-O', 'generator=x', 'out'],
    ['-M', 'screen', '-O', 'prime-tests=0', 'out'],
    ['-M', 'screen', '-f', 'missing', 'out'],
    ['-M', 'screen', '-f', 'ed25519', 'no/such/file'],
  ];
  for (const argv of calls) {
    const [ours, theirs] = [await ourKeygen(argv, { cwd }), await stockKeygen(argv, { cwd })];
    assert.equal(transcript(ours), transcript(theirs), argv.join(' '));
  }
});

test('times are told as ctime(3) does, and spans shortly', () => {
  assert.equal(clockText(new Date(2026, 10, 1, 3, 4, 5)), 'Sun Nov  1 03:04:05 2026');
  assert.deepEqual([59, 61, 3661, 90_061].map(durationText), ['0:59', '1:01', '1:01:01', '1d 1:01:01']);
});
