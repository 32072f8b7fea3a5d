// The pool with a shell in the place of our program: what it starts, and what it falls back to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketPair } from '@sallyport/system/descriptors';
import { canFork } from '@sallyport/system/fork';
import { until } from '@sallyport/testing/until';
import type { PoolOptions } from './worker-pool.ts';
import { WorkerPool } from './worker-pool.ts';

const peer = { address: '192.0.2.1', port: 4022 };
const [connection] = socketPair('stream');

/** A pool whose processes run this script: `$1` is the first argument of the role. */
function poolOf(script: string, options: Partial<PoolOptions> = {}) {
  const happened: string[] = [];
  const pool = new WorkerPool({
    program: { path: '/bin/sh', argv: (name) => ['sh', '-c', script, name] },
    errorFd: 2,
    sandbox: [],
    settings: '{}',
    isLasting: true,
    onCrash: (name, _, how) => happened.push(`${name} ${how}`),
    onFailure: (name, error) => happened.push(`${name} ${String(error)}`),
    ...options,
  });
  return { pool, happened };
}

test('WorkerPool starts an auth process for a connection for which none is prepared', () => {
  const { pool } = poolOf('exec sleep 60', { isLasting: false });
  const worker = pool.serve(connection, peer);
  assert.ok(worker.pid > 0);
  worker.kill();
  pool.stop();
});

test('WorkerPool falls back to spares where templates do not work', async () => {
  const { pool, happened } = poolOf('if [ "$1" = template ]; then exit 3; fi; exec sleep 60');
  pool.prepare();
  const failures = canFork() ? ['sshd-auth status 3', 'sshd-auth status 3'] : [];
  await until(
    () => happened.length === failures.length,
    () => happened.join(),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [first, second] = [pool.serve(connection, peer), pool.serve(connection, peer)];
  assert.notEqual(first.pid, second.pid);
  assert.deepEqual(happened, failures);
  for (const worker of [first, second]) worker.kill();
  pool.stop();
});

test('WorkerPool tells of a process that cannot be started, and throws when a connection waits for it', () => {
  const nothing = { path: '/nonexistent', argv: () => ['nothing'] };
  const { pool, happened } = poolOf('', { program: nothing });
  pool.prepare();
  assert.match(happened.join(), /^sshd-auth SystemError/);
  assert.throws(() => pool.serve(connection, peer), /posix_spawn|ENOENT/);
  pool.stop();
});

test('WorkerPool tells of a process that ends with an error, not of one that it killed', async () => {
  const { pool, happened } = poolOf('if [ "$0" = sshd-session ]; then exit 5; fi; exec sleep 60', { isLasting: false });
  pool.serve(connection, peer).kill();
  pool.startAccount();
  await until(() => happened.length > 0, 'something happened');
  assert.deepEqual(happened, ['sshd-session status 5']);
  pool.stop();
});
