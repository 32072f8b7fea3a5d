// The processes that the demo starts: input and output whole, servers awaited, failures told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram, startServer } from './run-program.ts';

const environment = { PATH: process.env['PATH'] };

test('runProgram carries input and output and tells the status', async () => {
  const input = new Uint8Array(1_000_000).fill(7);
  const outcome = await runProgram(['sh', '-c', 'cat; echo e >&2; exit 3'], { input, environment });
  assert.equal(outcome.status, 3);
  assert.ok(outcome.stdout.equals(input));
  assert.equal(outcome.stderr, 'e\n');
});

test('runProgram ends a program that passes its limit', async () => {
  const outcome = await runProgram(['sleep', '60'], { environment, limitMilliseconds: 50 });
  assert.equal(outcome.status, 'SIGKILL');
});

test('startServer waits for the line that says it is ready', async () => {
  const server = await startServer(['sh', '-c', 'echo soon >&2; echo ready >&2; exec sleep 60'], /ready/, environment);
  assert.equal(server.log(), 'soon\nready\n');
  await server.stop();
});

test('startServer rejects with the log when the server ends at once', async () => {
  const command = ['sh', '-c', 'echo no >&2; exit 1'];
  await assert.rejects(startServer(command, /ready/, environment), /did not start:\nno/);
});
