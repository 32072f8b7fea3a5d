// What the options of a key in authorized_keys and the keywords of the configuration allow and demand of a session,
// with the stock ssh against our sshd.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { until } from '@sallyport/testing';
import type { ClientResult } from './sshd-fixture.ts';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

/** The client says why a forwarding was refused. */
const loud = { config: ['LogLevel=INFO'] };

for (const { as, needs } of waysToRun) {
  describe(`sshd as ${as}`, needs, () => {
    const keysFile = fixture.openssh.folder.file(`keys-of-${as}`);
    let server: StockServer;
    before(async () => {
      server = await fixture.start(as, {
        config: [
          `AuthorizedKeysFile ${keysFile} /nowhere`,
          'PermitUserEnvironment GOOD_*',
          'Subsystem hello /bin/echo hello',
          'AcceptEnv SENT',
        ],
      });
    });
    after(() => server?.end());

    /** Logs in with the key whose line has these options. */
    async function withOptions(options: string, ...args: readonly string[]): Promise<ClientResult> {
      await writeFile(keysFile, `${options} ${fixture.openssh.userKey.publicLine}\n`);
      return fixture.ssh(server, args, loud);
    }

    test('command= runs instead of a command, a shell and a subsystem, and sees what was asked', async () => {
      const options = 'command="echo forced [$SSH_ORIGINAL_COMMAND]"';
      assert.equal((await withOptions(options, 'rm -rf /')).stdout, 'forced [rm -rf /]\n');
      assert.equal((await withOptions(options)).stdout, 'forced []\n');
      assert.equal((await withOptions(options, '-s', 'hello')).stdout, 'forced [/bin/echo hello]\n');
      await server.untilLog(
        /Starting session: forced-command \(key-option\) 'echo forced \[\$SSH_ORIGINAL_COMMAND\]' for /,
      );
    });

    test('no-pty and restrict refuse a terminal, and the command still runs', async () => {
      for (const options of ['no-pty', 'restrict']) {
        assert.match((await withOptions(options, '-tt', 'tty')).stderr, /PTY allocation request failed on channel 0/);
        assert.equal((await withOptions(options, 'tty; echo on')).stdout, 'not a tty\non\n');
      }
      assert.match((await withOptions('restrict,pty', '-tt', 'tty')).stdout, /^\/dev\/pts\/\d+\r\n$/);
    });

    test('from= lets the key in from there only', async () => {
      assert.equal((await withOptions('from="127.0.0.0/8"', 'echo in')).stdout, 'in\n');
      const { stderr, code } = await withOptions('from="192.0.2.1"', 'echo in');
      assert.match(stderr, /Permission denied \(publickey\)/);
      assert.equal(code, 255);
      await server.untilLog(
        new RegExp(
          ':1: Authentication tried for \\S+ with correct key but not from a permitted host ' +
            '\\(host=127\\.0\\.0\\.1, ip=127\\.0\\.0\\.1, required=192\\.0\\.2\\.1\\)\\.',
        ),
      );
    });

    test('expiry-time= ends the use of a key', async () => {
      assert.equal((await withOptions('expiry-time="20380101"', 'echo in')).stdout, 'in\n');
      assert.equal((await withOptions('expiry-time="20200101"', 'echo in')).code, 255);
    });

    test('environment= sets what PermitUserEnvironment allows and nothing that steers our runtime', async () => {
      const options =
        'environment="GOOD_1=one",environment="GOOD_1=two",environment="BAD=x",environment="BUN_OPTIONS=y"';
      const { stdout } = await withOptions(options, 'echo $GOOD_1 [$BAD] [$BUN_OPTIONS]');
      assert.equal(stdout, 'one [] []\n');
    });

    test('a key whose line is damaged lets nobody in', async () => {
      for (const options of ['nonsense', 'command="x', 'cert-authority']) {
        assert.equal((await withOptions(options, 'echo in')).code, 255, options);
      }
    });

    test('permitopen= and no-port-forwarding hold for what the client wants dialled', async () => {
      const target = `127.0.0.1:${server.port}`;
      const ident = /^SSH-2\.0-Sallyport/;
      assert.match((await withOptions('', '-W', target)).stdout, ident);
      assert.match((await withOptions(`permitopen="${target}"`, '-W', target)).stdout, ident);
      assert.match((await withOptions('permitopen="127.0.0.1:*"', '-W', target)).stdout, ident);
      for (const options of [
        'permitopen="127.0.0.1:1"',
        `permitopen="localhost:${server.port}"`,
        'no-port-forwarding',
        'restrict',
      ]) {
        const { stdout, stderr } = await withOptions(options, '-W', target);
        assert.equal(stdout, '', options);
        assert.match(stderr, /open failed: administratively prohibited: open failed/);
      }
      await server.untilLog(
        new RegExp(
          'Received request from 127\\.0\\.0\\.1 port \\d+ to connect to host 127\\.0\\.0\\.1 ' +
            `port ${server.port}, but the request was denied\\.`,
        ),
      );
    });

    test('the first of two lines with the key that fits is the one that counts', async () => {
      const { publicLine } = fixture.openssh.userKey;
      await writeFile(keysFile, `from="192.0.2.1",command="echo no" ${publicLine}\ncommand="echo yes" ${publicLine}\n`);
      assert.equal((await fixture.ssh(server, ['x'])).stdout, 'yes\n');
    });
  });

  describe(`the configuration of sshd as ${as}`, needs, () => {
    test("ForceCommand stands before the key's command", async () => {
      const { userKey } = fixture.openssh;
      await using server = await fixture.start(as, {
        config: ['ForceCommand echo configured', `AuthorizedKeysFile ${fixture.openssh.folder.file(`forced-${as}`)}`],
      });
      await writeFile(fixture.openssh.folder.file(`forced-${as}`), `command="echo key" ${userKey.publicLine}\n`);
      assert.equal((await fixture.ssh(server, ['x'])).stdout, 'configured\n');
    });

    test('PermitTTY, AllowTcpForwarding, DisableForwarding and PermitOpen restrict every key', async () => {
      await using server = await fixture.start(as, { config: ['PermitTTY no', 'PermitOpen 127.0.0.1:1'] });
      assert.match((await fixture.ssh(server, ['-tt', 'tty'])).stderr, /PTY allocation request failed/);
      const refused = /administratively prohibited/;
      assert.match((await fixture.ssh(server, ['-W', `127.0.0.1:${server.port}`], loud)).stderr, refused);
      for (const line of [
        'AllowTcpForwarding no',
        'AllowTcpForwarding remote',
        'DisableForwarding yes',
        'PermitOpen none',
      ]) {
        await using other = await fixture.start(as, { config: [line] });
        assert.match((await fixture.ssh(other, ['-W', `127.0.0.1:${other.port}`], loud)).stderr, refused, line);
      }
    });

    test('PubkeyAuthentication no and PubkeyAcceptedAlgorithms let no such key in', async () => {
      for (const line of [
        'PubkeyAuthentication no',
        'PubkeyAcceptedAlgorithms rsa-sha2-512',
        'DenyUsers *',
        'AllowUsers nobody',
        'AllowGroups none',
      ]) {
        await using server = await fixture.start(as, { config: [line] });
        assert.equal((await fixture.ssh(server, ['echo in'])).code, 255, line);
      }
    });

    test('Match blocks hold for their user only', async () => {
      const { name } = fixture.account;
      await using server = await fixture.start(as, {
        args: ['-o', 'PermitTTY=yes'],
        config: [],
      });
      assert.match((await fixture.ssh(server, ['-tt', 'tty'])).stdout, /pts/);
      const file = await fixture.openssh.folder.write(
        `match-${as}`,
        `Match User ${name}\n ForceCommand echo matched\nMatch User other\n ForceCommand echo other\n`,
        0o644,
      );
      await using matching = await fixture.start(as, { config: [`Include ${file}`] });
      assert.equal((await fixture.ssh(matching, ['x'])).stdout, 'matched\n');
    });

    test('ExposeAuthInfo tells programs by which key the user came, in a file of their own', async () => {
      await using server = await fixture.start(as, { config: ['ExposeAuthInfo yes'] });
      const script = 'cat "$SSH_USER_AUTH"; stat -c %a "$SSH_USER_AUTH"; echo "$SSH_USER_AUTH"';
      const { stdout } = await fixture.ssh(server, [script]);
      const [line, mode, path = ''] = stdout.trim().split('\n');
      assert.deepEqual([line, mode], [`publickey ${fixture.openssh.userKey.publicLine}`, '600']);
      await until(() => !existsSync(path), 'it goes with the connection');
      await using silent = await fixture.start(as);
      assert.equal((await fixture.ssh(silent, ['echo "<$SSH_USER_AUTH>"'])).stdout, '<>\n');
    });
  });
}
