// The limit of open files (RLIMIT_NOFILE) of what sshd, ssh, sftp and ssh-agent start for their users: the one that
// they were started with, as from OpenSSH, although the runtime has raised their own.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ourProgram, runProgram } from '@sallyport/testing';
import { ourSshd, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

const softLimit = 333;
const hardLimit = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
const question = 'ulimit -Sn; ulimit -Hn';

/** A program that starts sshd below a shell with that soft limit, and ends it. */
function wrapped(name: string, sshd: string): Promise<string> {
  const lines = ['#!/bin/sh', `ulimit -Sn ${softLimit}`, `${sshd} "$@" &`, 'trap "kill $!" TERM', 'wait', ''];
  return fixture.openssh.folder.write(name, lines.join('\n'), 0o755);
}

for (const { as, needs } of waysToRun) {
  describe(`open files below sshd as ${as}`, needs, () => {
    test('programs have the soft and hard limit that sshd was started with, with and without a terminal', async () => {
      const program = await wrapped(`sshd-${as}`, ourSshd);
      await using server = await fixture.start(as, { program });
      const plain = await fixture.ssh(server, [question]);
      assert.equal(plain.stdout, `${softLimit}\n${hardLimit}\n`, plain.stderr);
      const onTerminal = await fixture.ssh(server, ['-tt', question]);
      assert.equal(onTerminal.stdout, `${softLimit}\r\n${hardLimit}\r\n`, onTerminal.stderr);
    });

    test('the account process may open more, and starts the next program with the same limit again', async () => {
      const program = await wrapped(`sshd-more-${as}`, ourSshd);
      await using server = await fixture.start(as, { program });
      await using client = await fixture.connect(server);
      // The account process has the lower limit until the program runs, and raises it before it sends the input.
      const parent = "read line; grep '^Max open files' /proc/$PPID/limits";
      const asked = await client.run(`${parent}; ulimit -Sn`, { input: '\n' });
      const [own = '', limit = ''] = asked.stdout.trim().split('\n');
      assert.match(own, new RegExp(`^Max open files +${hardLimit} +${hardLimit} `));
      assert.equal(limit, String(softLimit));
      assert.equal((await client.run('ulimit -Sn')).stdout, `${softLimit}\n`);
    });
  });
}

/** What a client writes below a shell with the limit. */
async function below(
  program: string,
  args: readonly string[],
  { input = '', ...variables }: Readonly<Record<string, string>> = {},
): Promise<string> {
  const script = `ulimit -Sn ${softLimit}; "$0" "$@"; true`;
  const env = { HOME: fixture.openssh.folder.path, ...variables };
  const { stdout, stderr } = await runProgram('/bin/sh', ['-c', script, ourProgram(program), ...args], { input, env });
  return `${stdout.toString()}${stderr}`;
}

test('the command of ssh-agent has the limit that the agent was started with', async () => {
  assert.equal(await below('ssh-agent', ['sh', '-c', question]), `${softLimit}\n${hardLimit}\n`);
});

test('ProxyCommand has the limit that ssh was started with', async () => {
  const proxy = `ProxyCommand=sh -c '{ ${question}; } >&2'`;
  const said = await below('ssh', ['-F', 'none', '-o', proxy, 'host.invalid', 'true']);
  assert.ok(said.startsWith(`${softLimit}\n${hardLimit}\n`), said);
});

test('commands of Match exec, KnownHostsCommand and LocalCommand have the limit that ssh was started with', async () => {
  await using server = await fixture.openssh.startServer();
  const { folder } = fixture.openssh;
  const ask = await folder.write('ask', `#!/bin/sh\n{ echo "$1"; ${question}; } >&2\n`, 0o755);
  const config = [`Match exec "${ask} match"`, 'PermitLocalCommand yes', `LocalCommand ${ask} local`, ''];
  const file = await folder.write('asking.config', config.join('\n'));
  const known = [`KnownHostsCommand=${ask} known`, `UserKnownHostsFile=${server.knownHosts}`];
  const settings = [...known, `Port=${server.port}`, `IdentityFile=${fixture.openssh.userKey.path}`, 'BatchMode=yes'];
  const options = settings.flatMap((setting) => ['-o', setting]);
  const said = await below('ssh', ['-F', file, ...options, `${server.user}@127.0.0.1`, 'true']);
  for (const who of ['match', 'known', 'local']) {
    assert.ok(said.includes(`${who}\n${softLimit}\n${hardLimit}\n`), `${who} of ${said}`);
  }
});

test('the program that asks for a passphrase has the limit that ssh-keygen was started with', async () => {
  const { folder } = fixture.openssh;
  const key = folder.file('locked');
  const made = await runProgram(ourProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', 'secret', '-f', key]);
  assert.equal(made.code, 0, made.stderr);
  const asking = await folder.write('askpass', `#!/bin/sh\n{ ${question}; } >&2\nexit 1\n`, 0o755);
  const said = await below('ssh-keygen', ['-y', '-f', key], { SSH_ASKPASS: asking, SSH_ASKPASS_REQUIRE: 'force' });
  assert.ok(said.includes(`${softLimit}\n${hardLimit}\n`), said);
});

test('a local command of sftp has the limit that sftp was started with', async () => {
  const said = await below('sftp', ['-q', '-b', '-', '-D', ourProgram('sftp-server')], { input: `!${question}\n` });
  assert.ok(said.endsWith(`${softLimit}\n${hardLimit}\n`), said);
});
