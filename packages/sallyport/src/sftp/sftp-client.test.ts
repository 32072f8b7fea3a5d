import assert from 'node:assert/strict';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { skipUnless, TemporaryFolder } from '@sallyport/testing';
import { startSftpProcess } from '@sallyport/testing/sftp-process';
import { ConnectionLostError, SshError } from '../errors.ts';
import { SftpClient } from './sftp-client.ts';
import { SftpError } from './sftp-error.ts';

const stock = skipUnless('openssh-sftp-server');
const latin1 = Buffer.from('gr\xfc\xdfe\n', 'latin1');

async function withStock(run: (client: SftpClient, folder: TemporaryFolder) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  await using server = startSftpProcess(folder.path);
  await using client = await SftpClient.over(server.stream, { timeoutMs: 10_000 });
  await run(client, folder);
}

test("the client does with the stock server's files what it says", stock, async () => {
  await withStock(async (client, folder) => {
    await client.mkdir('d', { attributes: { permissions: 0o700 } });
    assert.equal(statSync(folder.file('d')).mode & 0o777, 0o700);
    await client.writeFile('d/a', 'content é');
    assert.equal(readFileSync(folder.file('d/a'), 'utf8'), 'content é');
    assert.equal(Buffer.from(await client.readFile('d/a')).toString(), 'content é');
    await client.setstat('d/a', { permissions: 0o640, accessTime: 5, modificationTime: 7 });
    const status = await client.stat('d/a');
    assert.deepEqual([status.type, status.size, status.permissions, status.modificationTime], ['file', 10, 0o640, 7]);
    await client.symlink('a', 'd/link');
    assert.equal(await client.readlink('d/link'), 'a');
    assert.equal((await client.lstat('d/link')).type, 'symlink');
    assert.equal((await client.stat('d/link')).type, 'file');
    await client.hardlink('d/a', 'd/b');
    await client.writeFile('d/c', 'other');
    await client.rename('d/c', 'd/b');
    assert.equal(readFileSync(folder.file('d/b'), 'utf8'), 'other');
    await assert.rejects(client.rename('d/b', 'd/a', { legacy: true }), isError('failure', 'rename', 'd/b'));
    assert.equal(await client.realpath('d/../d'), `${folder.path}/d`);
    assert.equal(Buffer.from(await client.expandPath('~root')).toString(), '/root');
    assert.ok((await client.statvfs('.')).fragmentBytes > 0n);
    assert.equal(await client.exists('d/nothing'), false);
    const names = (await client.list('d')).map(({ name }) => name).sort();
    assert.deepEqual(names, ['a', 'b', 'link']);
    await client.remove('d/link');
    await client.rm('d', { recursive: true });
    assert.equal(existsSync(folder.file('d')), false);
  });
});

const isError =
  (code: string, operation: string, path: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SftpError, String(error));
    assert.deepEqual([error.code, error.operation, error.path], [code, operation, path]);
    return true;
  };

test('a refusal has code, operation, path and status', stock, async () => {
  await withStock(async (client) => {
    await assert.rejects(client.open('no/file'), isError('no-such-file', 'open', 'no/file'));
    await assert.rejects(client.list('no'), isError('no-such-file', 'opendir', 'no'));
    await assert.rejects(client.remove('a\nb'), (error: SftpError) =>
      error.message.includes('"a\\012b": No such file'),
    );
    assert.throws(() => client.setstat('x', { uid: 1 }), TypeError);
  });
});

test('a path with a NUL is refused here, and the session goes on', stock, async () => {
  await withStock(async (client, folder) => {
    writeFileSync(folder.file('f'), 'x');
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      stat: () => client.stat('f\0g'),
      open: () => client.writeFile('f\0g', 'y'),
      opendir: () => client.list('.\0'),
      mkdir: () => client.mkdir('\0'),
      'posix-rename': () => client.rename('f', 'g\0'),
      symlink: () => client.symlink('f\0', 'g'),
      hardlink: () => client.hardlink('f', 'g\0'),
    };
    for (const [operation, call] of Object.entries(calls)) {
      await assert.rejects(call(), (error: SftpError) => {
        assert.deepEqual([error.code, error.operation], ['no-such-file', operation]);
        return true;
      });
    }
    assert.equal(await client.exists('f\0g'), false);
    assert.equal((await client.stat('f')).size, 1);
  });
});

test('names that are no UTF-8 survive', stock, async () => {
  await withStock(async (client, folder) => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), latin1]), 'x');
    const [entry] = await client.list('.');
    assert.deepEqual(Buffer.from(entry?.nameBytes ?? ''), latin1);
    assert.equal((await client.stat(entry?.nameBytes ?? '')).size, 1);
    const found = await client.globBytes('gr*e\n');
    assert.deepEqual(
      found.map((path) => Buffer.from(path)),
      [latin1],
    );
  });
});

test('reads and writes at offsets are cut into what the server takes, and put together again', stock, async () => {
  await withStock(async (client, folder) => {
    assert.equal(client.limits.readBytes, 255 * 1024);
    const data = Buffer.alloc(3_000_000, 'abcdefghijk');
    await using file = await client.open('f', 'w+');
    await file.write(5, data);
    assert.deepEqual(readFileSync(folder.file('f')).subarray(5), data);
    assert.deepEqual(Buffer.from(await file.read(1_000_005, 2_500_000)), data.subarray(1_000_000));
    assert.equal((await file.read(9_000_000, 10)).length, 0);
    await file.sync();
    await file.setstat({ size: 3 });
    assert.equal((await file.stat()).size, 3);
  });
});

test('streams of a remote file give and take every byte in order', stock, async () => {
  await withStock(async (client, folder) => {
    const data = Buffer.from(Array.from({ length: 400_000 }, (_, i) => `${i},`).join(''));
    await using out = await client.open('f', 'w');
    const writer = out.writable({ windowBytes: 300_000 });
    for (let at = 0; at < data.length; at += 70_001) await writer.write(data.subarray(at, at + 70_001));
    await writer.end();
    await assert.rejects(writer.write('x'), /after end/);
    assert.deepEqual(readFileSync(folder.file('f')), data);
    await using back = await client.open('f');
    assert.deepEqual(Buffer.from(await back.readable().bytes()), data);
    const part = await back.readable({ start: 10, end: 300_020 }).bytes();
    assert.deepEqual(Buffer.from(part), data.subarray(10, 300_020));
    const proc = await client.readFile('/proc/self/stat');
    assert.ok(proc.length > 10);
    await assert.rejects(client.readFile('f', { limitBytes: 1000 }), (e: SshError) => e.code === 'limit-exceeded');
  });
});

test('streams of Node and of the web pipe into a remote file and out of it', stock, async () => {
  await withStock(async (client, folder) => {
    const data = Buffer.alloc(2_500_000, 'stream of bytes ');
    await folder.write('local', data);
    await using target = await client.open('node', 'w+');
    await pipeline(createReadStream(folder.file('local')), target.writable().node);
    assert.deepEqual(readFileSync(folder.file('node')), data);
    await pipeline(target.readable().node, createWriteStream(folder.file('back')));
    assert.deepEqual(readFileSync(folder.file('back')), data);
    await using other = await client.open('web', 'w');
    await target.readable({ start: 1000 }).web.pipeTo(other.writable().web);
    assert.deepEqual(readFileSync(folder.file('web')), data.subarray(1000));
    await using readOnly = await client.open('node', 'r');
    await assert.rejects(pipeline(createReadStream(folder.file('local')), readOnly.writable().node), SftpError);
  });
});

test('a stream whose write fails says so at its end, whatever succeeds later', stock, async () => {
  await withStock(async (client, folder) => {
    await client.writeFile('f', 'x');
    await using readOnly = await client.open('f', 'r');
    const writer = readOnly.writable();
    await writer.write('y').catch(() => undefined);
    await assert.rejects(writer.end(), isError('no-such-file', 'write', 'f'));
    assert.equal(readFileSync(folder.file('f'), 'utf8'), 'x');
  });
});

test('a copy at the server is equal, and a file copied to itself stays as it is', stock, async () => {
  await withStock(async (client, folder) => {
    await client.writeFile('a', 'short');
    await client.writeFile('b', 'something longer');
    await client.copy('a', 'b');
    assert.equal(readFileSync(folder.file('b'), 'utf8'), 'short');
    await client.copy('a', 'a').catch(() => undefined);
    assert.equal(readFileSync(folder.file('a'), 'utf8'), 'short');
  });
});

test('walk gives each folder before its contents and follows symlinks only when told', stock, async () => {
  await withStock(async (client, folder) => {
    await client.mkdir('t');
    await client.mkdir('t/sub');
    await client.writeFile('t/sub/f', '1');
    symlinkSync('.', folder.file('t/sub/loop'));
    const paths: string[] = [];
    for await (const { path, depth } of client.walk('t')) paths.push(`${depth} ${path}`);
    assert.deepEqual(paths.sort(), ['1 t/sub', '2 t/sub/f', '2 t/sub/loop']);
    let followed = 0;
    for await (const entry of client.walk('t', { followSymlinks: true })) followed = Math.max(followed, entry.depth);
    // The system ends a chain of 40 symlinks.
    assert.equal(followed, 42);
    assert.deepEqual(await client.glob('t/*/[e-g]'), ['t/sub/f']);
    assert.deepEqual(await client.glob(`${folder.path}/*/none*`), []);
  });
});

test('a call that is given up rejects, and the session goes on', stock, async () => {
  await withStock(async (client) => {
    const controller = new AbortController();
    const opening = client.open('.', 'r', { signal: controller.signal });
    controller.abort();
    await assert.rejects(opening, (error: SshError) => error.code === 'aborted');
    assert.equal((await client.stat('.')).type, 'directory');
  });
});

test('the loss of the server rejects everything that is pending, with one error', stock, async () => {
  await using folder = await TemporaryFolder.create();
  await using server = startSftpProcess(folder.path);
  const client = await SftpClient.over(server.stream);
  const file = await client.open('f', 'w');
  const pending = [client.stat('.'), file.write(0, new Uint8Array(5_000_000)), client.list('.')];
  process.kill(server.pid, 'SIGKILL');
  for (const promise of pending) await assert.rejects(promise, ConnectionLostError);
  await assert.rejects(client.stat('.'), ConnectionLostError);
  assert.ok((await client.closed) instanceof ConnectionLostError);
});

test('after end() nothing is pending and nothing can be asked', stock, async () => {
  await using folder = await TemporaryFolder.create();
  await using server = startSftpProcess(folder.path);
  const client = await SftpClient.over(server.stream);
  const asked = client.stat('.');
  const ended = client.end();
  await assert.rejects(asked, (error: SshError) => error.code === 'closed');
  await ended;
  assert.equal(await client.closed, undefined);
  await assert.rejects(client.stat('.'), (error: SshError) => error.code === 'closed');
  assert.deepEqual(await server.exited, { code: 0 });
});
