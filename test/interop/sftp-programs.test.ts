// Our programs sftp and scp with the SFTP servers of other makers: a tree goes up and comes back, with blanks, line
// ends and bytes that are no text in its names. Every file is compared.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { OpensshFixture, ourProgram, runProgram, skipUnless, TemporaryFolder } from '@sallyport/testing';
import type { SftpServerRow } from './sftp-servers.ts';
import { sftpServers } from './sftp-servers.ts';
import type { OddNames } from './trees.ts';
import { hashesOf, plant } from './trees.ts';

const openssh = skipUnless('openssh-client');
const fixture = openssh.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);

const stock: SftpServerRow = {
  title: 'stock sshd',
  needs: ['openssh-server', 'openssh-sftp-server'],
  rekeys: true,
  start: ({ hostKey }) => fixture.startServer({ config: [`HostKey ${hostKey}`] }),
};
/** They end a session without an exit status, for which the stock scp fails, too. */
const withoutStatus: readonly string[] = ['asyncssh', 'paramiko', 'npm ssh2'];
/** These make text of names. */
const namesOf: Readonly<Record<string, OddNames>> = { paramiko: 'lines', 'npm ssh2': 'lines' };

describe('sftp and scp with the servers of others', openssh, () => {
  after(() => fixture[Symbol.asyncDispose]());
  for (const { title, needs, start } of [stock, ...sftpServers]) {
    test(`a tree goes up to ${title} and comes back, by sftp and by scp`, skipUnless(...needs), async () => {
      const hostKey = await fixture.key('ed25519', `host-${title.replaceAll(' ', '-')}`);
      const authorizedKeys = await fixture.folder.write('authorized_keys', `${fixture.userKey.publicLine}\n`);
      const place = await start({ hostKey: hostKey.path, authorizedKeys });
      try {
        await using folder = await TemporaryFolder.create();
        const knownHosts = await folder.write('known', `[127.0.0.1]:${place.port} ${hostKey.publicLine}\n`);
        const options = [
          `IdentityFile=${fixture.userKey.path}`,
          `UserKnownHostsFile=${knownHosts}`,
          'IdentityAgent=none',
        ];
        const call = async (name: string, argv: readonly string[], input = ''): Promise<void> => {
          const all = ['-q', '-P', String(place.port), ...options.flatMap((option) => ['-o', option]), ...argv];
          const result = await runProgram(ourProgram(name), all, {
            env: { HOME: folder.path },
            input,
            timeoutMs: 60_000,
          });
          const expected = name === 'scp' && withoutStatus.includes(title) ? 1 : 0;
          assert.deepEqual([result.code, result.stderr], [expected, ''], name);
        };
        const tree = folder.file('tree');
        plant(tree, namesOf[title] ?? 'bytes');
        const there = `${place.user}@127.0.0.1`;
        const [up, down] = [folder.file('up'), folder.file('down')];
        await call('sftp', ['-b', '-', there], `put -R -p ${tree} ${up}\nget -R -p ${up} ${down}\n`);
        assert.deepEqual(hashesOf(up), hashesOf(tree));
        assert.deepEqual(hashesOf(down), hashesOf(tree));
        const [above, below] = [folder.file('above'), folder.file('below')];
        await call('scp', ['-r', '-p', tree, `${there}:${above}`]);
        await call('scp', ['-r', '-p', `${there}:${above}`, below]);
        assert.deepEqual(hashesOf(above), hashesOf(tree));
        assert.deepEqual(hashesOf(below), hashesOf(tree));
      } finally {
        await place.end();
      }
    });
  }
});
