import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { limitFields } from '@sallyport/protocol/sftp/extensions';
import type { NameEntry } from '@sallyport/protocol/sftp/packets';
import { replyPackets } from '@sallyport/protocol/sftp/packets';
import { Writer } from '@sallyport/protocol/wire/writer';
import { TemporaryFolder } from '@sallyport/testing';
import type { ScriptedRequest, SftpScript } from '@sallyport/testing/scripted-sftp-server';
import { ScriptedSftpServer } from '@sallyport/testing/scripted-sftp-server';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { memoryStreams } from '../driver/memory-stream.ts';
import { ConnectionLostError, ProtocolError, SshError } from '../errors.ts';
import { asynchronousFiles, synchronousFiles } from './node-files.ts';
import { SftpClient } from './sftp-client.ts';
import type { SftpError } from './sftp-error.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const textOf = (path: Uint8Array): string => Buffer.from(path).toString('latin1');
const regular = { permissions: 0o100644 };
const folder = { permissions: 0o040755 };
const handle = bytes('h');
const evil = bytes('evil');
const noFile = 2;
const endOfFile = 1;

function entry(name: string, attributes: NameEntry['attributes'] = { ...regular, size: 4n }): NameEntry {
  return { name: bytes(name), longName: bytes(name), attributes };
}

async function connectTo(
  script: SftpScript,
  extensions: Readonly<Record<string, string>> = {},
): Promise<{ readonly client: SftpClient; readonly server: ScriptedSftpServer }> {
  const [ours, theirs] = memoryStreams();
  const server = new ScriptedSftpServer(theirs, script, extensions);
  return { client: await SftpClient.over(ours, { timeoutMs: 30_000 }), server };
}

/** Answers what a test is about; true when it has. */
type Change = (request: ScriptedRequest, server: ScriptedSftpServer) => boolean;

/** A server with a folder `root` of these names, each a file with `evil` in it. */
function serverOf(names: readonly NameEntry[], change: Change = () => false): SftpScript {
  let isListed = false;
  return (request, server) => {
    if (change(request, server)) return;
    const { id } = request;
    switch (request.name) {
      case 'stat':
      case 'lstat': {
        const isRoot = textOf(request.path) === 'root';
        server.reply('attributes', { id, attributes: isRoot ? folder : { ...regular, size: 4n } });
        break;
      }
      case 'opendir':
      case 'open':
        server.reply('handle', { id, handle });
        break;
      case 'readdir':
        if (isListed) server.status(id, endOfFile);
        else server.reply('names', { id, entries: names });
        isListed = true;
        break;
      case 'read':
        if (request.offset >= 4n) server.status(id, endOfFile);
        else server.reply('data', { id, data: evil.subarray(Number(request.offset)) });
        break;
      default:
        server.status(id, 0);
    }
  };
}

const codeOf = (error: unknown): string => (error instanceof SshError ? error.code : String(error));
const hasCode =
  (code: string) =>
  (error: unknown): boolean => {
    assert.equal(codeOf(error), code);
    return true;
  };

const suspect = ['../x', '/etc/x', 'a/b', 'a/../../b', '', 'nul\0x', '/'];

test('names that lead out of the folder are refused, and nothing is written outside the target', async () => {
  await using local = await TemporaryFolder.create();
  const names = [entry('.', folder), entry('..', folder), ...suspect.map((name) => entry(name)), entry('good')];
  const { client } = await connectTo(serverOf(names));
  const { files, failures } = await client.downloadTree('root', local.file('to'));
  assert.equal(files, 1);
  assert.deepEqual(
    failures.map(({ code }) => code),
    suspect.map(() => 'suspect-name'),
  );
  assert.deepEqual(readdirSync(local.path), ['to']);
  assert.deepEqual(readdirSync(local.file('to')), ['good']);
});

test('walk and glob do not give a name that leads elsewhere', async () => {
  for (const name of suspect) {
    const { client } = await connectTo(serverOf([entry(name)]));
    await assert.rejects(async () => {
      for await (const found of client.walk('root')) assert.fail(found.path);
    }, hasCode('suspect-name'));
    const other = await connectTo(serverOf([entry(name)]));
    assert.deepEqual(await other.client.glob('root/*'), []);
  }
});

test('a name that comes twice, as a folder and as a file, does not lead through anything', async () => {
  await using local = await TemporaryFolder.create();
  const names = [entry('a', folder), entry('a'), entry('link', { permissions: 0o120777 }), entry('link')];
  const { client } = await connectTo(serverOf(names));
  const { failures } = await client.downloadTree('root', local.file('to'));
  assert.equal(failures.length, 1);
  assert.deepEqual(readdirSync(local.file('to')).sort(), ['a', 'link']);
  assert.equal(readFileSync(local.file('to/link'), 'latin1'), 'evil');
});

test('a type that the listing does not tell is asked for, and a symlink is not followed by it', async () => {
  await using local = await TemporaryFolder.create();
  const asked: string[] = [];
  const change: Change = (request, server) => {
    if (request.name !== 'lstat' && request.name !== 'stat') return false;
    const name = textOf(request.path);
    if (name === 'root') return false;
    asked.push(`${request.name} ${name}`);
    const permissions = name.endsWith('link') ? 0o120777 : 0o100644;
    server.reply('attributes', { id: request.id, attributes: { permissions, size: 4n } });
    return true;
  };
  const skipped: string[] = [];
  const hooks = { skipped: (path: Uint8Array, why: string) => skipped.push(`${textOf(path)} ${why}`) };
  const { client } = await connectTo(serverOf([entry('file', {}), entry('link', {})], change));
  const { files } = await client.downloadTree('root', local.file('to'), { hooks });
  assert.equal(files, 1);
  assert.deepEqual(readdirSync(local.file('to')), ['file']);
  assert.deepEqual(asked, ['lstat root/file', 'lstat root/link']);
  assert.deepEqual(skipped, ['root/link symlink']);
});

test('escapes in names and texts of the server come escaped in messages', async () => {
  const { client } = await connectTo((request, server) => server.status(request.id, 4, 'no\x1b[2Jway'));
  await assert.rejects(client.stat('\x1b[31mred'), (error: Error) => {
    assert.equal(error.message, 'stat "\\033[31mred": Failure (no\\033[2Jway)');
    return true;
  });
});

test('a folder that does not end is given up, by names and by depth', async () => {
  const endless: Change = (request, server) => {
    if (request.name !== 'readdir') return false;
    server.reply('names', { id: request.id, entries: Array.from({ length: 500 }, (_, i) => entry(`n${i}`)) });
    return true;
  };
  const { client } = await connectTo(serverOf([], endless));
  await assert.rejects(client.list('root', { maximumNames: 20_000 }), hasCode('limit-exceeded'));
  const deep = await connectTo((request, server) => {
    const { id } = request;
    if (request.name === 'readdir') server.reply('names', { id, entries: [entry('down', folder)] });
    else if (request.name === 'opendir') server.reply('handle', { id, handle });
    else server.reply('attributes', { id, attributes: folder });
  });
  await assert.rejects(async () => {
    for await (const { depth } of deep.client.walk('root')) assert.ok(depth <= 65);
  }, hasCode('limit-exceeded'));
});

test('a tree without an end stops at its depth, and says so', async () => {
  await using local = await TemporaryFolder.create();
  const listed = new Set<number>();
  const { client } = await connectTo((request, server) => {
    const { id } = request;
    if (request.name === 'readdir') {
      const number = request.handle[0] ?? 0;
      if (listed.has(number)) server.status(id, endOfFile);
      else server.reply('names', { id, entries: [entry('down', folder)] });
      listed.add(number);
    } else if (request.name === 'opendir') server.reply('handle', { id, handle: Uint8Array.of(listed.size) });
    else if (request.name === 'close') server.status(id, 0);
    else server.reply('attributes', { id, attributes: folder });
  });
  const { folders, failures } = await client.downloadTree('root', local.file('to'));
  assert.equal(folders, 65);
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['limit-exceeded'],
  );
});

test('an answer without names ends a folder instead of being asked again for ever', async () => {
  const { client, server } = await connectTo(
    serverOf([], (request, peer) => {
      if (request.name === 'readdir') peer.reply('names', { id: request.id, entries: [] });
      return request.name === 'readdir';
    }),
  );
  assert.deepEqual(await client.list('root'), []);
  assert.ok(server.requests.length < 10);
});

test('a size that is not the truth fails the file, and no more than was announced is written', async () => {
  await using local = await TemporaryFolder.create();
  for (const [size, isWhole] of [
    [4n, true],
    [5n, false],
    [2n, true],
    [2n ** 63n, false],
    [2n ** 64n - 1n, false],
  ] as const) {
    const { client, server } = await connectTo(
      serverOf([], (request, peer) => {
        if (request.name === 'stat') peer.reply('attributes', { id: request.id, attributes: { ...regular, size } });
        return request.name === 'stat';
      }),
    );
    const path = local.file(`size-${size}`);
    const outcome = await client.downloadFile('f', path).then(() => 'whole', codeOf);
    // Of two bytes that were announced no third is asked for: the file may have grown since.
    const isLonger = size === 2n;
    assert.equal(outcome, isWhole ? (isLonger ? 'message-unexpected' : 'whole') : 'size-mismatch', String(size));
    assert.ok(readFileSync(path).length <= 4);
    assert.ok(server.requests.length < 200, `${server.requests.length} requests`);
  }
});

test('more data than was asked for, unknown ids, second answers and wrong kinds end the session', async () => {
  const cases: readonly Change[] = [
    ({ id }, server) => {
      server.reply('data', { id, data: new Uint8Array(64 * 1024) });
      return true;
    },
    ({ id }, server) => {
      server.status(id + 7, 0);
      return true;
    },
    ({ id }, server) => {
      server.status(id, noFile);
      server.status(id, noFile);
      return true;
    },
    ({ id }, server) => {
      server.reply('attributes', { id, attributes: {} });
      return true;
    },
    ({ id }, server) => {
      server.send(replyPackets.status.encode({ id, code: 0, text: '', language: '' }));
      return true;
    },
    (_, server) => {
      server.stream.write([Uint8Array.of(0xff, 0xff, 0xff, 0xff, 103)]);
      return true;
    },
  ];
  for (const [index, change] of cases.entries()) {
    await using local = await TemporaryFolder.create();
    const { client } = await connectTo(
      serverOf([], (request, peer) => request.name === 'read' && change(request, peer)),
    );
    await assert.rejects(client.downloadFile('f', local.file('f')), SshError, `case ${index}`);
    const closed = await client.closed;
    assert.ok(closed instanceof ProtocolError, `case ${index}: ${closed}`);
    await assert.rejects(client.stat('f'), ProtocolError);
  }
});

test('limits of a server are used within bounds of our own', async () => {
  const told = [
    [
      { packetBytes: 2n ** 64n - 1n, readBytes: 2n ** 64n - 1n, writeBytes: 2n ** 40n, openHandles: 2n ** 64n - 1n },
      255 * 1024,
      255 * 1024,
      256,
    ],
    [{ packetBytes: 0n, readBytes: 0n, writeBytes: 0n, openHandles: 0n }, 32 * 1024, 32 * 1024, 64],
    [{ packetBytes: 34_000n, readBytes: 100_000n, writeBytes: 65_536n, openHandles: 3n }, 32_976, 32_976, 3],
    [{ packetBytes: 1n, readBytes: 1n, writeBytes: 1n, openHandles: 1n }, 1024, 1024, 1],
  ] as const;
  for (const [fields, readBytes, writeBytes, openHandles] of told) {
    const { client } = await connectTo(
      ({ id }, server) => server.reply('extended', { id, fields: limitFields.encode(fields) }),
      { 'limits@openssh.com': '1' },
    );
    assert.deepEqual(client.limits, { readBytes, writeBytes, openHandles });
  }
  const short = connectTo(({ id }, server) => server.reply('extended', { id, fields: new Uint8Array(31) }), {
    'limits@openssh.com': '1',
  });
  await assert.rejects(short, ProtocolError);
  const refused = await connectTo(({ id }, server) => server.status(id, 8), { 'limits@openssh.com': '1' });
  assert.equal(refused.client.limits.readBytes, 32 * 1024);
  const other = await connectTo(({ id }, server) => server.status(id, 8), { 'limits@openssh.com': '2' });
  assert.equal(other.server.requests.length, 0);
});

test('limits that come later are waited for by transfers, not by the session; bad ones end it', async () => {
  await using local = await TemporaryFolder.create();
  const extensions = { 'limits@openssh.com': '1' };
  const [ours, theirs] = memoryStreams();
  const held: number[] = [];
  const files = serverOf([]);
  const server = new ScriptedSftpServer(
    theirs,
    (request, self) => {
      if (request.name === 'extended') held.push(request.id);
      else files(request, self);
    },
    extensions,
  );
  const client = await SftpClient.over(ours, { limitsLater: true });
  assert.equal((await client.stat('f')).size, 4);
  assert.equal(client.limits.readBytes, 32 * 1024);
  const copying = client.downloadFile('f', local.file('f'));
  const grouped = client.group().downloadFile('f', local.file('of a group'));
  await client.lstat('f');
  assert.deepEqual(
    server.requests.map(({ name }) => name),
    ['extended', 'stat', 'lstat'],
  );
  const told = { packetBytes: 0n, readBytes: 65_536n, writeBytes: 65_536n, openHandles: 0n };
  server.reply('extended', { id: held[0] as number, fields: limitFields.encode(told) });
  await client.limitsKnown;
  assert.equal(client.limits.readBytes, 65_536);
  assert.equal((await copying).bytes, 4);
  await grouped;
  assert.equal(readFileSync(local.file('of a group'), 'latin1'), 'evil');

  const [near, far] = memoryStreams();
  new ScriptedSftpServer(far, ({ id }, self) => self.reply('extended', { id, fields: bytes('short') }), extensions);
  const cheated = await SftpClient.over(near, { limitsLater: true });
  const group = cheated.group();
  await assert.rejects(cheated.downloadFile('f', local.file('g')), ProtocolError);
  await assert.rejects(group.downloadFile('f', local.file('g')), ProtocolError);
  await cheated.closed;
});

test('short reads and answers in any order make the same file', async () => {
  const data = bytes(Array.from({ length: 60_000 }, (_, i) => `${i} `).join(''));
  const random = new SeededRandom(3);
  const waiting: (() => void)[] = [];
  const script = serverOf([], (request, server) => {
    const { id } = request;
    if (request.name === 'stat') {
      server.reply('attributes', { id, attributes: { ...regular, size: BigInt(data.length) } });
      return true;
    }
    if (request.name !== 'read') return false;
    const from = Number(request.offset);
    const most = random.once(3) ? 1 + random.below(request.length) : request.length;
    const part = data.subarray(from, Math.min(from + most, data.length));
    waiting.splice(random.below(waiting.length + 1), 0, () => {
      if (part.length === 0) server.status(id, endOfFile);
      else server.reply('data', { id, data: part });
    });
    setImmediate(() => waiting.splice(random.below(waiting.length), 1)[0]?.());
    return true;
  });
  await using local = await TemporaryFolder.create();
  for (const localFiles of [asynchronousFiles(), synchronousFiles()]) {
    const { client } = await connectTo(script);
    await client.downloadFile('f', local.file('f'), { localFiles });
    assert.deepEqual(new Uint8Array(readFileSync(local.file('f'))), data);
    await using file = await client.open('f');
    assert.deepEqual(await file.readable().bytes(), data);
    assert.deepEqual(await file.read(1000, 200_000), data.subarray(1000, 201_000));
  }
});

test('the first write that fails fails the upload, whatever succeeds after it', async () => {
  await using local = await TemporaryFolder.create();
  writeFileSync(local.file('f'), new Uint8Array(400_000));
  for (const localFiles of [asynchronousFiles(), synchronousFiles()]) {
    let writes = 0;
    const { client, server } = await connectTo(
      serverOf([], (request, peer) => {
        if (request.name !== 'write') return false;
        peer.status(request.id, ++writes === 2 ? 4 : 0, writes === 2 ? 'disk full' : '');
        return true;
      }),
    );
    await assert.rejects(client.uploadFile(local.file('f'), 'f', { localFiles }), (error: SftpError) => {
      assert.deepEqual([error.code, error.operation, error.reason], ['failure', 'write', 'Failure (disk full)']);
      return true;
    });
    assert.equal((await client.stat('f')).size, 4);
    assert.ok(server.requests.some(({ name }) => name === 'close'));
  }
});

test('a close that fails fails the upload', async () => {
  await using local = await TemporaryFolder.create();
  writeFileSync(local.file('f'), 'x');
  const { client } = await connectTo(
    serverOf([], (request, peer) => {
      if (request.name === 'close') peer.status(request.id, 4, 'quota');
      return request.name === 'close';
    }),
  );
  await assert.rejects(client.uploadFile(local.file('f'), 'f'), (error: SftpError) => error.operation === 'close');
});

test('a server that falls silent does not hold up whoever gives up', async () => {
  await using local = await TemporaryFolder.create();
  const { client } = await connectTo(serverOf([], ({ name }) => name === 'read'));
  const controller = new AbortController();
  const hooks = { fileStarted: () => setImmediate(() => controller.abort()) };
  const transfer = client.downloadFile('f', local.file('f'), { signal: controller.signal, hooks });
  await assert.rejects(transfer, hasCode('aborted'));
  await assert.rejects(client.stat('root', { timeoutMs: 1, signal: controller.signal }), hasCode('aborted'));
});

test('what a server may make us keep is bounded by the window, whatever it holds back', async () => {
  await using local = await TemporaryFolder.create();
  const asked: ScriptedRequest[] = [];
  const { client, server } = await connectTo(
    serverOf([], (request, peer) => {
      const { id } = request;
      if (request.name === 'stat') peer.reply('attributes', { id, attributes: { ...regular, size: 2n ** 40n } });
      else if (request.name === 'read') {
        asked.push(request);
        // The first block never comes.
        if (request.offset > 0n) peer.reply('data', { id, data: new Uint8Array(request.length) });
      } else return false;
      return true;
    }),
  );
  const controller = new AbortController();
  const transfer = client.downloadFile('f', local.file('f'), { signal: controller.signal });
  let seen = -1;
  while (seen !== asked.length || asked.length === 0) {
    seen = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(asked.length * 32 * 1024 <= 8 * 1024 * 1024, `${asked.length} requests`);
  controller.abort();
  await assert.rejects(transfer, hasCode('aborted'));
  assert.equal(statSync(local.file('f')).size, 0);
  server.stream.destroy();
});

test('a server that answers byte by byte behind a gap is given up before it has filled our memory', async () => {
  await using local = await TemporaryFolder.create();
  const drip: Change = (request, peer) => {
    const { id } = request;
    if (request.name === 'stat') peer.reply('attributes', { id, attributes: { ...regular, size: 2n ** 30n } });
    else if (request.name !== 'read') return false;
    else if (request.offset > 0n) peer.reply('data', { id, data: Uint8Array.of(1) });
    return true;
  };
  for (const localFiles of [asynchronousFiles(), synchronousFiles()]) {
    const { client } = await connectTo(serverOf([], drip));
    await assert.rejects(client.downloadFile('f', local.file('f'), { localFiles }), hasCode('limit-exceeded'));
  }
  const { client } = await connectTo(serverOf([], drip));
  const file = await client.open('f');
  await assert.rejects(file.readable().bytes(), hasCode('limit-exceeded'));
});

test('an answer that is no greeting is refused, and so is an end before it', async () => {
  for (const answer of [
    replyPackets.status.encode({ id: 0, code: 0, text: '', language: '' }),
    bytes('\x02\0\0\0\x02'),
    bytes('\x02\0\0\0\x04'),
  ]) {
    const [ours, theirs] = memoryStreams();
    theirs.onData = () => theirs.write([new Writer().string(answer).bytes()]);
    theirs.resume();
    await assert.rejects(SftpClient.over(ours), ProtocolError);
  }
  const [ours, theirs] = memoryStreams();
  theirs.onData = () => theirs.destroy();
  theirs.resume();
  await assert.rejects(SftpClient.over(ours), ConnectionLostError);
  const [silent] = memoryStreams();
  await assert.rejects(SftpClient.over(silent, { timeoutMs: 10 }), hasCode('timed-out'));
});
