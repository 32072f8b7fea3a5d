import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const runProgram = new URL('./run-program.js', import.meta.url).href;

test('runProgram names an error that nobody caught and ends with 255', () => {
  const script = `import { runProgram } from '${runProgram}'; await runProgram('telnet', []);`;
  const { status, stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 255, stdout: '', stderr: 'telnet: internal error: no such program\n' },
  );
});

for (const [how, fault] of [
  ['thrown in a callback', "setTimeout(() => { throw new Error('first\\nsecond'); }, 1);"],
  ['left in a promise', "setTimeout(() => void Promise.reject(new Error('first\\nsecond')), 1);"],
]) {
  test(`runProgram names an error ${how} in one line, without source`, () => {
    const script = `import { programs } from '${new URL('./programs.js', import.meta.url).href}';
      import { runProgram } from '${runProgram}';
      programs.waiting = () => Promise.resolve({ main: () => new Promise(() => setInterval(() => undefined, 1000)) });
      ${fault}
      await runProgram('waiting', []);`;
    const { status, stderr } = spawnSync('node', ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.deepEqual({ status, stderr }, { status: 255, stderr: 'waiting: internal error: first second\n' });
  });
}
