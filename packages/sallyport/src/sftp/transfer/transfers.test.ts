import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { skipUnless, TemporaryFolder } from '@sallyport/testing';
import { startSftpProcess } from '@sallyport/testing/sftp-process';
import { memoryStreams } from '../../driver/memory-stream.ts';
import type { SshError } from '../../errors.ts';
import { serveSftp } from '../../sftp-server/serve-sftp.ts';
import { asynchronousFiles, promptFiles, synchronousFiles } from '../node-files.ts';
import { SftpClient } from '../sftp-client.ts';
import { SftpError } from '../sftp-error.ts';
import type { TransferProgress } from './transfer-options.ts';

const stock = skipUnless('openssh-sftp-server');
const ways = [
  { name: 'in threads', localFiles: asynchronousFiles() },
  { name: 'at once where that is quick', localFiles: promptFiles() },
  { name: 'blocking', localFiles: synchronousFiles() },
];
const sizes = [0, 1, 4096, 255 * 1024 - 1, 255 * 1024, 255 * 1024 + 1, 3_500_000];

/** The server's folder, ours, and a client between them. */
async function withFolders(
  run: (client: SftpClient, remote: TemporaryFolder, local: TemporaryFolder) => Promise<void>,
): Promise<void> {
  await using remote = await TemporaryFolder.create();
  await using local = await TemporaryFolder.create();
  await using server = startSftpProcess(remote.path);
  await using client = await SftpClient.over(server.stream, { timeoutMs: 10_000 });
  await run(client, remote, local);
}

const hasCode =
  (code: string, operation?: string) =>
  (error: unknown): boolean => {
    assert.equal((error as SshError).code, code, String(error));
    if (operation !== undefined) assert.equal((error as SftpError).operation, operation);
    return true;
  };

for (const { name, localFiles } of ways) {
  test(`files of every size arrive whole in both directions, files ${name}`, stock, async () => {
    await withFolders(async (client, remote, local) => {
      for (const size of sizes) {
        const data = randomBytes(size);
        writeFileSync(local.file('up'), data);
        const up = await client.uploadFile(local.file('up'), 'f', { localFiles });
        assert.deepEqual([up.files, up.bytes], [1, size]);
        assert.deepEqual(readFileSync(remote.file('f')), data);
        const down = await client.downloadFile('f', local.file('down'), { localFiles, verify: 'digest' });
        assert.equal(down.files, 1);
        assert.deepEqual(readFileSync(local.file('down')), data);
      }
    });
  });

  test(`a download and an upload go on where they ended, files ${name}`, stock, async () => {
    await withFolders(async (client, remote, local) => {
      const data = randomBytes(1_000_000);
      const options = { localFiles, resume: true };
      writeFileSync(remote.file('f'), data);
      writeFileSync(local.file('f'), data.subarray(0, 300_001));
      assert.equal((await client.downloadFile('f', local.file('f'), options)).bytes, 699_999);
      assert.deepEqual(readFileSync(local.file('f')), data);
      assert.equal((await client.downloadFile('f', local.file('f'), options)).bytes, 0);
      truncateSync(remote.file('f'), 400_000);
      assert.equal((await client.uploadFile(local.file('f'), 'f', options)).bytes, 600_000);
      assert.deepEqual(readFileSync(remote.file('f')), data);
      truncateSync(local.file('f'), 10);
      await assert.rejects(client.uploadFile(local.file('f'), 'f', options), hasCode('size-mismatch'));
      writeFileSync(local.file('f'), randomBytes(1_000_001));
      await assert.rejects(client.downloadFile('f', local.file('f'), options), hasCode('size-mismatch'));
    });
  });

  test(`holes stay holes, files ${name}`, stock, async () => {
    await withFolders(async (client, remote, local) => {
      const data = Buffer.alloc(2_000_000);
      data.write('in the middle', 900_000);
      writeFileSync(local.file('f'), data);
      await client.uploadFile(local.file('f'), 'f', { localFiles, sparse: true });
      assert.deepEqual(readFileSync(remote.file('f')), data);
      await client.downloadFile('f', local.file('g'), { localFiles, sparse: true });
      assert.deepEqual(readFileSync(local.file('g')), data);
      for (const path of [remote.file('f'), local.file('g')]) assert.ok(statSync(path).blocks * 512 < 1_000_000, path);
    });
  });

  test(`a tree arrives whole in both directions, with times and permissions, files ${name}`, stock, async () => {
    await withFolders(async (client, remote, local) => {
      makeTree(local.file('t'));
      const options = { localFiles, preserve: true };
      const up = await client.uploadTree(local.file('t'), 'copy', options);
      assert.deepEqual([up.files, up.folders, up.failures], [84, 4, []]);
      assert.deepEqual(describe(remote.file('copy')), describe(local.file('t')));
      const down = await client.downloadTree('copy', local.file('back'), options);
      assert.deepEqual([down.files, down.folders, down.failures], [84, 4, []]);
      assert.deepEqual(describe(local.file('back')), describe(local.file('t')));
    });
  });
}

function makeTree(root: string): void {
  mkdirSync(`${root}/sub/deep`, { recursive: true });
  mkdirSync(`${root}/empty`);
  for (let i = 0; i < 80; i++) writeFileSync(`${root}/sub/f${i}`, randomBytes(i * 50), { mode: 0o640 });
  writeFileSync(`${root}/sub/deep/with space\nand newline`, 'x');
  writeFileSync(Buffer.from(`${root}/sub/deep/\xff\xfe`, 'latin1'), 'y');
  writeFileSync(`${root}/big`, randomBytes(600_000));
  writeFileSync(`${root}/read-only`, 'z', { mode: 0o444 });
  chmodSync(`${root}/sub/deep`, 0o550);
  for (const name of ['sub/f3', 'sub/deep', 'sub']) utimesSync(`${root}/${name}`, 1_000_000, 1_234_567);
}

/** Names, permissions, times of what has its own, and contents. */
function describe(root: string): string[] {
  const lines: string[] = [];
  const visit = (folder: Buffer): void => {
    for (const name of readdirSync(folder, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b))) {
      const path = Buffer.concat([folder, Buffer.from('/'), name]);
      const { mode, mtimeMs } = statSync(path);
      const content = statSync(path).isDirectory() ? 'folder' : readFileSync(path).toString('base64');
      const time = mtimeMs === 1_234_567_000 ? ' old' : '';
      lines.push(`${name.toString('latin1')} ${(mode & 0o777).toString(8)}${time} ${content}`);
      if (content === 'folder') visit(path);
    }
  };
  visit(Buffer.from(root));
  return lines;
}

test(
  'new folders have the permissions of their originals, sticky bit included; others keep theirs',
  stock,
  async () => {
    await withFolders(async (client, remote, local) => {
      mkdirSync(local.file('from/shared'), { recursive: true });
      chmodSync(local.file('from/shared'), 0o1777);
      chmodSync(local.file('from'), 0o775);
      await client.uploadTree(local.file('from'), 'to');
      assert.equal(statSync(remote.file('to')).mode & 0o7777, 0o775);
      assert.equal(statSync(remote.file('to/shared')).mode & 0o7777, 0o1777);
      chmodSync(remote.file('to'), 0o711);
      await client.uploadTree(local.file('from'), 'to');
      assert.equal(statSync(remote.file('to')).mode & 0o7777, 0o711);
      await client.downloadTree('to', local.file('back'), { preserve: true });
      assert.equal(statSync(local.file('back/shared')).mode & 0o7777, 0o1777);
      writeFileSync(remote.file('taken'), '');
      const { failures } = await client.uploadTree(local.file('from'), 'taken');
      assert.deepEqual(
        failures.map(({ code, operation, reason }) => [code, operation, reason]),
        [['wrong-file-type', 'mkdir', 'exists but is not a directory']],
      );
    });
  },
);

test('a folder of which nothing is listed, not even a dot, has its permissions and times as well', async () => {
  await using local = await TemporaryFolder.create();
  const [ours, theirs] = memoryStreams();
  const served = serveSftp(theirs, {
    open: () => Promise.reject(new Error('nothing is read')),
    openDirectory: () => ({ read: () => [], close: () => undefined }),
    stat: () => ({ permissions: 0o040600, accessTime: 1_000_000, modificationTime: 1_234_567 }),
    realPath: (path) => path,
  });
  const client = await SftpClient.over(ours, { timeoutMs: 10_000 });
  await client.downloadTree('/d', local.file('d'), { preserve: true });
  const { mode, mtimeMs } = statSync(local.file('d'));
  assert.deepEqual([mode & 0o7777, mtimeMs], [0o600, 1_234_567_000]);
  await client.end();
  await served;
});

test('download() and upload() go into a folder that is there, and take files and folders', stock, async () => {
  await withFolders(async (client, remote, local) => {
    mkdirSync(local.file('t'));
    writeFileSync(local.file('t/a'), '1');
    await client.mkdir('in');
    await client.upload(local.file('t'), 'in');
    assert.equal(readFileSync(remote.file('in/t/a'), 'utf8'), '1');
    mkdirSync(local.file('out'));
    await client.download('in/t/a', local.file('out'));
    await client.download('in', local.file('fresh'));
    assert.equal(readFileSync(local.file('out/a'), 'utf8'), '1');
    assert.equal(readFileSync(local.file('fresh/t/a'), 'utf8'), '1');
    // `..` is no name in a folder.
    await client.download('in/..', local.file('out'));
    assert.equal(readFileSync(local.file('out/in/t/a'), 'utf8'), '1');
  });
});

test('symlinks of a tree are left out or followed, and never made', stock, async () => {
  await withFolders(async (client, remote, local) => {
    mkdirSync(remote.file('t'));
    writeFileSync(remote.file('outside'), 'o');
    symlinkSync('../outside', remote.file('t/link'));
    symlinkSync('nowhere', remote.file('t/dangling'));
    const skipped: string[] = [];
    const hooks = {
      skipped: (path: Uint8Array, why: string) => skipped.push(`${Buffer.from(path).toString()} ${why}`),
    };
    await client.downloadTree('t', local.file('a'), { hooks });
    assert.deepEqual(readdirSync(local.file('a')), []);
    assert.deepEqual(skipped.sort(), ['t/dangling symlink', 't/link symlink']);
    const { failures } = await client.downloadTree('t', local.file('b'), { symlinks: 'follow' });
    assert.equal(readFileSync(local.file('b/link'), 'utf8'), 'o');
    assert.deepEqual(
      failures.map(({ code, path }) => [code, path]),
      [['no-such-file', 't/dangling']],
    );
    const up = await client.uploadTree(local.file('b'), 'c', { hooks });
    assert.equal(up.files, 1);
  });
});

test('a local symlink is no way out of the folder that a tree goes to', stock, async () => {
  await withFolders(async (client, remote, local) => {
    mkdirSync(remote.file('t/d'), { recursive: true });
    writeFileSync(remote.file('t/f'), 'evil');
    writeFileSync(remote.file('t/d/f'), 'evil');
    mkdirSync(local.file('elsewhere'));
    mkdirSync(local.file('to'));
    writeFileSync(local.file('elsewhere/victim'), 'good');
    symlinkSync('../elsewhere/victim', local.file('to/f'));
    symlinkSync('../elsewhere', local.file('to/d'));
    const { failures } = await client.downloadTree('t', local.file('to'));
    assert.equal(failures.length, 2);
    assert.deepEqual(readdirSync(local.file('elsewhere')), ['victim']);
    assert.equal(readFileSync(local.file('elsewhere/victim'), 'utf8'), 'good');
  });
});

test('what fails in a tree is told, and the rest arrives', stock, async () => {
  await withFolders(async (client, remote, local) => {
    mkdirSync(local.file('t/sub'), { recursive: true });
    for (const name of ['a', 'b', 'sub/c']) writeFileSync(local.file(`t/${name}`), name);
    mkdirSync(remote.file('t/a'), { recursive: true });
    writeFileSync(remote.file('t/sub'), 'in the way');
    const failed: string[] = [];
    const hooks = { failed: (error: SftpError) => failed.push(error.path) };
    const { files, failures } = await client.uploadTree(local.file('t'), 't', { hooks });
    assert.equal(files, 1);
    assert.deepEqual(failed.sort(), ['t/a', 't/sub']);
    assert.equal(failures.length, 2);
    await assert.rejects(client.upload(local.file('t'), '.'), SftpError);
  });
});

test('an entry of ours that cannot be looked at fails alone', stock, async () => {
  await withFolders(async (client, remote, local) => {
    mkdirSync(local.file('t'));
    writeFileSync(local.file('t/a'), '1');
    symlinkSync('loop', local.file('t/loop'));
    for (const { localFiles } of ways) {
      const { files, failures } = await client.uploadTree(local.file('t'), 'c', { symlinks: 'follow', localFiles });
      assert.deepEqual(
        [files, failures.map(({ code, path }) => [code, path])],
        [1, [['local-failed', local.file('t/loop')]]],
      );
    }
    assert.deepEqual(readdirSync(remote.file('c')), ['a']);
  });
});

test('an atomic transfer leaves nothing under the name until all of it is there', stock, async () => {
  await withFolders(async (client, remote, local) => {
    writeFileSync(local.file('f'), 'new');
    writeFileSync(remote.file('f'), 'old');
    let during = '';
    const hooks = { fileStarted: () => (during = readFileSync(remote.file('f'), 'utf8')) };
    await client.uploadFile(local.file('f'), 'f', { atomic: true, hooks });
    assert.equal(during, 'old');
    assert.equal(readFileSync(remote.file('f'), 'utf8'), 'new');
    await client.downloadFile('f', local.file('g'), { atomic: true });
    assert.equal(readFileSync(local.file('g'), 'utf8'), 'new');
    mkdirSync(remote.file('folder'));
    await assert.rejects(client.uploadFile(local.file('f'), 'folder', { atomic: true }), SftpError);
    assert.deepEqual(readdirSync(remote.path).sort(), ['f', 'folder']);
  });
});

test('an aborted transfer rejects, the session goes on, and the rest comes by resume', stock, async () => {
  await withFolders(async (client, remote, local) => {
    const data = randomBytes(6_000_000);
    writeFileSync(remote.file('f'), data);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    const limited = { signal: controller.signal, onProgress, limitBytesPerSecond: 2_000_000 };
    await assert.rejects(client.downloadFile('f', local.file('f'), limited), hasCode('aborted'));
    const { size } = statSync(local.file('f'));
    assert.ok(size < data.length, String(size));
    assert.deepEqual(readFileSync(local.file('f')), data.subarray(0, size));
    await client.downloadFile('f', local.file('f'), { resume: true });
    assert.deepEqual(readFileSync(local.file('f')), data);
    await assert.rejects(client.uploadFile(local.file('f'), 'g', { signal: controller.signal }), hasCode('aborted'));
    assert.equal(existsSync(remote.file('g')), false);
  });
});

test('a disk of ours that is full fails the download, and the session goes on', stock, async () => {
  await withFolders(async (client, remote) => {
    writeFileSync(remote.file('f'), randomBytes(600_000));
    for (const { localFiles } of ways) {
      await assert.rejects(
        client.downloadFile('f', '/dev/full', { localFiles }),
        hasCode('local-failed', 'local write'),
      );
    }
    assert.equal((await client.stat('f')).size, 600_000);
  });
});

test('a pipe of ours in the place of a file holds nothing up', stock, async () => {
  await withFolders(async (client, remote, local) => {
    writeFileSync(remote.file('f'), 'x');
    assert.equal(spawnSync('mkfifo', [local.file('pipe')]).status, 0);
    for (const { localFiles } of ways) {
      const down = client.downloadFile('f', local.file('pipe'), { localFiles });
      await assert.rejects(down, hasCode('local-failed', 'local open'));
      const up = client.uploadFile(local.file('pipe'), 'g', { localFiles });
      await assert.rejects(up, hasCode('wrong-file-type', 'upload'));
    }
    assert.equal(existsSync(remote.file('g')), false);
  });
});

test('a disk of the server that is full fails the upload', stock, async () => {
  await withFolders(async (client, _remote, local) => {
    writeFileSync(local.file('f'), randomBytes(600_000));
    await assert.rejects(client.uploadFile(local.file('f'), '/dev/full'), hasCode('failure', 'write'));
    assert.equal((await client.stat('.')).type, 'directory');
  });
});

test('a transfer keeps to its rate', stock, async () => {
  await withFolders(async (client, remote, local) => {
    writeFileSync(remote.file('f'), randomBytes(300_000));
    for (const { localFiles } of ways) {
      const began = performance.now();
      await client.downloadFile('f', local.file('f'), { localFiles, limitBytesPerSecond: 2_000_000 });
      await client.uploadFile(local.file('f'), 'g', { localFiles, limitBytesPerSecond: 2_000_000 });
      // The last request of each is not waited for.
      assert.ok(performance.now() - began >= 200, `${performance.now() - began} ms`);
    }
  });
});

test('progress is told with totals, and each file has its own', stock, async () => {
  await withFolders(async (client, _remote, local) => {
    mkdirSync(local.file('t'));
    for (let i = 0; i < 5; i++) writeFileSync(local.file(`t/${i}`), randomBytes(1000));
    let last: TransferProgress | undefined;
    const ended: string[] = [];
    await client.uploadTree(local.file('t'), 't', {
      onProgress: (progress) => {
        last = progress;
      },
      hooks: { fileEnded: ({ position, totalBytes }, error) => ended.push(`${position}/${totalBytes} ${error}`) },
    });
    assert.deepEqual([last?.bytes, last?.totalBytes, last?.files, last?.isListed], [5000, 5000, 5, true]);
    assert.deepEqual(
      ended,
      Array.from({ length: 5 }, () => '1000/1000 undefined'),
    );
  });
});

test('what is no regular file, or not there, is refused before anything is made', stock, async () => {
  await withFolders(async (client, _remote, local) => {
    await assert.rejects(client.downloadFile('.', local.file('x')), hasCode('wrong-file-type', 'download'));
    await assert.rejects(client.downloadFile('/dev/null', local.file('x')), hasCode('wrong-file-type'));
    await assert.rejects(client.downloadFile('no', local.file('x')), hasCode('no-such-file', 'stat'));
    assert.equal(existsSync(local.file('x')), false);
    await assert.rejects(client.uploadFile(local.path, 'x'), hasCode('wrong-file-type', 'upload'));
    await assert.rejects(client.uploadFile(local.file('no'), 'x'), hasCode('local-failed', 'local open'));
    await assert.rejects(client.downloadFile('.', local.file('no/x')), SftpError);
    assert.ok((await client.downloadFile('/proc/self/stat', local.file('proc'))).bytes > 10);
  });
});

test('the loss of the server fails a transfer, and resume brings an equal file', stock, async () => {
  await using remote = await TemporaryFolder.create();
  await using local = await TemporaryFolder.create();
  const data = randomBytes(5_000_000);
  writeFileSync(remote.file('f'), data);
  writeFileSync(local.file('up'), data);
  for (const way of ['down', 'up'] as const) {
    await using server = startSftpProcess(remote.path);
    const client = await SftpClient.over(server.stream);
    let killed = false;
    const onProgress = (): void => {
      if (!killed) process.kill(server.pid, 'SIGKILL');
      killed = true;
    };
    const options = { onProgress, limitBytesPerSecond: 5_000_000 };
    const transfer =
      way === 'down'
        ? client.downloadFile('f', local.file('f'), options)
        : client.uploadFile(local.file('up'), 'g', options);
    await assert.rejects(transfer, hasCode('connection-lost'));
  }
  await using server = startSftpProcess(remote.path);
  await using client = await SftpClient.over(server.stream);
  await client.downloadFile('f', local.file('f'), { resume: true });
  assert.deepEqual(readFileSync(local.file('f')), data);
  await client.uploadFile(local.file('up'), 'g', { resume: true });
  assert.deepEqual(readFileSync(remote.file('g')), data);
});
