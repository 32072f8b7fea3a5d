import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { onExit } from './child-exit.ts';
import { closeDescriptor, duplicate } from './descriptors.ts';
import { openFileLimit, startingOpenFileLimit, withOpenFileLimit } from './open-file-limit.ts';
import type { Exit } from './spawn.ts';
import { spawnProcess } from './spawn.ts';

const module = new URL('./open-file-limit.js', import.meta.url).href;
const hardLimit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]);

/** Runs an expression of this module in a process that a shell starts after those commands, and waits for. */
function below(shellCommands: string, expression: string): string {
  const source = `import(${JSON.stringify(module)}).then((limits) => console.log(String(${expression})));`;
  const script = `${shellCommands}; "$0" -e "$1"; true`;
  const run = spawnSync('/bin/sh', ['-c', script, process.execPath, source], { encoding: 'utf8', timeout: 20_000 });
  assert.equal(run.stderr, '');
  return run.stdout.trim();
}

/** Whether a shell with that limit as its own succeeds. */
async function hasSoftLimit(expected: number, openFiles: number | undefined): Promise<boolean> {
  const argv = ['sh', '-c', `test "$(ulimit -Sn) $(ulimit -Hn)" = "${expected} ${hardLimit}"`];
  const pid = spawnProcess({ path: '/bin/sh', argv, env: {}, stdio: { 2: 2 }, openFiles });
  const exit = await new Promise<Exit>((resolve) => onExit(pid, resolve));
  return 'code' in exit && exit.code === 0;
}

test('the limit that a process was started with is the soft one of its parent, whatever the runtime has made of it', () => {
  assert.equal(below('ulimit -Sn 301', 'limits.startingOpenFileLimit()'), '301');
});

test('a limit that the runtime did not raise is the one that the process was started with', () => {
  assert.equal(startingOpenFileLimit(1, { soft: 302, hard: hardLimit }), 302);
});

test('a parent with another hard limit tells nothing', () => {
  assert.equal(startingOpenFileLimit(process.ppid, { soft: 77, hard: 77 }), undefined);
});

test('below process 1, and as the first of a container, a usual hard limit of services stands for 1024', () => {
  for (const pid of [0, 1]) {
    for (const hard of [524_288, 1_048_576, 1_073_741_816]) {
      assert.equal(startingOpenFileLimit(pid, { soft: hard, hard }), 1024);
    }
    assert.equal(startingOpenFileLimit(pid, { soft: 400, hard: 400 }), undefined);
  }
});

test('a parent that is gone tells nothing', () => {
  assert.equal(startingOpenFileLimit(2 ** 22 + 1), undefined);
});

test('a program is started with a lower soft limit and the same hard one, and ours stay', async () => {
  const before = openFileLimit();
  assert.equal(await hasSoftLimit(300, 300), true);
  assert.equal(openFileLimit(), before);
  assert.equal(await hasSoftLimit(before, undefined), true);
  assert.equal(await hasSoftLimit(before, before + 1), true);
});

test('our limit is back when no program could be started', () => {
  const before = openFileLimit();
  const options = { path: '/no/such/program', argv: ['x'], env: {}, stdio: {}, openFiles: 300 };
  assert.throws(() => spawnProcess(options), { code: 'ENOENT' });
  assert.equal(openFileLimit(), before);
});

test('the limit is not lowered to where descriptors of ours are', () => {
  const fd = openSync('/dev/null', 'r');
  assert.equal(withOpenFileLimit(300, openFileLimit), 300);
  const high = duplicate(fd, 225);
  assert.equal(high, 225);
  assert.equal(withOpenFileLimit(300, openFileLimit), openFileLimit());
  for (const open of [fd, high]) closeDescriptor(open);
});
