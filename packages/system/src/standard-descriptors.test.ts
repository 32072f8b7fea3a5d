import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import type { ByteStream } from './byte-stream.ts';
import { onExit } from './child-exit.ts';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor, duplicate, makePipe, socketPair, statusFlags } from './descriptors.ts';
import { openPty } from './pty.ts';
import type { Exit } from './spawn.ts';
import { spawnProcess } from './spawn.ts';

const nonBlocking = 0o4000;
const module = new URL('./descriptor-stream.js', import.meta.url).href;

/** What `ssh host cat` does with its descriptors: 0 to 1, with back-pressure, until the end. */
const copyScript = `
  const { openDescriptor } = await import('${module}');
  const { keepStandardFlags } = await import('${new URL('./descriptors.js', import.meta.url).href}');
  keepStandardFlags();
  const input = openDescriptor(0, { readable: true, writable: false });
  const output = openDescriptor(1, { readable: false, writable: true });
  input.onData = (chunk) => { if (!output.write([chunk])) input.pause(); };
  output.onDrain = () => input.resume();
  input.onEnd = () => output.end();
  const watch = (stream) => {
    stream.onClose = (error) => { if (error) process.exitCode = 1; };
  };
  watch(input); watch(output);
  input.resume();`;

interface Streams {
  readonly stdio?: Readonly<Record<number, number>>;
  readonly terminalPath?: string;
}

/** Runs the copying program; the descriptors stay open here. */
function startCopy({ stdio = {}, ...options }: Streams): Promise<Exit> {
  const argv = [process.execPath, '-e', copyScript];
  const env = { PATH: '/usr/bin:/bin' };
  const pid = spawnProcess({ path: process.execPath, argv, env, stdio: { 2: 2, ...stdio }, ...options });
  return new Promise((resolve) => onExit(pid, resolve));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readAll(stream: ByteStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  stream.onData = (chunk) => void chunks.push(chunk);
  stream.resume();
  return new Promise((resolve) => {
    stream.onEnd = () => resolve(Buffer.concat(chunks));
  });
}

test('Standard input and output can be files', async () => {
  await using folder = await TemporaryFolder.create();
  const content = randomBytes(3 << 20);
  const input = openSync(await folder.write('input', content), 'r');
  const output = openSync(folder.file('output'), 'w');
  assert.deepEqual(await startCopy({ stdio: { 0: input, 1: output } }), { code: 0 });
  assert.equal(sha256(readFileSync(folder.file('output'))), sha256(content));
  closeDescriptor(input);
  closeDescriptor(output);
});

test('Standard input and output can be pipes, and their flags are what they were', async () => {
  const [into, out] = [makePipe(), makePipe()];
  const shared = duplicate(out.writeFd);
  const exit = startCopy({ stdio: { 0: into.readFd, 1: out.writeFd } });
  closeDescriptor(into.readFd);
  closeDescriptor(out.writeFd);
  const content = randomBytes(3 << 20);
  const writer = openDescriptor(into.writeFd);
  writer.write([content]);
  writer.end();
  const reader = openDescriptor(out.readFd);
  const result = readAll(reader);
  assert.deepEqual(await exit, { code: 0 });
  assert.equal(statusFlags(shared) & nonBlocking, 0);
  closeDescriptor(shared);
  assert.equal(sha256(await result), sha256(content));
});

test('Input of a writer that has ended before the program starts is complete', async () => {
  const [into, out] = [makePipe(), makePipe()];
  const writer = openDescriptor(into.writeFd);
  const written = new Promise((resolve) => (writer.onClose = resolve));
  writer.write([Buffer.from('early')]);
  writer.end();
  await written;
  const exit = startCopy({ stdio: { 0: into.readFd, 1: out.writeFd } });
  closeDescriptor(into.readFd);
  closeDescriptor(out.writeFd);
  assert.equal((await readAll(openDescriptor(out.readFd))).toString(), 'early');
  assert.deepEqual(await exit, { code: 0 });
});

test('Standard input can be /dev/null', async () => {
  const out = makePipe();
  const input = openSync('/dev/null', 'r');
  const exit = startCopy({ stdio: { 0: input, 1: out.writeFd } });
  closeDescriptor(out.writeFd);
  closeDescriptor(input);
  assert.equal((await readAll(openDescriptor(out.readFd))).length, 0);
  assert.deepEqual(await exit, { code: 0 });
});

test('Standard input and output can be one socket', async () => {
  const [ours, theirs] = socketPair();
  const exit = startCopy({ stdio: { 0: theirs, 1: theirs } });
  closeDescriptor(theirs);
  const content = randomBytes(3 << 20);
  const stream = openDescriptor(ours);
  const result = readAll(stream);
  stream.write([content]);
  stream.end();
  assert.equal(sha256(await result), sha256(content));
  assert.deepEqual(await exit, { code: 0 });
});

test('Standard input and output can be a terminal', async () => {
  const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  const exit = startCopy({ terminalPath: pty.path });
  const master = openDescriptor(pty.masterFd);
  const text = readAll(master);
  master.write([Buffer.from('typed\r')]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  master.write([Buffer.from([4])]);
  assert.deepEqual(await exit, { code: 0 });
  assert.equal(statusFlags(pty.slaveFd) & nonBlocking, 0);
  closeDescriptor(pty.slaveFd);
  assert.equal((await text).toString(), 'typed\r\ntyped\r\n');
  master.destroy();
});
