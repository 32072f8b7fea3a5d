// The library's files with the servers of others, and through a whole connection: files of several sizes, a tree,
// names, times, a resume, beside a command on the same connection and across re-keys.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { OpensshFixture, skipUnless, TemporaryFolder } from '@sallyport/testing';
import type { Client, SftpClient } from 'sallyport';
import { connect, localFileSystem, readPrivateKey, sftpServer } from 'sallyport';
import type { SftpServerRow } from './sftp-servers.ts';
import { sftpServers } from './sftp-servers.ts';
import { echo, mebibyte, startServer, testData } from './support.ts';

const ownServer: SftpServerRow = {
  title: 'the library',
  needs: [],
  rekeys: true,
  start: async ({ hostKey }) => {
    const files = sftpServer(localFileSystem());
    const server = await startServer({
      hostKeys: [await readPrivateKey(hostKey)],
      login: { publicKey: () => ({ allow: true }) },
      session: files,
    });
    return { port: server.port, user: 'anybody', end: () => server.close() };
  },
};

/** Everything that a server should do with files. */
async function exchange(files: SftpClient): Promise<void> {
  await using here = await TemporaryFolder.create();
  await using there = await TemporaryFolder.create();
  const data = testData(3 * mebibyte + 17);
  writeFileSync(here.file('big'), data);
  await files.uploadFile(here.file('big'), there.file('big'), { preserve: true });
  assert.deepEqual(new Uint8Array(readFileSync(there.file('big'))), data);
  assert.equal(
    Math.floor(statSync(there.file('big')).mtimeMs / 1000),
    Math.floor(statSync(here.file('big')).mtimeMs / 1000),
  );
  writeFileSync(here.file('part'), data.subarray(0, mebibyte));
  await files.downloadFile(there.file('big'), here.file('part'), { resume: true, verify: 'digest' });
  assert.deepEqual(new Uint8Array(readFileSync(here.file('part'))), data);
  mkdirSync(here.file('tree/sub'), { recursive: true });
  for (let i = 0; i < 70; i++)
    writeFileSync(here.file(`tree/${i % 2 === 0 ? 'sub/' : ''}f ${i}`), data.subarray(i, i * 700));
  const up = await files.uploadTree(here.file('tree'), there.file('tree'));
  assert.deepEqual([up.files, up.failures], [70, []]);
  const down = await files.downloadTree(there.file('tree'), here.file('back'));
  assert.deepEqual([down.files, down.failures], [70, []]);
  for (const folder of ['.', 'sub']) {
    const names = readdirSync(here.file(`tree/${folder}`)).sort();
    assert.deepEqual(readdirSync(here.file(`back/${folder}`)).sort(), names);
    for (const name of names.filter((one) => one !== 'sub')) {
      const path = `${folder}/${name}`;
      assert.deepEqual(readFileSync(here.file(`back/${path}`)), readFileSync(here.file(`tree/${path}`)), path);
    }
  }
  await files.rename(there.file('big'), there.file('renamed'));
  assert.equal(await files.exists(there.file('big')), false);
  await files.rm(there.file('tree'), { recursive: true });
  assert.deepEqual(
    (await files.list(there.path)).map(({ name }) => name),
    ['renamed'],
  );
}

const openssh = skipUnless('openssh-client');
const fixture = openssh.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);

async function connectTo(
  place: { readonly port: number; readonly user: string },
  hostKeyLine: string,
  rekeys: boolean,
): Promise<Client> {
  return await connect({
    host: '127.0.0.1',
    ...place,
    hostKeys: [hostKeyLine],
    identities: [fixture.userKey.path],
    agent: false,
    ...(rekeys ? { rekeyLimits: { bytes: mebibyte } } : {}),
  });
}

describe('files of the library with the servers of others', openssh, () => {
  after(() => fixture[Symbol.asyncDispose]());
  for (const { title, needs, rekeys, start } of [...sftpServers, ownServer]) {
    test(`files, a tree and a resume with ${title}`, skipUnless(...needs), async () => {
      const hostKey = await fixture.key('ed25519', `host-${title.replaceAll(' ', '-')}`);
      const authorizedKeys = await fixture.folder.write('authorized_keys', `${fixture.userKey.publicLine}\n`);
      const place = await start({ hostKey: hostKey.path, authorizedKeys });
      try {
        await using client = await connectTo({ port: place.port, user: place.user }, hostKey.publicLine, rekeys);
        await using files = await client.sftp({ timeoutMs: 30_000 });
        await exchange(files);
      } finally {
        await place.end();
      }
    });
  }

  test(
    'files with the stock sshd, beside a command and across re-keys',
    skipUnless('openssh-server', 'openssh-sftp-server'),
    async () => {
      await using server: StockServer = await fixture.startServer();
      const { port, user, knownHosts, host } = server;
      const rekeyLimits = { bytes: mebibyte };
      const identities = [fixture.userKey.path];
      await using client = await connect({ host, port, user, knownHosts, identities, agent: false, rekeyLimits });
      await using files = await client.sftp({ timeoutMs: 30_000 });
      await Promise.all([exchange(files), echo(client, 2 * mebibyte), exchange(files)]);
    },
  );
});
