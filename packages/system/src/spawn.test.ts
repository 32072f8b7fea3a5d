import assert from 'node:assert/strict';
import { spawn as spawnByRuntime } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { onExit } from './child-exit.ts';
import { closeDescriptor, makePipe, setCloseOnExec, setNonBlocking } from './descriptors.ts';
import type { Exit, SpawnOptions } from './spawn.ts';
import { spawnProcess } from './spawn.ts';

const env = { PATH: '/usr/bin:/bin' };

function exitOf(pid: number): Promise<Exit> {
  return new Promise((resolve) => onExit(pid, resolve));
}

interface Outcome {
  readonly exit: Exit;
  readonly output: string;
}

/** Runs a shell script with its output in a file. */
async function run(script: string, options: Partial<SpawnOptions> = {}): Promise<Outcome> {
  await using folder = await TemporaryFolder.create();
  const stdin = openSync('/dev/null', 'r');
  const stdout = openSync(folder.file('output'), 'w');
  const stdio = { 0: stdin, 1: stdout, 2: stdout };
  const pid = spawnProcess({
    path: '/bin/sh',
    argv: ['sh', '-c', script],
    env,
    ...options,
    stdio: { ...stdio, ...options.stdio },
  });
  closeDescriptor(stdin);
  closeDescriptor(stdout);
  const exit = await exitOf(pid);
  return { exit, output: readFileSync(folder.file('output'), 'utf8') };
}

test('A program gets its argv, environment, folder and descriptors, and its exit code is reported', async () => {
  const { exit, output } = await run('echo "$0 $FRUIT $(pwd)"; exit 7', {
    argv: ['-sh', '-c', 'echo "$0 $FRUIT $(pwd)"; exit 7'],
    env: { ...env, FRUIT: 'Apfel' },
    cwd: '/usr',
  });
  assert.deepEqual(exit, { code: 7 });
  assert.equal(output, '-sh Apfel /usr\n');
});

test('A signal that ends the program is reported, with the core dump bit', async () => {
  assert.deepEqual((await run('kill -TERM $$')).exit, { signal: constants.signals.SIGTERM, coreDumped: false });
  assert.deepEqual((await run('ulimit -c 0; kill -SEGV $$')).exit, {
    signal: constants.signals.SIGSEGV,
    coreDumped: false,
  });
});

test('Only named descriptors are open in the child, without gaps being filled', async () => {
  const { readFd, writeFd } = makePipe();
  setCloseOnExec(readFd, false);
  const { output } = await run('ls /proc/self/fd | tr "\\n" " "', { stdio: { 6: writeFd } });
  // `ls` itself opens the folder, which takes the lowest free number.
  assert.equal(output, '0 1 2 3 6 ');
  closeDescriptor(readFd);
  closeDescriptor(writeFd);
});

test('Descriptors can be exchanged: a source may have the number of another target', async () => {
  const first = makePipe();
  const second = makePipe();
  const low = Math.min(first.writeFd, second.writeFd);
  const high = Math.max(first.writeFd, second.writeFd);
  const script = `echo to-low > /proc/self/fd/${low}; echo to-high > /proc/self/fd/${high}`;
  assert.deepEqual((await run(script, { stdio: { [low]: high, [high]: low } })).exit, { code: 0 });
  const room = Buffer.alloc(20);
  const readText = (fd: number): string => {
    setNonBlocking(fd, true);
    return room.toString('utf8', 0, readSync(fd, room));
  };
  const readOf = (writeFd: number): number => (writeFd === first.writeFd ? first.readFd : second.readFd);
  assert.equal(readText(readOf(high)), 'to-low\n');
  assert.equal(readText(readOf(low)), 'to-high\n');
  for (const fd of [first.readFd, first.writeFd, second.readFd, second.writeFd]) closeDescriptor(fd);
});

test('The child starts with default signals, an empty mask and on demand a session of its own', async () => {
  const script = 'grep -E "^Sig(Blk|Ign)" /proc/self/status; echo $(ps -o sid= -p $$) $$';
  const { output } = await run(script, { newSession: true });
  const [blocked, ignored, ids] = output.trim().split('\n');
  assert.match(blocked ?? '', /^SigBlk:\s0+$/);
  assert.match(ignored ?? '', /^SigIgn:\s0+$/);
  const [sid, pid] = (ids ?? '').split(' ');
  assert.equal(sid, pid);
  const shared = await run('echo $(ps -o pgid= -p $$) $$');
  assert.notEqual(shared.output.split(' ')[0], shared.output.trim().split(' ')[1]);
});

test('A program that cannot be executed, or a folder that cannot be entered, throws', () => {
  const options = { argv: ['x'], env, stdio: {} };
  assert.throws(() => spawnProcess({ ...options, path: '/no/such/program' }), {
    code: 'ENOENT',
    syscall: 'posix_spawn',
  });
  assert.throws(() => spawnProcess({ ...options, path: '/etc/passwd' }), { code: 'EACCES' });
  assert.throws(() => spawnProcess({ ...options, path: '/bin/true', cwd: '/no/such/folder' }), { code: 'ENOENT' });
  assert.throws(() => spawnProcess({ ...options, path: '/bin/true', argv: ['a\0b'] }), { code: 'EINVAL' });
  assert.throws(() => spawnProcess({ ...options, path: '/bin/true', stdio: { 1: 12_345 } }), { code: 'EBADF' });
});

test('An exit before anybody listens is not missed', async () => {
  const pid = spawnProcess({ path: '/bin/sh', argv: ['sh', '-c', 'exit 3'], env, stdio: {} });
  const started = Date.now();
  const isZombie = (): boolean => /^State:\sZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  while (!isZombie() && Date.now() - started < 10_000) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await exitOf(pid), { code: 3 });
});

test('Many children at once are told apart, and the children of the runtime are left to it', async () => {
  const ours = Array.from({ length: 30 }, (_, code) => {
    return exitOf(spawnProcess({ path: '/bin/sh', argv: ['sh', '-c', `exit ${code}`], env, stdio: {} }));
  });
  const theirs = Array.from({ length: 10 }, async (_, code) => {
    const [exitCode] = (await once(spawnByRuntime('/bin/sh', ['-c', `exit ${100 + code}`]), 'exit')) as [number];
    return exitCode;
  });
  assert.deepEqual(
    await Promise.all(ours),
    Array.from({ length: 30 }, (_, code) => ({ code })),
  );
  assert.deepEqual(
    await Promise.all(theirs),
    Array.from({ length: 10 }, (_, code) => 100 + code),
  );
});

test('A process that is not our child is reported as ended without a known reason', async () => {
  assert.deepEqual(await exitOf(1), { code: 255 });
});
