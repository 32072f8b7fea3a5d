// Agent forwarding by sshd: programs of a session use the client's agent through a socket of their own, nobody else
// does, and nothing of it is left behind.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { programPath, runProgram, skipUnless, startProgram, TemporaryAccount, until } from '@sallyport/testing';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

const hasAgent = skipUnless('openssh-agent');

class Lender implements AsyncDisposable {
  readonly socket: string;
  readonly #agent: ReturnType<typeof startProgram>;

  constructor(name: string) {
    this.socket = fixture.openssh.folder.file(name);
    this.#agent = startProgram(programPath('ssh-agent'), ['-D', '-a', this.socket], { timeoutMs: 60_000 });
  }

  async ready(): Promise<this> {
    await until(() => this.#agent.stdout().includes('SSH_AUTH_SOCK'), 'the agent is there');
    const { path } = fixture.openssh.userKey;
    const add = await runProgram(programPath('ssh-add'), ['-q', path], { env: { SSH_AUTH_SOCK: this.socket } });
    assert.equal(add.code, 0, add.stderr);
    return this;
  }

  /** Options of a client that lends it. */
  lend(): { readonly config: readonly string[] } {
    return { config: ['ForwardAgent=yes', `IdentityAgent=${this.socket}`] };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#agent.end();
  }
}

for (const { as, needs } of waysToRun) {
  const all = hasAgent.skip === false ? needs : hasAgent;
  describe(`agent forwarding of sshd as ${as}`, all, () => {
    test('programs see the keys of the client and sign with them, from a folder of their own', async () => {
      await using lender = await new Lender(`agent-${as}`).ready();
      await using server = await fixture.start(as);
      const modes = 'stat -c %a,%U "$SSH_AUTH_SOCK" "$(dirname "$SSH_AUTH_SOCK")"';
      const script = `ssh-add -L; ssh-add -T /dev/stdin; ${modes}; echo $SSH_AUTH_SOCK`;
      const input = `${fixture.openssh.userKey.publicLine}\n`;
      const { stdout, stderr, code } = await fixture.ssh(server, [script], { ...lender.lend(), input });
      assert.deepEqual([code, stderr], [0, '']);
      const [key = '', socket, folder, path = ''] = stdout.trim().split('\n');
      const { name } = fixture.account;
      assert.ok(key.startsWith(fixture.openssh.userKey.publicLine));
      assert.deepEqual([socket, folder], [`600,${name}`, `700,${name}`]);
      await until(() => !existsSync(path.replace(/\/agent\.\d+$/, '')), 'socket and folder are gone');
    });

    test('many connections to the agent at once are all served', async () => {
      await using lender = await new Lender(`many-${as}`).ready();
      await using server = await fixture.start(as);
      const script = 'for i in 1 2 3 4 5 6 7 8; do ssh-add -l & done; wait';
      const { stdout } = await fixture.ssh(server, [script], lender.lend());
      assert.equal(stdout.trim().split('\n').length, 8);
      assert.ok(stdout.split('\n').every((line) => line === '' || line.includes('(ED25519)')));
    });

    test('nothing is lent that was not asked for, or that the configuration or the key forbids', async () => {
      await using lender = await new Lender(`none-${as}`).ready();
      const other = await fixture.openssh.key('ed25519', 'no-agent');
      const authorizedKeys = [`no-agent-forwarding ${other.publicLine}`];
      const script = ['echo "<$SSH_AUTH_SOCK>"'];
      await using server = await fixture.start(as, { authorizedKeys });
      assert.equal((await fixture.ssh(server, script, { config: [`IdentityAgent=${lender.socket}`] })).stdout, '<>\n');
      const byKey = lender.lend();
      const config = [...byKey.config, `IdentityFile=${other.path}`];
      const client = fixture.openssh.clientArguments(server, config).filter((word, at, words) => {
        const own = `IdentityFile=${fixture.openssh.userKey.path}`;
        return word !== own && words[at + 1] !== own;
      });
      const restricted = await runProgram(programPath('ssh'), [...client, ...script], {
        env: { HOME: fixture.openssh.folder.path },
      });
      assert.equal(restricted.stdout.toString(), '<>\n');
      for (const line of ['AllowAgentForwarding no', 'DisableForwarding yes']) {
        await using closed = await fixture.start(as, { config: [line] });
        assert.equal((await fixture.ssh(closed, script, lender.lend())).stdout, '<>\n', line);
      }
    });

    test('a socket whose client has gone answers nobody and is removed', async () => {
      await using lender = await new Lender(`gone-${as}`).ready();
      await using server = await fixture.start(as);
      const client = fixture.openssh.startClient(server, ['echo $SSH_AUTH_SOCK; sleep 100'], lender.lend());
      await until(() => client.stdout().includes('\n'), 'the session runs');
      const path = client.stdout().toString().trim();
      assert.ok(existsSync(path));
      await client.end('SIGKILL');
      await until(() => !existsSync(path), 'the socket is gone');
    });
  });
}

test('another account cannot use the socket', skipUnless('root', 'openssh-agent', 'openssh-client'), async () => {
  await using other = await TemporaryAccount.create();
  await using lender = await new Lender('private').ready();
  await using server = await fixture.start('root');
  const client = fixture.openssh.startClient(server, ['echo $SSH_AUTH_SOCK; sleep 100'], lender.lend());
  await until(() => client.stdout().includes('\n'), 'the session runs');
  const path = client.stdout().toString().trim();
  const foreign = await runProgram(programPath('ssh-add'), ['-l'], { account: other, env: { SSH_AUTH_SOCK: path } });
  assert.equal(foreign.code, 2);
  assert.match(foreign.stderr, /Permission denied/);
});
