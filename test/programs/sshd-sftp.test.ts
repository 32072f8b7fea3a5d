// SFTP of the program sshd: internal-sftp in the account process, ChrootDirectory, ForceCommand and Match for it, and a
// server of its own. Stock clients and a driver that shows every answer.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { describe, test } from 'node:test';
import type { ProgramResult } from '@sallyport/testing';
import { ourProgram, programPath, runProgram, skipUnless, until } from '@sallyport/testing';
import { openSftp } from '@sallyport/testing/sftp-driver';
import { childrenNamed, ofThreads } from './processes.ts';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';

/** A folder of that account's own, outside its home. */
function folderOf({
  uid,
  gid,
}: {
  readonly uid: number;
  readonly gid: number;
}): Disposable & { readonly path: string } {
  const path = fs.mkdtempSync('/tmp/sallyport-test-');
  if (process.getuid?.() === 0) fs.chownSync(path, uid, gid);
  return { path, [Symbol.dispose]: () => fs.rmSync(path, { recursive: true, force: true }) };
}

/** As many files as the machine lets one process open (RLIMIT_NOFILE). */
function mostOpenFiles(): number {
  const [, hard] = /^Max open files\s+\d+\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return Number(hard);
}

const ourSftpServer = ourProgram('sftp-server');
const bytes = (text: string): Uint8Array => Buffer.from(text);

for (const { as, needs } of waysToRun) {
  describe(`sftp of sshd as ${as}`, needs, () => {
    for (const [name, command] of [
      ['internal-sftp', 'internal-sftp -l INFO'],
      ['a server of its own', ourSftpServer],
      ['the server beside sshd', 'sftp-server -l ERROR'],
    ] as const) {
      test(`files go both ways through ${name}`, async () => {
        await using fixture = await SshdFixture.create();
        await using server = await fixture.start(as, { config: [`Subsystem sftp ${command}`] });
        const client = await fixture.connect(server);
        const sftp = await openSftp(client);
        const { home } = fixture.account;
        const data = Buffer.alloc(5_000_000, 'up and down ');
        using place = folderOf(fixture.account);
        const path = bytes(`${place.path}/file`);
        const handle = await sftp.handle(sftp.request('open', { path, flags: 27, attributes: {} }));
        const writes = [];
        for (let at = 0; at < data.length; at += 250_000)
          writes.push(sftp.write(handle, BigInt(at), data.subarray(at, at + 250_000)));
        for (const reply of writes) assert.equal(await sftp.code(reply), 0);
        const reads = Array.from({ length: 20 }, (_, i) =>
          sftp.request('read', { handle, offset: BigInt(i * 250_000), length: 250_000 }),
        );
        const parts = (await Promise.all(reads)).map((reply) => (reply.kind === 'data' ? reply.data : bytes('?')));
        assert.ok(Buffer.concat(parts).equals(data));
        assert.deepEqual(fs.readFileSync(`${place.path}/file`), data);
        assert.equal(fs.statSync(`${place.path}/file`).uid, fixture.account.uid);
        const start = await sftp.request('realpath', { path: bytes('.') });
        assert.ok(start.kind === 'names' && Buffer.from(start.entries[0]?.name ?? []).toString() === home);
        // Another session of the account is not held up by one that does not read.
        sftp.stream.pause();
        for (let i = 0; i < 100; i++) void sftp.request('read', { handle, offset: 0n, length: 250_000 }).catch(() => 0);
        assert.equal((await client.run('echo alive')).stdout, 'alive\n');
        await client.end();
        if (command.includes('INFO')) await server.untilLog(/forced close ".*file" bytes read \d+ written 5000000/);
      });
    }
    test('10,000 handles are open at a time, and another session of the account opens its own', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as, { config: ['Subsystem sftp internal-sftp'] });
      await using client = await fixture.connect(server);
      const [first, second] = [await openSftp(client), await openSftp(client)];
      const open = { path: bytes('/dev/null'), flags: 1, attributes: {} };
      const wanted = Math.min(10_000, Math.floor(mostOpenFiles() / 2));
      for (let count = 0; count < wanted; count += 500) {
        const requests = Array.from({ length: Math.min(500, wanted - count) }, () => first.request('open', open));
        for (const { kind } of await Promise.all(requests)) assert.equal(kind, 'handle', `of ${wanted}, at ${count}`);
      }
      await second.handle(second.request('open', open));
      assert.equal((await client.run('echo alive')).stdout, 'alive\n');
    });

    test('kill -9 of the serving process ends an upload with an error, and reput brings the rest', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as, { config: ['Subsystem sftp internal-sftp'] });
      using place = folderOf(fixture.account);
      const data = Buffer.alloc(8_000_000, 'interrupted ');
      const source = fixture.openssh.folder.file('source');
      fs.writeFileSync(source, data);
      const options = [
        `Port=${server.port}`,
        `IdentityFile=${fixture.openssh.userKey.path}`,
        `UserKnownHostsFile=${server.knownHosts}`,
        'IdentitiesOnly=yes',
      ];
      const sftp = (limit: string, command: string): Promise<ProgramResult> => {
        const argv = ['-l', limit, '-b', '-', ...options.flatMap((option) => ['-o', option])];
        const where = `${server.user}@127.0.0.1`;
        return runProgram(programPath('sftp'), [...argv, where], { input: `${command}\n`, timeoutMs: 60_000 });
      };
      const target = `${place.path}/target`;
      const upload = sftp('2000', `put ${source} ${target}`);
      await until(() => (fs.statSync(target, { throwIfNoEntry: false })?.size ?? 0) > 100_000, 'an upload under way');
      const [pid] = childrenNamed(server.pid, /^sshd-session/);
      assert.ok(pid);
      process.kill(pid, 'SIGKILL');
      assert.notEqual((await upload).code, 0);
      const size = fs.statSync(target).size;
      assert.ok(size > 100_000 && size < data.length, `${size} bytes`);
      assert.ok(fs.readFileSync(target).equals(data.subarray(0, size)));
      const rest = await sftp('8000000', `reput ${source} ${target}`);
      assert.equal(rest.code, 0, rest.stderr);
      assert.ok(fs.readFileSync(target).equals(data));
    });
  });
}

describe('ChrootDirectory', skipUnless('root', 'openssh-client'), () => {
  test('Match puts a user below a folder: nothing leads out, and nothing but SFTP is served', async () => {
    await using fixture = await SshdFixture.create();
    const { name, uid } = fixture.account;
    const root = fs.mkdtempSync('/var/lib/sallyport-test-');
    try {
      fs.chmodSync(root, 0o755);
      fs.mkdirSync(`${root}/files`);
      fs.chownSync(`${root}/files`, uid, fixture.account.gid);
      fs.symlinkSync('/etc/passwd', `${root}/files/absolute`);
      fs.symlinkSync('../../../../../etc/passwd', `${root}/files/relative`);
      const config = [
        `Match User ${name} Address 127.0.0.1`,
        `ChrootDirectory ${root}`,
        'ForceCommand internal-sftp -d /files',
        'Match all',
      ];
      await using server = await fixture.start('root', { config });
      const client = await fixture.connect(server);
      const sftp = await openSftp(client);
      const names = async (path: string): Promise<string[]> => {
        const handle = await sftp.handle(sftp.request('opendir', { path: bytes(path) }));
        const reply = await sftp.request('readdir', { handle });
        return reply.kind === 'names' ? reply.entries.map((entry) => Buffer.from(entry.name).toString()).sort() : [];
      };
      assert.deepEqual(await names('.'), ['.', '..', 'absolute', 'relative']);
      assert.deepEqual(await names('/../..'), ['.', '..', 'files']);
      for (const path of ['absolute', 'relative', '/etc/passwd', '/proc/self/root/etc/passwd', '../../../etc/passwd'])
        assert.equal(await sftp.code(sftp.request('open', { path: bytes(path), flags: 1, attributes: {} })), 2, path);
      const made = await sftp.handle(sftp.request('open', { path: bytes('made'), flags: 10, attributes: {} }));
      assert.equal(await sftp.code(sftp.write(made, 0n, bytes('inside'))), 0);
      assert.equal(fs.readFileSync(`${root}/files/made`, 'utf8'), 'inside');
      const [pid] = childrenNamed(server.pid, /^sshd-session/);
      assert.ok(pid);
      const threads = ofThreads(pid, (folder) => ({
        places: [fs.readlinkSync(`${folder}/root`), fs.readlinkSync(`${folder}/cwd`)],
        status: fs.readFileSync(`${folder}/status`, 'utf8'),
      }));
      assert.ok(threads.length > 0);
      for (const { places, status } of threads) {
        assert.deepEqual(places, [root, root]);
        assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
        assert.match(status, /^CapEff:\t0+$/m);
        assert.match(status, /^CapPrm:\t0+$/m);
      }
      const refused = await fixture.ssh(server, ['id']);
      assert.deepEqual([refused.stdout, refused.code], ['This service allows sftp connections only.\n', 1]);
      await client.end();
    } finally {
      fs.rmSync(root, { recursive: true });
    }
  });

  test('a folder that others can write to, or that is not there, refuses the login', async () => {
    await using fixture = await SshdFixture.create();
    const { home } = fixture.account;
    for (const [folder, line] of [
      [home, new RegExp(`bad ownership or modes for chroot directory "${home}"`)],
      ['/tmp/x', /bad ownership or modes for chroot directory component "\/tmp\/"/],
      ['/var/lib/nowhere', /stat\("\/var\/lib\/nowhere"\): No such file or directory/],
    ] as const) {
      await using server = await fixture.start('root', { config: [`ChrootDirectory ${folder}`] });
      const result = await fixture.ssh(server, ['id']);
      assert.equal(result.code, 255);
      await server.untilLog(line);
    }
  });
});
