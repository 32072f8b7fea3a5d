// Sessions that our sftp-server leaves to the account process of our sshd: seen by who has the client's files open, and
// by what the account's shell and the program's options still decide.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { ourProgram, programPath, runProgram, until } from '@sallyport/testing';
import { hasEnded } from '@sallyport/testing/has-ended';
import type { SftpDriver } from '@sallyport/testing/sftp-driver';
import { openSftp } from '@sallyport/testing/sftp-driver';
import { children, childrenNamed, commandLine, descriptors } from './processes.ts';
import { needsRoot, SshdFixture, waysToRun } from './sshd-fixture.ts';

const ourSftpServer = ourProgram('sftp-server');
const bytes = (text: string): Uint8Array => Buffer.from(text);
const openFlags = { read: 1, write: 2, writeAndCreate: 10 } as const;
const permissionDenied = 3;
const failure = 4;
const badMessage = 5;

/** A folder for everybody. */
function commonFolder(): Disposable & { readonly path: string } {
  const path = fs.mkdtempSync('/tmp/sallyport-test-');
  fs.chmodSync(path, 0o777);
  return { path, [Symbol.dispose]: () => fs.rmSync(path, { recursive: true, force: true }) };
}

interface Processes {
  readonly account: number;
  readonly program: number;
}

/** The account process and the sftp-server below it, for which shells may wait. */
function processesOf(server: StockServer): Processes {
  const [account] = childrenNamed(server.pid, /^sshd-session/);
  assert.ok(account);
  let [program] = childrenNamed(account, /sftp-server/);
  assert.ok(program);
  for (let next: number | undefined = program; next !== undefined; [next] = childrenNamed(next, /sftp-server/)) {
    program = next;
  }
  return { account, program };
}

function openFile(sftp: SftpDriver, path: string, flags: number): Promise<Uint8Array> {
  return sftp.handle(sftp.request('open', { path: bytes(path), flags, attributes: {} }));
}

for (const { as, needs } of waysToRun) {
  describe(`the memory of who serves SFTP below sshd as ${as}`, needs, () => {
    for (const [who, command] of [
      ['the account process', ourSftpServer],
      ['sftp-server', `exec ${ourSftpServer}`],
      ['internal-sftp', 'internal-sftp'],
    ] as const) {
      test(`is no file for its client: ${who}`, async () => {
        await using fixture = await SshdFixture.create();
        await using server = await fixture.start(as, { config: [`Subsystem sftp ${command}`] });
        const client = await fixture.connect(server);
        const sftp = await openSftp(client);
        const path = bytes('/proc/self/mem');
        for (const flags of [openFlags.read, openFlags.write])
          assert.equal(await sftp.code(sftp.request('open', { path, flags, attributes: {} })), permissionDenied);
        await client.end();
      });
    }
  });

  describe(`sftp-server below sshd as ${as}`, needsRoot, () => {
    test('no memory of ours is a file for the client of a session that was left', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as, { config: [`Subsystem sftp ${ourSftpServer}`] });
      const client = await fixture.connect(server);
      const sftp = await openSftp(client);
      const { account, program } = processesOf(server);
      for (const pid of [server.pid, account, program]) {
        const path = bytes(`/proc/${pid}/mem`);
        for (const flags of [openFlags.read, openFlags.write])
          assert.equal(await sftp.code(sftp.request('open', { path, flags, attributes: {} })), permissionDenied);
      }
      await client.end();
    });

    test('leaves its files to the account process, with its options', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as, { config: [`Subsystem sftp ${ourSftpServer} -R -d /`] });
      using place = commonFolder();
      const path = `${place.path}/file`;
      fs.writeFileSync(path, 'text');
      const client = await fixture.connect(server);
      const sftp = await openSftp(client);
      const { account, program } = processesOf(server);
      const handle = await openFile(sftp, path, openFlags.read);
      assert.deepEqual([descriptors(account).includes(path), descriptors(program).includes(path)], [true, false]);
      const reply = await sftp.request('read', { handle, offset: 1n, length: 10 });
      assert.equal(reply.kind === 'data' && Buffer.from(reply.data).toString(), 'ext');
      const start = await sftp.request('realpath', { path: bytes('.') });
      assert.equal(start.kind === 'names' && Buffer.from(start.entries[0]?.name ?? []).toString(), '/');
      const write = sftp.request('open', {
        path: bytes(`${path}2`),
        flags: openFlags.writeAndCreate,
        attributes: {},
      });
      assert.equal(await sftp.code(write), permissionDenied);
      await client.end();
      await until(() => !fs.existsSync(`/proc/${program}`), 'the end of sftp-server');
      assert.ok(!descriptors(account).includes(path));
    });

    test('a client gets its log and its exit status', async () => {
      await using fixture = await SshdFixture.create();
      const config = [`Subsystem sftp ${ourSftpServer} -e -l INFO`];
      await using server = await fixture.start(as, { config });
      const argv = ['-b', '-', '-i', fixture.openssh.userKey.path, '-P', String(server.port)];
      const options = ['IdentitiesOnly=yes', `UserKnownHostsFile=${server.knownHosts}`];
      argv.push(...options.flatMap((option) => ['-o', option]), `${server.user}@127.0.0.1`);
      const result = await runProgram(programPath('sftp'), argv, { input: 'ls /nowhere/at/all\n' });
      assert.match(result.stderr, /^session opened for local user \S+ from \[127\.0\.0\.1\]\r?$/m);
      assert.match(result.stderr, /^sent status No such file\r?$/m);
      assert.equal(result.code, 1);
    });

    test('what the shell runs behind it has the end of the input', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as);
      const command = `${ourSftpServer} -e -l INFO ; cat ; echo over`;
      const client = fixture.openssh.startClient(server, [command]);
      await client.untilStderr(/^session opened for local user/m);
      client.child.stdin?.end();
      assert.equal(String((await client.exited).stdout), 'over\n');
    });

    test('a name that fills a packet is logged, and answered', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as);
      using place = commonFolder();
      const client = await fixture.connect(server);
      const sftp = await openSftp(client, `${ourSftpServer} -e -l INFO 2>${place.path}/log`);
      const { program } = processesOf(server);
      const path = new Uint8Array(200_000).fill(1);
      assert.equal(await sftp.code(sftp.request('opendir', { path })), badMessage);
      await client.end();
      await until(() => !fs.existsSync(`/proc/${program}`), 'the end of sftp-server');
      const log = fs.readFileSync(`${place.path}/log`, 'utf8');
      assert.match(log, /^opendir "(\\001){200000}"\r?\nsent status Bad message\r?\nsession closed for local user/m);
    });

    test('it logs what it has not logged yet when the client has gone', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as);
      using place = commonFolder();
      await using other = await fixture.connect(server);
      const client = await fixture.connect(server);
      const sftp = await openSftp(client, `${ourSftpServer} -e -l INFO 2>${place.path}/log`);
      const { account, program } = processesOf(server);
      await openFile(sftp, '/etc/passwd', openFlags.read);
      process.kill(program, 'SIGSTOP');
      // Four times as much in the log, which is more than the socket between the two holds.
      await sftp.request('opendir', { path: new Uint8Array(100_000).fill(1) });
      await client.end();
      await until(() => !descriptors(account).includes('/etc/passwd'), 'the close of what was open');
      process.kill(program, 'SIGCONT');
      await until(() => !fs.existsSync(`/proc/${program}`), 'the end of sftp-server');
      const log = fs.readFileSync(`${place.path}/log`, 'utf8');
      assert.match(log, /^forced close "\/etc\/passwd" bytes read 0 written 0\r?\nsession closed for local user/m);
      await other.end();
    });

    test('it tells its log of the end that the account process cannot tell', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as);
      using place = commonFolder();
      await using client = await fixture.connect(server);
      const sftp = await openSftp(client, `${ourSftpServer} -e -l INFO 2>${place.path}/log`);
      const { account, program } = processesOf(server);
      await openFile(sftp, '/etc/passwd', openFlags.read);
      process.kill(account, 'SIGKILL');
      // It is nobody's child any more.
      await until(() => hasEnded(program), 'the end of sftp-server');
      assert.match(fs.readFileSync(`${place.path}/log`, 'utf8'), /^session closed for local user \S+ from/m);
    });

    test('its end by a signal is the end of the session', async () => {
      await using fixture = await SshdFixture.create();
      await using server = await fixture.start(as, { config: [`Subsystem sftp ${ourSftpServer}`] });
      const client = await fixture.connect(server);
      const sftp = await openSftp(client);
      const { account, program } = processesOf(server);
      await openFile(sftp, '/etc/passwd', openFlags.read);
      process.kill(program, 'SIGKILL');
      await sftp.ended;
      await until(() => !descriptors(account).includes('/etc/passwd'), 'the close of what was open');
      assert.equal((await client.run('echo alive')).stdout, 'alive\n');
      await client.end();
    });
  });
}

/** Why a line cannot be tried: the program that it runs the shell by is not installed, or not permitted here. */
function missingWrapper(line: string): string | false {
  const wrapper = /^exec (?:ionice|chrt|choom|strace) .*(?=\/bin\/sh "\$@"$)/.exec(line)?.[0];
  if (wrapper === undefined) return false;
  const { status } = spawnSync('/bin/sh', ['-c', `${wrapper} /bin/true`], { stdio: 'ignore' });
  return status !== 0 && `not on this machine, or not permitted: ${wrapper}`;
}

describe('what the shell of the account does before sftp-server', needsRoot, () => {
  async function serveWith(script: readonly string[]) {
    using place = commonFolder();
    const shell = `${place.path}/shell`;
    fs.writeFileSync(shell, ['#!/bin/sh', ...script, 'exec /bin/sh "$@"', ''].join('\n'), { mode: 0o755 });
    await using fixture = await SshdFixture.create({ shell });
    await using server = await fixture.start('root', { config: [`Subsystem sftp ${ourSftpServer}`] });
    const client = await fixture.connect(server);
    const sftp = await openSftp(client);
    const handle = await openFile(sftp, `${place.path}/made`, openFlags.writeAndCreate);
    const processes = processesOf(server);
    const isOpenIn = (pid: number): boolean => descriptors(pid).includes(`${place.path}/made`);
    const served = { byAccount: isOpenIn(processes.account), byProgram: isOpenIn(processes.program) };
    const write = (offset: bigint): Promise<number> => sftp.code(sftp.write(handle, offset, bytes('text')));
    const codes = [await write(0n), await write(1_000_000n)];
    const mode = fs.statSync(`${place.path}/made`).mode & 0o777;
    await client.end();
    return { ...served, codes, mode };
  }

  test('a process that start-up files leave behind cannot end the session by an sftp-server of its own', async () => {
    using place = commonFolder();
    const [shell, flag, done] = ['shell', 'flag', 'done'].map((name) => `${place.path}/${name}`) as [
      string,
      string,
      string,
    ];
    const later = `until [ -e ${flag} ]; do sleep 0.1; done; : | ${ourSftpServer}; : > ${done}`;
    const script = ['#!/bin/sh', `( ${later} ) </dev/null >/dev/null 2>&1 &`, 'exec /bin/sh "$@"', ''];
    fs.writeFileSync(shell, script.join('\n'), { mode: 0o755 });
    await using fixture = await SshdFixture.create({ shell });
    await using server = await fixture.start('root', { config: [`Subsystem sftp ${ourSftpServer}`] });
    await using client = await fixture.connect(server);
    const sftp = await openSftp(client);
    const handle = await openFile(sftp, `${place.path}/made`, openFlags.writeAndCreate);
    fs.writeFileSync(flag, '');
    await until(() => fs.existsSync(done), 'the end of the other sftp-server');
    const written = sftp.code(sftp.write(handle, 0n, bytes('text')));
    assert.equal(await Promise.race([written, sftp.ended]), 0);
    await client.end();
  });

  test('a process that start-up files leave behind does not keep the session of an sftp-server that is over', async () => {
    using place = commonFolder();
    const [shell, flag] = [`${place.path}/shell`, `${place.path}/flag`];
    // It has the descriptors of sftp-server, the socket to the account process among them.
    const script = ['#!/bin/sh', `( until [ -e ${flag} ]; do sleep 0.1; done ) <&0 &`, 'exec /bin/sh "$@"', ''];
    fs.writeFileSync(shell, script.join('\n'), { mode: 0o755 });
    await using fixture = await SshdFixture.create({ shell });
    await using server = await fixture.start('root', { config: [`Subsystem sftp ${ourSftpServer}`] });
    await using client = await fixture.connect(server);
    const sftp = await openSftp(client);
    const [account = 0] = childrenNamed(server.pid, /^sshd-session/);
    const below = childrenNamed(account, /sftp-server/);
    const [program] = [...below, ...below.flatMap(children)].filter((pid) => /^\S+sftp-server/.test(commandLine(pid)));
    assert.ok(program);
    await openFile(sftp, '/etc/passwd', openFlags.read);
    process.kill(program, 'SIGKILL');
    try {
      await until(() => !descriptors(account).includes('/etc/passwd'), 'the close of what was open');
    } finally {
      fs.writeFileSync(flag, '');
    }
    await sftp.ended;
  });

  for (const [what, script, expected] of [
    ['a mask of its own holds', ['umask 027'], { byAccount: true, byProgram: false, codes: [0, 0], mode: 0o640 }],
    [
      'a limit keeps the session in the limited process',
      ['ulimit -f 8'],
      { byAccount: false, byProgram: true, codes: [0, failure], mode: 0o644 },
    ],
    [
      'rules of its own keep the session under them',
      ['exec setpriv --no-new-privs /bin/sh "$@"'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'less of the disk keeps the session there',
      ['exec ionice -c 3 /bin/sh "$@"'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'another way to be scheduled keeps the session there',
      ['exec chrt -i 0 /bin/sh "$@"'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'the choice to go first keeps the session there',
      ['exec choom -n 900 -- /bin/sh "$@"'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'a library for audits keeps the session there',
      ['export LD_AUDIT='],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'who watches its calls keeps the session there',
      ['exec strace -f -o /dev/null /bin/sh "$@"'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'another use of the descriptor keeps the session there',
      ['exec 9</dev/null'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'another use of it that is a socket, too, keeps the session there',
      ['exec 9>&1'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'a program before its input keeps the session there',
      ['tee /dev/null | /bin/sh "$@"', 'exit'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'a program behind its output keeps the session there',
      ['/bin/sh "$@" | cat', 'exit'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
    [
      'garbage on the descriptor keeps the session there',
      ['printf garbage >&9'],
      { byAccount: false, byProgram: true, codes: [0, 0], mode: 0o644 },
    ],
  ] as const) {
    test(what, { skip: missingWrapper(script[0] ?? '') }, async () =>
      assert.deepEqual(await serveWith(script), expected),
    );
  }
});
