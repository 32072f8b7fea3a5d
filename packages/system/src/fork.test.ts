// Copies are made in a runtime of their own, which has the settings of singleThreadEnvironment and no test runner.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canFork, singleThreadEnvironment } from './fork.ts';

const needs = { skip: canFork() ? false : 'copies are made on Bun only' };
if (needs.skip !== false) process.stderr.write(`skipped: ${needs.skip}\n`);

/** The module beside this file, compiled or not. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const module = (name: string): string =>
  JSON.stringify(fileURLToPath(new URL(`./${name}${extension}`, import.meta.url)));
const imports = `
  import { readFileSync, writeSync } from 'node:fs';
  import { randomFillSync, createECDH } from 'node:crypto';
  import { collectGarbage, exitNow, forkSibling, ownProcessId, prepareForking } from ${module('fork')};
  import { systemRandom } from ${module('system-random')};
  import { createCryptoProvider } from '@sallyport/crypto';
  import { check } from ${module('libc')};
  const tell = (...words) => writeSync(1, words.join(' ') + '\\n');
`;

/** Runs the script; a shell is the parent of it and of its copies, and ends when all have let go of its output. */
function linesOf(script: string): readonly string[] {
  const env = { PATH: '/usr/bin:/bin', ...singleThreadEnvironment };
  const options = { env, encoding: 'utf8', timeout: 30_000, cwd: import.meta.dirname } as const;
  const command = ['-c', '"$@" | cat; :', 'sh', process.execPath, '-e', imports + script];
  const { stdout, stderr } = spawnSync('/bin/sh', command, options);
  assert.equal(stderr, '');
  return stdout.trim().split('\n');
}

test('Node cannot be copied, Bun can', () => {
  assert.equal(canFork(), process.versions['bun'] !== undefined && process.platform === 'linux');
});

test('forkSibling makes copies that run on by themselves as children of our parent', needs, () => {
  const lines = linesOf(`
    prepareForking();
    const state = { count: 1, pid: process.pid };
    for (let i = 0; i < 3; i++) {
      const pid = forkSibling();
      if (pid === 0) {
        state.count += 1;
        const parent = readFileSync('/proc/self/status', 'latin1').match(/PPid:\\s*(\\d+)/)[1];
        tell('copy', state.count, ownProcessId() !== state.pid, Number(parent) === process.ppid);
        exitNow(7);
      }
    }
    tell('original', state.count, ownProcessId() === state.pid);
  `);
  assert.deepEqual([...lines].sort(), ['copy 2 true true', 'copy 2 true true', 'copy 2 true true', 'original 1 true']);
});

test('no two copies draw the same random bytes, private keys or cookies, nor their original', needs, () => {
  const draws = linesOf(`
    const crypto = createCryptoProvider({ random: systemRandom });
    const draw = () => [
      ...['nistp256', 'nistp384', 'nistp521'].map((curve) => crypto.ecdh(curve).publicValue),
      crypto.random(new Uint8Array(16)),
      crypto.x25519().publicValue,
      crypto.mlkem768().publicKey,
      crypto.generateKey('ed25519').publicKey,
      randomFillSync(new Uint8Array(16)),
      createECDH('prime256v1').generateKeys(),
    ].map((bytes) => Buffer.from(bytes).toString('hex').slice(0, 32)).join('\\n');
    draw();
    prepareForking();
    for (let i = 0; i < 4; i++) if (forkSibling() === 0) { tell(draw()); exitNow(0); }
    tell(draw());
  `);
  assert.equal(draws.length, 45);
  assert.equal(new Set(draws).size, 45);
});

test('prepareForking refuses where the generator of the crypto library would not notice a copy', needs, () => {
  const lines = linesOf(`
    randomFillSync(new Uint8Array(1));
    let region = '';
    for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\\n')) {
      if (/^[0-9a-f]+-/.test(line)) region = line.split(' ')[0];
      if (!/^VmFlags:.* wf( |$)/.test(line)) continue;
      const [from, to] = region.split('-').map((text) => Number.parseInt(text, 16));
      check('madvise', from, to - from, 19);
    }
    try { prepareForking(); } catch (error) { tell(error.message); }
  `);
  assert.deepEqual(lines, ['the random generator would not notice a copy of the process']);
});

test('a copy collects garbage, grows, and runs code that its original has never run', needs, () => {
  const lines = linesOf(`
    prepareForking();
    if (forkSibling() === 0) {
      let sum = 0;
      for (let round = 0; round < 40; round++) {
        const held = [];
        for (let i = 0; i < 5000; i++) held.push({ i, bytes: new Uint8Array(200), text: 'x' + i });
        sum += held.length;
        if (round % 10 === 0) collectGarbage();
      }
      const crypto = createCryptoProvider({ random: systemRandom });
      const own = crypto.mlkem768();
      const fresh = new Function('a', 'b', 'return a.map((x) => x + b).join()');
      tell(sum, fresh([1, 2], 3), /^(a+)+$/.test('aaaa'), 3n ** 200n % 7n, own.publicKey.length);
      exitNow(0);
    }
  `);
  assert.deepEqual(lines, ['200000 4,5 true 2 1184']);
});
