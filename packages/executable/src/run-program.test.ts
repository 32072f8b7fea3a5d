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
