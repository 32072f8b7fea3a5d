import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { fileSystemFields, limitFields, nameLists } from '@sallyport/protocol/sftp/extensions';
import { openFlags } from '@sallyport/protocol/sftp/packets';
import { statusCodes } from '@sallyport/protocol/sftp/status';
import { openBelow } from '@sallyport/testing/open-descriptors';
import { SftpDriver } from '@sallyport/testing/sftp-driver';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { memoryStreams } from '../driver/memory-stream.ts';
import { sendsLinkFirst } from './link-order.ts';
import { localFileSystem } from './local-file-system.ts';
import { serveSftp } from './serve-sftp.ts';
import type { SftpServerOptions } from './sftp-session.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const { read, write, create, truncate, append, exclusive } = openFlags;
const none = new Uint8Array(0);

interface Served extends AsyncDisposable {
  readonly client: SftpDriver;
  readonly folder: TemporaryFolder;
  readonly lines: string[];
  readonly done: Promise<void>;
}

async function serve(options: SftpServerOptions & { readonly blocking?: boolean } = {}): Promise<Served> {
  const folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path, blocking: options.blocking ?? false });
  const [ours, theirs] = memoryStreams();
  const lines: string[] = [];
  const log = ({ level, text }: LogLine): void => void lines.push(`${level} ${text}`);
  const done = serveSftp(ours, served, { log, peer: { user: 'me', address: '192.0.2.7' }, ...options });
  done.catch(() => undefined);
  const client = new SftpDriver(theirs);
  await client.ready;
  const end = async (): Promise<void> => {
    theirs.destroy();
    await done.catch(() => undefined);
    served.close();
    await folder[Symbol.asyncDispose]();
  };
  return { client, folder, lines, done, [Symbol.asyncDispose]: end };
}

const openFile = (client: SftpDriver, path: string, flags: number): Promise<Uint8Array> =>
  client.handle(client.request('open', { path: bytes(path), flags, attributes: {} }));

test('the server announces OpenSSH’s extensions with their versions', async () => {
  await using served = await serve();
  const said = [...served.client.extensions].map(([name, data]) => `${name}=${Buffer.from(data).toString()}`);
  assert.deepEqual(said, [
    'posix-rename@openssh.com=1',
    'statvfs@openssh.com=2',
    'fstatvfs@openssh.com=2',
    'hardlink@openssh.com=1',
    'fsync@openssh.com=1',
    'lsetstat@openssh.com=1',
    'limits@openssh.com=1',
    'expand-path@openssh.com=1',
    'copy-data=1',
    'home-directory=1',
    'users-groups-by-id@openssh.com=1',
  ]);
});

for (const blocking of [false, true]) {
  test(`files are written, read and copied as asked${blocking ? ', blocking' : ''}`, async () => {
    await using served = await serve({ blocking });
    const { client } = served;
    const handle = await openFile(client, 'f', read | write | create | truncate);
    const data = Buffer.alloc(700_000, 'sallyport ');
    const parts = [0, 250_000, 500_000];
    const written = parts.map((at) => client.write(handle, BigInt(at), data.subarray(at, at + 250_000)));
    for (const reply of written) assert.equal(await client.code(reply), statusCodes.ok);
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        client.request('read', { handle, offset: BigInt(i * 20_000), length: 20_000 }),
      ),
    );
    const chunks = replies.map((reply) => (reply.kind === 'data' ? reply.data : none));
    assert.deepEqual(Buffer.concat(chunks), data);
    assert.ok(replies.slice(35).every((reply) => reply.kind === 'status' && reply.code === statusCodes.endOfFile));
    const copy = await openFile(client, 'copy', write | create);
    const whole = { readHandle: handle, readOffset: 10n, length: 0n, writeHandle: copy, writeOffset: 5n };
    assert.equal(await client.code(client.extension('copyData', whole)), statusCodes.ok);
    assert.deepEqual(fs.readFileSync(served.folder.file('copy')).subarray(5), data.subarray(10));
    const beyond = client.extension('copyData', { ...whole, length: 800_000n });
    assert.equal(await client.code(beyond), statusCodes.endOfFile);
    fs.linkSync(served.folder.file('f'), served.folder.file('g'));
    for (const other of [handle, await openFile(client, 'f', write), await openFile(client, 'g', write)]) {
      const same = client.extension('copyData', { ...whole, writeHandle: other });
      assert.equal(await client.code(same), statusCodes.failure, 'a copy of a file to itself');
    }
    assert.equal(await client.code(client.extension('fsync', { handle })), statusCodes.ok);
    assert.equal(await client.code(client.request('close', { handle })), statusCodes.ok);
  });
}

test('errors are answered with the codes of OpenSSH’s server', async () => {
  await using served = await serve();
  const { client, folder } = served;
  await folder.write('file', 'x');
  fs.mkdirSync(folder.file('full/x'), { recursive: true });
  const code = (reply: ReturnType<SftpDriver['request']>): Promise<number> => client.code(reply);
  const path = bytes('file');
  const attributes = {};
  assert.equal(await code(client.request('stat', { path: bytes('missing') })), statusCodes.noSuchFile);
  assert.equal(await code(client.request('stat', { path: bytes('file/x') })), statusCodes.noSuchFile);
  assert.equal(await code(client.request('stat', { path: bytes('a\0b') })), statusCodes.badMessage);
  assert.equal(await code(client.request('lstat', { path: bytes('n'.repeat(4097)) })), statusCodes.badMessage);
  assert.equal(await code(client.request('mkdir', { path, attributes })), statusCodes.failure);
  assert.equal(await code(client.request('rmdir', { path: bytes('full') })), statusCodes.failure);
  assert.equal(await code(client.request('remove', { path: bytes('full') })), statusCodes.failure);
  assert.equal(await code(client.request('readlink', { path })), statusCodes.badMessage);
  assert.equal(await code(client.request('opendir', { path })), statusCodes.noSuchFile);
  const excl = client.request('open', { path, flags: write | create | exclusive, attributes });
  assert.equal(await code(excl), statusCodes.failure);
  const size = client.extension('lsetstat', { path, attributes: { size: 9n, accessTime: 4, modificationTime: 5 } });
  assert.equal(await code(size), statusCodes.badMessage);
  assert.equal(fs.statSync(folder.file('file')).mtimeMs, 5000);
  assert.equal(fs.statSync(folder.file('file')).size, 1);
  const user = client.extension('expandPath', { path: bytes('~no-such-user/x') });
  assert.equal(await code(user), statusCodes.noSuchFile);
});

test('handles that are forged, closed, empty of meaning or of another kind are refused', async () => {
  await using served = await serve();
  const { client, folder } = served;
  await folder.write('file', 'data');
  const handle = await openFile(client, 'file', read);
  const directory = await client.handle(client.request('opendir', { path: bytes('/') }));
  await client.request('close', { handle });
  const again = await openFile(client, 'file', read);
  assert.notDeepEqual(again, handle);
  const forged = [handle, directory, bytes('x'), new Uint8Array(8), new Uint8Array(256), again.slice(0, 7)];
  for (const bad of forged) {
    const ask = [
      client.request('read', { handle: bad, offset: 0n, length: 1 }),
      client.write(bad, 0n, bytes('x')),
      client.request('fstat', { handle: bad }),
      client.request('fsetstat', { handle: bad, attributes: { size: 0n } }),
      client.extension('fsync', { handle: bad }),
      client.extension('fstatvfs', { handle: bad }),
    ];
    for (const reply of ask) assert.equal(await client.code(reply), statusCodes.failure);
    if (bad !== directory)
      assert.equal(await client.code(client.request('readdir', { handle: bad })), statusCodes.failure);
  }
  assert.equal(await client.code(client.request('readdir', { handle: again })), statusCodes.failure);
  assert.equal(await client.code(client.request('close', { handle: bytes('nothing!') })), statusCodes.failure);
  assert.equal(fs.readFileSync(folder.file('file'), 'utf8'), 'data');
});

test('reads at any position and of any length are answered within 255 KiB', async () => {
  await using served = await serve();
  const { client, folder } = served;
  await folder.write('file', Buffer.alloc(1_000_000, 7));
  const handle = await openFile(client, 'file', read);
  const ask = async (offset: bigint, length: number): Promise<number> => {
    const reply = await client.request('read', { handle, offset, length });
    return reply.kind === 'data' ? reply.data.length : reply.kind === 'status' ? -reply.code : 999;
  };
  assert.equal(await ask(0n, 0xffffffff), 261_120);
  assert.equal(await ask(0n, 0), 0);
  assert.equal(await ask(999_990n, 100), 10);
  assert.equal(await ask(1_000_000n, 1), -statusCodes.endOfFile);
  assert.equal(await ask(1n << 62n, 1), -statusCodes.endOfFile);
  assert.equal(await ask(1n << 63n, 1), -statusCodes.badMessage);
  assert.equal(await ask((1n << 64n) - 1n, 0xffffffff), -statusCodes.badMessage);
});

test('SYMLINK has the target first, or the link where the client has it so', async () => {
  for (const linkFirst of [false, true]) {
    await using served = await serve({ linkFirst });
    const { client, folder } = served;
    const [target, link] = linkFirst ? ['made', 'to'] : ['to', 'made'];
    const asked = client.request('symlink', { target: bytes(target ?? ''), link: bytes(link ?? '') });
    assert.equal(await client.code(asked), statusCodes.ok);
    assert.equal(fs.readlinkSync(folder.file('made')), 'to');
  }
  const clients = [
    'SSH-2.0-ssh2js1.17.0',
    'SSH-2.0-AsyncSSH_2.10.1',
    'SSH-2.0-OpenSSH_9.2p1',
    'SSH-2.0-paramiko_2.12.0',
  ];
  assert.deepEqual(clients.map(sendsLinkFirst), [true, true, false, false]);
});

test('a read-only server changes nothing, whatever it is asked', async () => {
  await using served = await serve({ readOnly: true });
  const { client, folder, lines } = served;
  await folder.write('file', 'data', 0o644);
  const path = bytes('file');
  const attributes = { size: 0n, permissions: 0o777 };
  const handle = await openFile(client, 'file', read);
  const pair = { from: path, to: bytes('new') };
  const copy = { readHandle: handle, readOffset: 0n, length: 0n, writeHandle: handle, writeOffset: 0n };
  for (const flags of [
    write,
    create,
    read | create,
    truncate,
    read | truncate,
    append | write,
    read | write | exclusive,
  ])
    assert.equal(
      await client.code(client.request('open', { path, flags, attributes: {} })),
      statusCodes.permissionDenied,
    );
  const attempt = lines.indexOf('info open "file" flags WRITE mode 0666');
  assert.equal(lines[attempt + 1], 'verbose Refusing open request in read-only mode');
  const requests = [
    client.write(handle, 0n, bytes('changed')),
    client.request('setstat', { path, attributes }),
    client.request('fsetstat', { handle, attributes }),
    client.request('remove', { path }),
    client.request('mkdir', { path: bytes('dir'), attributes: {} }),
    client.request('rmdir', { path: bytes('/') }),
    client.request('rename', pair),
    client.request('symlink', { target: path, link: bytes('new') }),
    client.extension('posixRename', pair),
    client.extension('hardlink', pair),
    client.extension('lsetstat', { path, attributes }),
    client.extension('fsync', { handle }),
    client.extension('copyData', copy),
  ];
  for (const reply of requests) assert.equal(await client.code(reply), statusCodes.permissionDenied);
  assert.deepEqual(fs.readdirSync(folder.path), ['file']);
  assert.equal(fs.readFileSync(folder.file('file'), 'utf8'), 'data');
  assert.equal(fs.statSync(folder.file('file')).mode & 0o777, 0o644);
  assert.deepEqual([...client.extensions.keys()].slice(0, 3), [
    'statvfs@openssh.com',
    'fstatvfs@openssh.com',
    'limits@openssh.com',
  ]);
  assert.ok(lines.includes('verbose Refusing mkdir request in read-only mode'));
});

test('requests are refused by name, and what is refused is not announced', async () => {
  await using served = await serve({ allow: ['open', 'stat', 'statvfs', 'limits'], deny: ['statvfs'] });
  const { client, lines } = served;
  assert.deepEqual([...client.extensions.keys()], ['limits@openssh.com']);
  assert.equal(await client.code(client.request('stat', { path: bytes('/') })), -1);
  const refused = [client.request('lstat', { path: bytes('/') }), client.extension('statvfs', { path: bytes('/') })];
  for (const reply of refused) assert.equal(await client.code(reply), statusCodes.permissionDenied);
  assert.ok(lines.includes('verbose Refusing non-allowlisted lstat request'));
  assert.ok(lines.includes('verbose Refusing denylisted statvfs request'));
});

test('what is done is logged in OpenSSH’s words, names escaped', async () => {
  const served = await serve();
  const { client, lines } = served;
  const handle = await openFile(client, 'a\n"b\\\x1b', read | write | create);
  await client.write(handle, 0n, bytes('12345'));
  await client.request('fsetstat', { handle, attributes: { permissions: 0o100600, uid: 0, gid: 0 } });
  await client.request('read', { handle, offset: 1n << 63n, length: 1 });
  await client.request('close', { handle });
  await client.request('mkdir', { path: bytes('d'), attributes: { permissions: 0o755 } });
  await client.request('remove', { path: bytes('d') });
  await client.request('opendir', { path: bytes('d') });
  await served[Symbol.asyncDispose]();
  const name = '"a\\012"b\\\\\\033"';
  const setOwner = lines.find((line) => line.includes('owner'));
  assert.equal(setOwner, `info set ${name} owner 0 group 0`);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('info') && !line.includes('sent status')),
    [
      'info session opened for local user me from [192.0.2.7]',
      `info open ${name} flags READ,WRITE,CREATE mode 0666`,
      `info set ${name} mode 100600`,
      setOwner,
      `info close ${name} bytes read 0 written 5`,
      'info mkdir name "d" mode 0755',
      'info remove name "d"',
      'info opendir "d"',
      'info forced closedir "d"',
      'info session closed for local user me from [192.0.2.7]',
    ],
  );
  assert.ok(lines.includes(`error process_read: read ${name}: Invalid argument`), lines.join('\n'));
  assert.ok(lines.includes('info sent status Failure'));
});

test('the extensions that answer with numbers and names answer', async () => {
  await using served = await serve({ maximumHandles: 77 });
  const { client, folder } = served;
  const limits = await client.extension('limits', {});
  assert.ok(limits.kind === 'extended');
  assert.deepEqual(limitFields.decode(limits.fields), {
    packetBytes: 262_144n,
    readBytes: 261_120n,
    writeBytes: 261_120n,
    openHandles: 77n,
  });
  const room = await client.extension('statvfs', { path: bytes('/') });
  assert.ok(room.kind === 'extended' && fileSystemFields.decode(room.fields).blocks > 0n);
  const ids = await client.extension('usersGroupsById', { users: [0, 4_000_000_000], groups: [0] });
  assert.ok(ids.kind === 'extended');
  const { users, groups } = nameLists.decode(ids.fields);
  assert.deepEqual(Buffer.concat([...users, bytes(','), ...groups]).toString(), 'root,root');
  fs.mkdirSync(folder.file('sub'));
  for (const [asked, answer] of [
    ['~', '/'],
    ['~/', '/'],
    ['~/sub', '/sub'],
    ['~//sub/../x', '/x'],
    ['', '/'],
    ['sub/.', '/sub'],
  ] as const) {
    const reply = await client.extension('expandPath', { path: bytes(asked) });
    assert.ok(reply.kind === 'names');
    assert.equal(Buffer.from(reply.entries[0]?.name ?? none).toString(), answer);
  }
  const home = await client.extension('homeDirectory', { user: none });
  assert.ok(home.kind === 'names' && home.entries[0]?.name.join() === '47');
});

test('more than as many handles as allowed fail, and closing one makes room', async () => {
  await using served = await serve({ maximumHandles: 3 });
  const { client, folder } = served;
  await folder.write('file', '');
  const before = openBelow(folder.path);
  const handles = [];
  for (let i = 0; i < 3; i++) handles.push(await openFile(client, 'file', read));
  for (let i = 0; i < 20; i++) {
    const more = client.request('open', { path: bytes('file'), flags: read, attributes: {} });
    assert.equal(await client.code(more), statusCodes.failure);
  }
  assert.equal(openBelow(folder.path), before + 3);
  await client.request('close', { handle: handles[0] as Uint8Array });
  await openFile(client, 'file', read);
});

test('long work lets the rest of the process have its turn', async () => {
  await using served = await serve();
  const { client, folder } = served;
  await folder.write('big', Buffer.alloc(64 * 1024 * 1024));
  const readHandle = await openFile(client, 'big', read);
  const writeHandle = await openFile(client, 'copy', write | create);
  let turns = 0;
  const count = setInterval(() => turns++, 1);
  const copy = { readHandle, readOffset: 0n, length: 0n, writeHandle, writeOffset: 0n };
  assert.equal(await client.code(client.extension('copyData', copy)), statusCodes.ok);
  assert.ok(turns > 3, `${turns} turns during a copy`);
  turns = 0;
  const ids = Array.from({ length: 20_000 }, (_, i) => i + 100_000);
  assert.equal((await client.extension('usersGroupsById', { users: ids, groups: [] })).kind, 'extended');
  assert.ok(turns > 3, `${turns} turns during look-ups`);
  clearInterval(count);
});
