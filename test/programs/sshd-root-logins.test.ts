// sshd as root: passwords against shadow(5), PermitRootLogin, which accounts may log in at all. The accounts are
// made for the test.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { OpensshFixture, programPath, runProgram, skipUnless, TemporaryAccount } from '@sallyport/testing';
import { connect } from 'sallyport';
import type { ClientResult } from './sshd-fixture.ts';
import { ourSshd, textOf } from './sshd-fixture.ts';

const needs = skipUnless('root', 'openssh-client');
const fixture = needs.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);
after(() => fixture[Symbol.asyncDispose]?.());

const password = 'correct horse "battery" \u00fc';

function start(account: { readonly name: string }, config: readonly string[] = []): Promise<StockServer> {
  return fixture.startServer({
    program: ourSshd,
    user: account.name,
    config: ['PasswordAuthentication yes', ...config],
  });
}

/** The stock ssh, which asks a program for the password. */
async function withPassword(
  server: StockServer,
  answer: string,
  config: readonly string[] = [],
): Promise<ClientResult> {
  const askPass = await fixture.folder.write('askpass', '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n', 0o755);
  const env = { SSH_ASKPASS: askPass, SSH_ASKPASS_REQUIRE: 'force', ANSWER: answer };
  const settings = [
    'BatchMode=no',
    'PubkeyAuthentication=no',
    'PreferredAuthentications=password',
    'NumberOfPasswordPrompts=1',
  ];
  return textOf(await fixture.runClient(server, ['id -un'], { env, config: [...config, ...settings] }));
}

describe('passwords of sshd as root', needs, () => {
  test('the right password logs in, and wrong, empty and shortened ones do not', async () => {
    await using account = await TemporaryAccount.create({ password });
    await using server = await start(account);
    assert.deepEqual(await withPassword(server, password), { stdout: `${account.name}\n`, stderr: '', code: 0 });
    await server.untilLog(
      new RegExp(`Accepted password for ${account.name} from 127\\.0\\.0\\.1 port \\d+ ssh2\\r?\\n`),
    );
    for (const wrong of ['wrong', '', password.slice(0, -1), `${password}x`, password.toUpperCase()]) {
      const { stderr, code } = await withPassword(server, wrong);
      assert.equal(code, 255);
      assert.match(stderr, /Permission denied \(publickey,password\)\./);
    }
    await server.untilLog(new RegExp(`Failed password for ${account.name} from 127\\.0\\.0\\.1 port \\d+ ssh2\\r?\\n`));
    assert.ok(!server.log().includes('horse'));
  });

  test('a password with a NUL behind the right one is a wrong one', async () => {
    await using account = await TemporaryAccount.create({ password: 'secret' });
    await using server = await start(account);
    const { host, port, user, knownHosts } = server;
    const options = { host, port, user, knownHosts, identities: [], agent: false, timeoutMs: 20_000 } as const;
    await assert.rejects(connect({ ...options, password: 'secret\0tail' }), { name: 'AuthenticationError' });
    await using client = await connect({ ...options, password: 'secret' });
    assert.equal((await client.run('id -un')).stdout, `${account.name}\n`);
  });

  test('an account without a password lets nobody in by password, and one with an empty one only by PermitEmptyPasswords', async () => {
    await using none = await TemporaryAccount.create();
    await using server = await start(none, ['PermitEmptyPasswords yes']);
    assert.equal((await withPassword(server, '')).code, 255);
    await using empty = await TemporaryAccount.create({ password: '' });
    await using strict = await start(empty);
    assert.equal((await withPassword(strict, '')).code, 255);
    await using lax = await start(empty, ['PermitEmptyPasswords yes']);
    assert.equal((await withPassword(lax, '')).stdout, `${empty.name}\n`);
    await lax.untilLog(new RegExp(`Accepted none for ${empty.name} from `));
  });

  test('a user who does not exist is refused as by a wrong password', async () => {
    await using server = await start({ name: 'nobody-at-all' });
    const { stderr, code } = await withPassword(server, password);
    assert.equal(code, 255);
    assert.match(stderr, /^nobody-at-all@127\.0\.0\.1: Permission denied \(publickey,password\)\.\r?\n$/);
    await server.untilLog(/Invalid user nobody-at-all from 127\.0\.0\.1 port \d+/);
    await server.untilLog(/Failed password for invalid user nobody-at-all from 127\.0\.0\.1 port \d+ ssh2/);
    await server.untilLog(/Connection closed by invalid user nobody-at-all 127\.0\.0\.1 port \d+ \[preauth\]/);
  });

  test('locked and expired accounts, and those without a shell, may not log in by key either', async () => {
    for (const [args, line] of [
      [['-p', '!*'], /User \S+ not allowed because account is locked/],
      [['-e', '2020-01-01'], /Account \S+ has expired/],
      [['-s', '/bin/missing'], /User \S+ not allowed because shell \/bin\/missing does not exist/],
      [['-s', '/etc/passwd'], /User \S+ not allowed because shell \/etc\/passwd is not executable/],
    ] as const) {
      await using account = await TemporaryAccount.create({ useradd: args });
      await using server = await start(account);
      const { code } = textOf(await fixture.runClient(server, ['id']));
      assert.equal(code, 255);
      await server.untilLog(line);
      await server.untilLog(new RegExp(`Invalid user ${account.name} from`));
    }
  });
});

describe('root at sshd', needs, () => {
  test('PermitRootLogin lets root in by key, by password, by forced command, or not at all', async () => {
    const keys = fixture.folder.file('root-keys');
    const { publicLine } = fixture.userKey;
    for (const [setting, plain, forced] of [
      ['yes', true, true],
      ['prohibit-password', true, true],
      ['without-password', true, true],
      ['forced-commands-only', false, true],
      ['no', false, false],
    ] as const) {
      await using server = await start({ name: 'root' }, [`PermitRootLogin ${setting}`, `AuthorizedKeysFile ${keys}`]);
      await writeFile(keys, `${publicLine}\n`);
      assert.equal((await fixture.runClient(server, ['id -u'])).stdout.toString(), plain ? '0\n' : '', setting);
      await writeFile(keys, `command="echo forced" ${publicLine}\n`);
      assert.equal((await fixture.runClient(server, ['id -u'])).stdout.toString(), forced ? 'forced\n' : '', setting);
      if (!plain) await server.untilLog(/ROOT LOGIN REFUSED FROM 127\.0\.0\.1 port \d+/);
    }
  });

  test('an account with uid 0 is root under any name', async () => {
    await using account = await TemporaryAccount.create({ useradd: ['-o', '-u', '0'], password: 'secret' });
    await using server = await start(account, ['PermitRootLogin prohibit-password']);
    assert.equal((await withPassword(server, 'secret')).code, 255);
    await server.untilLog(/ROOT LOGIN REFUSED FROM/);
  });
});

describe('key files of other accounts', needs, () => {
  test("~/.ssh/authorized_keys is read with the account's rights, and StrictModes judges it", async () => {
    await using account = await TemporaryAccount.create();
    await using server = await start(account, ['AuthorizedKeysFile .ssh/authorized_keys', 'StrictModes yes']);
    const folder = join(account.home, '.ssh');
    const file = join(folder, 'authorized_keys');
    const as = async (command: string): Promise<void> => {
      assert.equal((await runProgram(programPath('sh'), ['-c', command], { account })).code, 0, command);
    };
    await as(`mkdir -m 700 ${folder} && echo '${fixture.userKey.publicLine}' > ${file}`);
    const login = async (): Promise<number | undefined> => (await fixture.runClient(server, ['true'])).code;
    assert.equal(await login(), 0);
    await as(`chmod g+w ${file}`);
    assert.equal(await login(), 255);
    await server.untilLog(new RegExp(`Authentication refused: bad ownership or modes for file ${file}`));
    await as(`chmod g-w ${file}; chmod o+w ${account.home}`);
    assert.equal(await login(), 255);
    await server.untilLog(new RegExp(`Authentication refused: bad ownership or modes for directory ${account.home}`));
    await as(`chmod o-w ${account.home}`);
    assert.equal(await login(), 0);
    const secret = await fixture.folder.write('of-root', `${fixture.userKey.publicLine}\n`, 0o600);
    await as(`ln -sf ${secret} ${file}`);
    assert.equal(await login(), 255);
    await as(`rm ${file} && mkfifo ${file}`);
    assert.equal(await login(), 255);
    await server.untilLog(/authorized keys \S+ is not a regular file/);
  });

  test('a home that cannot be entered leaves the session in / and says so', async () => {
    await using account = await TemporaryAccount.create();
    await rm(account.home, { recursive: true });
    await using server = await start(account);
    const { stdout, stderr, code } = textOf(await fixture.runClient(server, ['pwd']));
    assert.deepEqual([stdout, code], ['/\n', 0]);
    assert.equal(stderr, `Could not chdir to home directory ${account.home}: No such file or directory\n`);
  });
});
