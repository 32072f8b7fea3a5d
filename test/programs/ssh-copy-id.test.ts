// ssh-copy-id against the stock sshd, for an account of its own: a key that is not let in is added with the password,
// a key that is let in is not added again, and what was in the file stays.

import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ProgramResult, StockServer } from '@sallyport/testing';
import { OpensshFixture, ourProgram, programPath, runProgram, skipUnless, TemporaryAccount } from '@sallyport/testing';

const program = ourProgram('ssh-copy-id');
const password = 'open sesame';

describe('ssh-copy-id', skipUnless('openssh-server', 'openssh-client', 'root'), () => {
  let openssh: OpensshFixture;
  let account: TemporaryAccount;
  let server: StockServer;
  let keys: string;

  before(async () => {
    openssh = await OpensshFixture.create();
    account = await TemporaryAccount.create({ password });
    keys = `${account.home}/.ssh/authorized_keys`;
    server = await openssh.startServer({
      user: account.name,
      config: ['AuthorizedKeysFile .ssh/authorized_keys', 'PasswordAuthentication yes', 'UsePAM no', 'MaxStartups 100'],
    });
  });
  after(async () => {
    await server?.end();
    await account?.[Symbol.asyncDispose]();
    await openssh?.[Symbol.asyncDispose]();
  });

  /** With nothing of our own but what is given, and the password where it is asked for. */
  async function copyId(...argv: readonly string[]): Promise<ProgramResult> {
    const { host, port, user, knownHosts } = server;
    const askpass = await openssh.folder.write('askpass', `#!/bin/sh\necho '${password}'\n`, 0o755);
    const own = ['-F', '/dev/null', '-p', String(port), '-o', `UserKnownHostsFile=${knownHosts}`];
    const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', HOME: openssh.folder.path };
    return await runProgram(program, [...own, ...argv, `${user}@${host}`], { env });
  }

  async function newKey(name: string): Promise<{ readonly path: string; readonly line: string }> {
    const path = openssh.folder.file(name);
    await runProgram(programPath('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
    return { path, line: readFileSync(`${path}.pub`, 'utf8') };
  }

  /** What the account has before; undefined is no folder at all. */
  function prepare(contents: string): void {
    mkdirSync(`${account.home}/.ssh`, { recursive: true, mode: 0o700 });
    writeFileSync(keys, contents, { mode: 0o600 });
    for (const path of [`${account.home}/.ssh`, keys]) chownSync(path, account.uid, account.gid);
  }

  test('a key is added once: the second time it is let in already', async () => {
    const { path, line } = await newKey('first');
    const first = await copyId('-i', path);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /INFO: 1 key\(s\) remain to be installed/);
    assert.match(
      first.stdout.toString(),
      /^\nNumber of key\(s\) added: 1\n\nNow try logging into the machine, with: {3}"ssh -i /,
    );
    assert.equal(readFileSync(keys, 'utf8'), line);
    assert.deepEqual([statSync(keys).mode & 0o777, statSync(keys).uid], [0o600, account.uid]);
    const second = await copyId('-i', path);
    assert.deepEqual([second.code, second.stdout.toString()], [0, '']);
    assert.match(second.stderr, /All keys were skipped because they already exist on the remote system/);
    assert.equal(readFileSync(keys, 'utf8'), line);
  });

  for (const [way, options] of [
    ['a shell', []],
    ['SFTP', ['-s']],
  ] as const) {
    test(`what was in the file stays, through ${way}`, async () => {
      const old = '# mine\nssh-rsa AAAA broken without an end';
      prepare(old);
      const { path, line } = await newKey(`by-${way.replace(' ', '-')}`);
      const { code, stderr } = await copyId(...options, '-i', path);
      assert.equal(code, 0, stderr);
      assert.equal(readFileSync(keys, 'utf8'), `${old}\n${line}`);
      assert.deepEqual([statSync(keys).mode & 0o777, statSync(keys).uid], [0o600, account.uid]);
    });
  }

  test('-n changes nothing and says what it would do', async () => {
    prepare('# mine\n');
    const { path, line } = await newKey('dry');
    const { code, stdout } = await copyId('-n', '-i', path);
    assert.equal(code, 0);
    assert.ok(stdout.toString().includes(`Would have added the following key(s):\n\n${line}`));
    assert.equal(readFileSync(keys, 'utf8'), '# mine\n');
  });

  test('-t names another file, and -f tries no key', async () => {
    const { path, line } = await newKey('elsewhere');
    const { code, stderr } = await copyId('-f', '-t', 'some where/keys', '-i', path);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /attempting to log in/);
    assert.equal(readFileSync(`${account.home}/some where/keys`, 'utf8'), line);
  });

  test('a host that is not there is an error, and nothing is said to be added', async () => {
    const { path } = await newKey('nowhere');
    const { code, stdout, stderr } = await runProgram(program, ['-F', '/dev/null', '-p', '1', '-i', path, '127.0.0.1']);
    assert.deepEqual([code, stdout.toString()], [1, '']);
    assert.match(stderr, /^ssh-copy-id: ERROR: ssh: connect to host 127\.0\.0\.1 port 1: Connection refused$/m);
  });
});
