// The program sftp-server: what it answers, logs and ends with, beside the stock one where that is installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { init, openFlags, requestPackets } from '@sallyport/protocol/sftp/packets';
import { Writer } from '@sallyport/protocol/wire/writer';
import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, setNonBlocking, socketPair } from '@sallyport/system/descriptors';
import { spawnProcess } from '@sallyport/system/spawn';
import { findProgram, ourProgram, ownAccount, runProgram, TemporaryFolder } from '@sallyport/testing';
import { SftpDriver } from '@sallyport/testing/sftp-driver';

const ours = ourProgram('sftp-server');
const stock = findProgram('/usr/lib/openssh/sftp-server');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const { read, write, create, truncate, exclusive } = openFlags;

/** Ends by itself when its client is gone, which is when it is disposed of. */
interface Server extends Disposable {
  readonly client: SftpDriver;
  readonly pid: number;
  readonly status: Promise<number | undefined>;
}

interface Start {
  readonly program: 'ours' | 'stock';
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly errorFile: string;
  readonly nonBlocking?: boolean;
}

async function start({ program, argv, cwd, errorFile, nonBlocking }: Start): Promise<Server> {
  const [ourEnd, theirs] = socketPair('stream');
  if (nonBlocking === true) setNonBlocking(theirs, true);
  const errorFd = fs.openSync(errorFile, 'w');
  const pid = spawnProcess({
    path: program === 'ours' ? ours : (stock as string),
    argv: ['sftp-server', ...argv],
    env: { PATH: '/usr/bin:/bin', HOME: dirname(errorFile), SSH_CONNECTION: '192.0.2.9 1234 192.0.2.1 22', TZ: 'UTC' },
    cwd,
    stdio: { 0: theirs, 1: theirs, 2: errorFd },
    newSession: false,
  });
  closeDescriptor(theirs);
  closeDescriptor(errorFd);
  const status = new Promise<number | undefined>((resolve) =>
    onExit(pid, (exit) => resolve('code' in exit ? exit.code : undefined)),
  );
  const client = new SftpDriver(openDescriptor(ourEnd));
  await client.ready;
  return { client, pid, status, [Symbol.dispose]: () => client.stream.destroy() };
}

type Note = (what: string, asked: ReturnType<SftpDriver['request']>) => Promise<void>;

/** Notes answers in words that do not depend on handles, times of now and inodes. */
function noteInto(said: string[], folder: string): Note {
  return async (what, asked) => {
    const reply = await asked;
    if (reply.kind === 'handle') said.push(`${what}: handle`);
    else if (reply.kind === 'status') said.push(`${what}: ${reply.code} ${reply.text}`);
    else if (reply.kind === 'names') {
      const names = reply.entries.map(({ longName, attributes }) => {
        const { accessTime: _, modificationTime: __, size, ...kept } = attributes;
        const isFolder = ((kept.permissions ?? 0) & 0o170000) === 0o040000;
        // The minute of one server may be over when the other is asked.
        const line = Buffer.from(longName)
          .toString('latin1')
          .replace(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d/, 'now');
        return `${isFolder ? line.replace(/ +\d+ +\S+ +\S+ +\d+/, '') : `${line} ${size}`} ${JSON.stringify(kept)}`;
      });
      said.push(`${what}: ${names.sort().join('; ').replaceAll(folder, '')}`);
    } else if (reply.kind === 'attributes') {
      const { accessTime: _, modificationTime: time, size, ...kept } = reply.attributes;
      said.push(`${what}: ${size} ${time === 1_000_000_000 ? time : 'now'} ${JSON.stringify(kept)}`);
    } else if (reply.kind === 'data') said.push(`${what}: ${Buffer.from(reply.data).toString('latin1')}`);
    else said.push(`${what}: ${reply.fields.length} bytes`);
  };
}

const times = { accessTime: 86_400, modificationTime: 1_000_000_000 };
const oddName = 'a\xff\nb "c"';

function opened(client: SftpDriver, path: string, flags: number): Promise<Uint8Array> {
  return client.handle(client.request('open', { path: bytes(path), flags, attributes: { permissions: 0o644 } }));
}

async function askOfFiles(client: SftpDriver, note: Note): Promise<void> {
  const handle = await opened(client, oddName, read | write | create | truncate);
  await note('write', client.write(handle, 5n, bytes('hello')));
  await note('read', client.request('read', { handle, offset: 3n, length: 100 }));
  await note('read at end', client.request('read', { handle, offset: 10n, length: 100 }));
  await note('read nothing', client.request('read', { handle, offset: 0n, length: 0 }));
  await note('fsetstat', client.request('fsetstat', { handle, attributes: { ...times, permissions: 0o100640 } }));
  await note('fstat', client.request('fstat', { handle }));
  await note('fsync', client.extension('fsync', { handle }));
  await note('fstatvfs', client.extension('fstatvfs', { handle }));
  await note('close', client.request('close', { handle }));
  const full = await opened(client, '/dev/full', write);
  await note('write to a full device', client.write(full, 0n, bytes('x')));
  await note('close of a full device', client.request('close', { handle: full }));
  await note('read of closed', client.request('read', { handle, offset: 0n, length: 1 }));
}

async function askOfPaths(client: SftpDriver, note: Note): Promise<void> {
  const make = { path: bytes('dir'), attributes: { permissions: 0o750 } };
  await note('mkdir', client.request('mkdir', make));
  await note('mkdir again', client.request('mkdir', make));
  for (const [target, link] of [
    ['dir', 'link'],
    ['nowhere', 'dangling'],
    ['loop', 'loop'],
  ] as const)
    await note('symlink', client.request('symlink', { target: bytes(target), link: bytes(link) }));
  const names = ['', '.', '/', 'missing', oddName, `${oddName}/x`, 'dir', 'dir/', 'dir/..', 'link', 'dangling', 'loop'];
  for (const name of names) {
    const path = bytes(name);
    if (!['/', '.', 'dir/..'].includes(name)) {
      await note(`lstat ${name}`, client.request('lstat', { path }));
      await note(`stat ${name}`, client.request('stat', { path }));
    }
    await note(`realpath ${name}`, client.request('realpath', { path }));
    await note(`readlink ${name}`, client.request('readlink', { path }));
    await note(`expand ${name}`, client.extension('expandPath', { path }));
  }
  for (const path of ['~', '~/', '~/dir', '~root', '~root/x', '~nobody-of-that-name'])
    await note(`expand ${path}`, client.extension('expandPath', { path: bytes(path) }));
}

async function askOfChanges(client: SftpDriver, note: Note): Promise<void> {
  await note('close', client.request('close', { handle: await opened(client, 'other', write | create) }));
  for (const flags of [create | exclusive | write, read | write, write | create | truncate])
    await note(`open ${flags}`, client.request('open', { path: bytes('link'), flags, attributes: {} }));
  for (const [from, to] of [
    ['other', 'link'],
    ['other', 'other'],
    ['missing', 'x'],
    ['dir', 'other'],
    ['other', 'other2'],
    ['dir', 'dir2'],
    ['other2', 'missing/x'],
  ] as const)
    await note(`rename ${from} ${to}`, client.request('rename', { from: bytes(from), to: bytes(to) }));
  await note('posix-rename', client.extension('posixRename', { from: bytes('other2'), to: bytes('third') }));
  await note('hardlink', client.extension('hardlink', { from: bytes('third'), to: bytes('fourth') }));
  await note('hardlink', client.extension('hardlink', { from: bytes('third'), to: bytes('fourth') }));
  await note('lsetstat', client.extension('lsetstat', { path: bytes('dangling'), attributes: times }));
  await note('lsetstat size', client.extension('lsetstat', { path: bytes('third'), attributes: { size: 4n } }));
  await note('setstat', client.request('setstat', { path: bytes('third'), attributes: { ...times, size: 7n } }));
  await note('setstat missing', client.request('setstat', { path: bytes('missing'), attributes: { size: 7n } }));
  const [one, two] = [await opened(client, 'third', read), await opened(client, 'copy', write | create)];
  const copy = { readHandle: one, readOffset: 0n, length: 0n, writeHandle: two, writeOffset: 1n };
  await note('copy', client.extension('copyData', copy));
  await note('copy to itself', client.extension('copyData', { ...copy, writeHandle: one }));
  await client.request('fsetstat', { handle: two, attributes: times });
}

/** What a server answers to everything. The last file stays open. */
async function answers(client: SftpDriver, folder: string): Promise<string[]> {
  const said: string[] = [...client.extensions].map(([name, data]) => `${name} ${Buffer.from(data).toString()}`);
  const note = noteInto(said, folder);
  await askOfFiles(client, note);
  await askOfPaths(client, note);
  await askOfChanges(client, note);
  const handle = await client.handle(client.request('opendir', { path: bytes('.') }));
  await note('readdir', client.request('readdir', { handle }));
  await note('readdir at end', client.request('readdir', { handle }));
  await note('opendir of a file', client.request('opendir', { path: bytes('third') }));
  await note('remove dir', client.request('remove', { path: bytes('dir2') }));
  await note('rmdir file', client.request('rmdir', { path: bytes('third') }));
  await note('rmdir', client.request('rmdir', { path: bytes('dir2') }));
  await note('statvfs', client.extension('statvfs', { path: bytes('.') }));
  await note('limits', client.extension('limits', {}));
  await note('home', client.extension('homeDirectory', { user: bytes(ownAccount().name) }));
  await note('users', client.extension('usersGroupsById', { users: [0, 1, 54_321], groups: [] }));
  return said;
}

test('answers and log lines are those of OpenSSH’s sftp-server', {
  skip: stock === undefined ? 'no stock sftp-server' : false,
}, async () => {
  const results = [];
  for (const program of ['stock', 'ours'] as const) {
    await using folder = await TemporaryFolder.create();
    fs.mkdirSync(folder.file('served'));
    const errorFile = folder.file('log');
    using server = await start({
      program,
      argv: ['-e', '-l', 'VERBOSE', '-u', '027'],
      cwd: folder.file('served'),
      errorFile,
    });
    const said = await answers(server.client, folder.file('served'));
    server.client.stream.end();
    assert.equal(await server.status, 0);
    results.push({ said, log: fs.readFileSync(errorFile, 'latin1').replaceAll(folder.path, '').split('\r\n') });
  }
  const [theirs, ours] = results;
  assert.deepEqual(ours?.said, theirs?.said);
  // A newline in a name stays one in theirs.
  assert.deepEqual(
    ours?.log.map((line) => line.replaceAll('\\012', '\n')),
    theirs?.log,
  );
});

test('the start folder, its tokens, -u and lists of requests do what they say', async () => {
  await using folder = await TemporaryFolder.create();
  const errorFile = folder.file('log');
  const argv = ['-e', '-d', `${folder.path}/%u`, '-p', 'open,realpath', '-P', 'open', '-u', '077', 'ignored'];
  using server = await start({ program: 'ours', argv, cwd: '/', errorFile });
  const { client } = server;
  const reply = await client.request('realpath', { path: bytes('.') });
  // There is no folder of that name, so it stays where it was, and says so.
  assert.ok(reply.kind === 'names' && Buffer.from(reply.entries[0]?.name ?? []).toString() === '/');
  const complaint = fs.readFileSync(errorFile, 'utf8');
  const user = process.getuid?.() === 0 ? 'root' : os.userInfo().username;
  assert.equal(complaint, `chdir to "${folder.file(user)}" failed: No such file or directory\r\n`);
  assert.deepEqual([...client.extensions.keys()], []);
  assert.equal(await client.code(client.request('open', { path: bytes('x'), flags: 1, attributes: {} })), 3);
  assert.equal(await client.code(client.request('stat', { path: bytes('/') })), 3);
  client.stream.end();
  assert.equal(await server.status, 0);
  fs.mkdirSync(folder.file(user));
  using inside = await start({ program: 'ours', argv: ['-d', `${folder.path}/%u`], cwd: '/', errorFile });
  const found = await inside.client.extension('expandPath', { path: bytes('~') });
  assert.ok(found.kind === 'names');
  assert.equal(Buffer.from(found.entries[0]?.name ?? []).toString(), fs.realpathSync(folder.file(user)));
  inside.client.stream.end();
  assert.equal(await inside.status, 0);
});

test('requests that nobody knows are refused and logged in OpenSSH’s words', async () => {
  const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();
  const name = `${'long '.repeat(30)}@example.com`;
  const input = Buffer.concat([
    framed(init.encode({ version: 3, extensions: [] })),
    framed(requestPackets.extended.encode({ id: 6, extension: name, fields: bytes('anything') })),
    framed(new Writer().byte(99).uint32(5).string('what').bytes()),
  ]);
  const { code, stdout, stderr } = await runProgram(ours, ['-e', '-l', 'ERROR'], { input });
  assert.equal(code, 0);
  assert.equal(stdout.toString('latin1').split('Operation unsupported').length - 1, 2);
  assert.equal(stderr, `Unknown extended request "${'long '.repeat(20)}"\r\nUnknown message 99\r\n`);
});

test('a client that breaks the protocol gets status 11, one that is gone 1', async () => {
  await using folder = await TemporaryFolder.create();
  const errorFile = folder.file('log');
  using server = await start({ program: 'ours', argv: ['-e'], cwd: folder.path, errorFile });
  server.client.stream.write([Uint8Array.of(0, 0, 0, 0)]);
  assert.equal(await server.status, 11);
  assert.match(fs.readFileSync(errorFile, 'utf8'), /^bad message from 192\.0\.2\.9 local user \S+\r\n$/);
  const early = await runProgram(ours, ['-e'], { input: Uint8Array.of(0, 0, 0, 5, 17, 0, 0, 0, 3) });
  assert.equal(early.code, 11);
});

test('descriptors that somebody left non-blocking serve as well', async () => {
  await using folder = await TemporaryFolder.create();
  await folder.write('big', Buffer.alloc(3_000_000, 'not blocking '));
  const errorFile = folder.file('log');
  using server = await start({ program: 'ours', argv: [], cwd: folder.path, errorFile, nonBlocking: true });
  const { client } = server;
  const handle = await client.handle(client.request('open', { path: bytes('big'), flags: read, attributes: {} }));
  client.stream.pause();
  const parts = Array.from({ length: 30 }, (_, i) =>
    client.request('read', { handle, offset: BigInt(i * 100_000), length: 100_000 }),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  client.stream.resume();
  const data = Buffer.concat((await Promise.all(parts)).map((part) => (part.kind === 'data' ? part.data : bytes('?'))));
  assert.deepEqual(data, fs.readFileSync(folder.file('big')));
  client.stream.end();
  assert.equal(await server.status, 0);
});

test('kill -9 in the middle of a write leaves what was written, and nothing running', async () => {
  await using folder = await TemporaryFolder.create();
  using server = await start({ program: 'ours', argv: [], cwd: folder.path, errorFile: folder.file('log') });
  const { client } = server;
  const handle = await client.handle(
    client.request('open', { path: bytes('f'), flags: write | create, attributes: {} }),
  );
  const data = Buffer.alloc(200_000, 1);
  const replies = Array.from({ length: 20 }, (_, i) => client.write(handle, BigInt(i * data.length), data));
  await replies[0];
  process.kill(server.pid, 'SIGKILL');
  const settled = await Promise.allSettled(replies);
  const confirmed = settled.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(confirmed >= 1 && fs.statSync(folder.file('f')).size >= confirmed * data.length);
  await server.status;
});

test('a full disk and a read-only one are answered with a failure, and the server goes on', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('mounting needs root');
  await using folder = await TemporaryFolder.create();
  const small = folder.file('small');
  fs.mkdirSync(small);
  const mount = (...argv: string[]): Promise<number | null> =>
    new Promise((resolve) => spawn('mount', argv, { stdio: 'ignore' }).once('exit', resolve));
  if ((await mount('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small)) !== 0)
    return context.skip('mount is not allowed');
  try {
    using server = await start({ program: 'ours', argv: ['-e'], cwd: small, errorFile: folder.file('log') });
    const { client } = server;
    const open = (): Promise<Uint8Array> =>
      client.handle(client.request('open', { path: bytes('f'), flags: write | create, attributes: {} }));
    const handle = await open();
    const codes = [];
    for (let i = 0; i < 5; i++)
      codes.push(await client.code(client.write(handle, BigInt(i * 100_000), new Uint8Array(100_000))));
    assert.deepEqual(codes.slice(0, 2), [0, 0]);
    assert.ok(
      codes.slice(2).every((code) => code === 4),
      codes.join(),
    );
    assert.equal(await client.code(client.request('close', { handle })), 0);
    await mount('-o', 'remount,ro', small);
    assert.equal(
      await client.code(client.request('open', { path: bytes('g'), flags: write | create, attributes: {} })),
      4,
    );
    assert.equal(await client.code(client.request('remove', { path: bytes('f') })), 4);
    assert.equal((await client.request('stat', { path: bytes('f') })).kind, 'attributes');
    client.stream.end();
    assert.equal(await server.status, 0);
    const reason = 'process_write: write "f": No space left on device\r\n';
    assert.equal(fs.readFileSync(folder.file('log'), 'latin1'), reason.repeat(3));
  } finally {
    await new Promise((resolve) => spawn('umount', ['-l', small], { stdio: 'ignore' }).once('exit', resolve));
  }
});

test('wrong calls end with OpenSSH’s words and statuses', async () => {
  const calls: readonly (readonly [string[], string, number])[] = [
    [['-Q', 'foo'], 'Invalid query type\n', 1],
    [['-l', 'bad'], 'Unrecognized internal syslog level code -1\n', 1],
    [['-f', 'bad'], 'Unrecognized internal syslog facility code -1\n', 1],
    [['-u', '9'], 'Invalid umask "9"\n', 255],
    [['-u', '1000'], 'Invalid umask "1000"\n', 255],
    [['-p', 'a', '-p', 'b'], 'Permitted requests already set\n', 255],
    [['-P', 'a', '-P', 'b'], 'Refused requests already set\n', 255],
  ];
  for (const [argv, stderr, code] of calls) {
    const result = await runProgram(ours, argv);
    assert.deepEqual([result.stderr, result.code], [stderr, code], argv.join(' '));
  }
  for (const argv of [['-z'], ['-h'], ['-d']]) {
    const { stderr, code } = await runProgram(ours, argv);
    assert.match(stderr, /^usage: sftp-server \[-ehR\]/);
    assert.equal(code, 1);
  }
  const { stdout } = await runProgram(ours, ['-Q', 'requests']);
  assert.match(stdout.toString(), /^open\nclose\nread\n[\s\S]*\nusers-groups-by-id\n$/);
});
