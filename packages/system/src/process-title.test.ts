import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setProcessTitle } from './process-title.ts';

const moduleAt = new URL('./process-title.js', import.meta.url).href;

function inChild(statements: string, env: Readonly<Record<string, string>>): unknown {
  const script = `
    const fs = await import('node:fs');
    const { ${setProcessTitle.name} } = await import('${moduleAt}');
    const shown = () => fs.readFileSync('/proc/self/cmdline', 'utf8').replace(/\\0+$/, '');
    ${statements}`;
  const result = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env, timeout: 20_000 });
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
}

test('The title is what ps shows, long or short, and the environment stays what it was', () => {
  const env = { PATH: '/usr/bin:/bin', FRUIT: 'Äpfel', EMPTY: '', FILLER: 'x'.repeat(2000) };
  const answer = inChild(
    `
    const titles = ['sshd: root [priv]', 'y'.repeat(1500), 'sshd: Grüße', 'z'.repeat(100_000)];
    const seen = titles.map((title) => { setProcessTitle(title); return shown(); });
    const { execFileSync } = await import('node:child_process');
    const inherited = execFileSync('/usr/bin/env', { encoding: 'utf8' });
    const { FRUIT, EMPTY } = process.env;
    const cut = /^z{2000,90000}$/.test(seen[3]);
    console.log(JSON.stringify({ seen: seen.slice(0, 3), cut, FRUIT, EMPTY, inherited }));`,
    env,
  ) as { readonly seen: readonly string[]; readonly cut: boolean; readonly FRUIT: string; readonly inherited: string };
  assert.deepEqual(answer.seen, ['sshd: root [priv]', 'y'.repeat(1500), 'sshd: Grüße']);
  assert.equal(answer.cut, true);
  assert.equal(answer.FRUIT, 'Äpfel');
  assert.match(answer.inherited, /^FRUIT=Äpfel$/m);
});
