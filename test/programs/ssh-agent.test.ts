// ssh-agent as the executable: in the background, beside a command, ended by -k, and closed to other processes.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { hasEnded } from '@sallyport/testing/has-ended';
import { ourProgram } from '@sallyport/testing/our-programs';
import { ordinaryAccount, programPath, skipUnless } from '@sallyport/testing/peers';
import { type ProgramResult, runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { until } from '@sallyport/testing/until';

const shellScript =
  /^SSH_AUTH_SOCK=(\S+); export SSH_AUTH_SOCK;\nSSH_AGENT_PID=(\d+); export SSH_AGENT_PID;\necho Agent pid \2;\n$/;

interface Started {
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
}

async function start(home: string, args: readonly string[] = ['-s']): Promise<Started> {
  const { stdout, code } = await runProgram(ourProgram('ssh-agent'), args, { env: { HOME: home } });
  assert.equal(code, 0);
  const [, path = '', pid = ''] = shellScript.exec(stdout.toString()) ?? [];
  return { env: { HOME: home, SSH_AUTH_SOCK: path, SSH_AGENT_PID: pid }, pid: Number(pid) };
}

/** Until a process that is not our child is gone. */
function untilGone(pid: number): Promise<void> {
  return until(() => hasEnded(pid), 'the process has ended');
}

test('an agent in the background serves, and -k ends it and takes its socket away', async () => {
  await using home = await TemporaryFolder.create();
  const { env, pid } = await start(home.path);
  const list = (): Promise<ProgramResult> => runProgram(ourProgram('ssh-add'), ['-l'], { env });
  assert.equal((await list()).stdout.toString(), 'The agent has no identities.\n');
  assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'ssh-agent\n');
  assert.equal(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[5], `${pid}`, 'a session of its own');
  const killed = await runProgram(ourProgram('ssh-agent'), ['-k'], { env });
  assert.equal(killed.stdout.toString(), `unset SSH_AUTH_SOCK;\nunset SSH_AGENT_PID;\necho Agent pid ${pid} killed;\n`);
  await untilGone(pid);
  assert.deepEqual(readdirSync(home.file('.ssh/agent')), []);
  assert.equal((await list()).code, 2);
});

test('-T puts the socket among the temporary files, -u removes what a killed agent left', async () => {
  await using home = await TemporaryFolder.create();
  const temporary = await start(home.path, ['-T']);
  assert.match(temporary.env['SSH_AUTH_SOCK'] ?? '', /\/ssh-\w+\/agent\.\d+$/);
  await runProgram(ourProgram('ssh-agent'), ['-k'], { env: temporary.env });
  await untilGone(temporary.pid);
  assert.equal(existsSync(temporary.env['SSH_AUTH_SOCK'] ?? ''), false);
  const { env, pid } = await start(home.path);
  process.kill(pid, 'SIGKILL');
  await untilGone(pid);
  assert.ok(statSync(env['SSH_AUTH_SOCK'] ?? '').isSocket());
  const cleaned = await runProgram(ourProgram('ssh-agent'), ['-u'], { env: { HOME: home.path } });
  assert.equal(cleaned.code, 0);
  assert.deepEqual(readdirSync(home.file('.ssh/agent')), []);
});

test('a command has the agent for itself, and the agent ends with it', async () => {
  await using home = await TemporaryFolder.create();
  const script =
    'ssh-keygen -q -N "" -f "$HOME/key" && ssh-add -q "$HOME/key" && ssh-add -l; echo $SSH_AGENT_PID; exit 7';
  const env = { HOME: home.path, PATH: `${dirname(ourProgram('ssh-agent'))}:/usr/bin:/bin` };
  const { stdout, code } = await runProgram(ourProgram('ssh-agent'), ['sh', '-c', script], { env });
  assert.equal(code, 7);
  const [, pid = ''] = /^256 SHA256:\S+ \S+ \(ED25519\)\n(\d+)\n$/.exec(stdout.toString()) ?? [];
  await untilGone(Number(pid));
  assert.deepEqual(readdirSync(home.file('.ssh/agent')), []);
});

test('a command that cannot be run is named, and no agent stays', async () => {
  await using home = await TemporaryFolder.create();
  const { stderr, code } = await runProgram(ourProgram('ssh-agent'), ['no-such-command'], { env: { HOME: home.path } });
  assert.deepEqual([stderr, code], ['no-such-command: No such file or directory\r\n', 1]);
  assert.deepEqual(readdirSync(home.file('.ssh/agent')), []);
});

test('who runs the agent cannot look into its memory', skipUnless('root', 'ordinary-account'), async () => {
  const account = ordinaryAccount();
  assert.ok(account);
  const script = 'eval "$(cat)" >/dev/null; cat /proc/$SSH_AGENT_PID/environ 2>&1; kill $SSH_AGENT_PID; echo end';
  const started = await runProgram(ourProgram('ssh-agent'), ['-T'], { account });
  const { stdout } = await runProgram('/bin/bash', ['-c', script], { account, input: started.stdout });
  assert.match(stdout.toString(), /^cat: \/proc\/\d+\/environ: Permission denied\nend\n$/);
});

test('stock ssh-add and stock ssh-keygen use an agent of ours', skipUnless('openssh-agent'), async () => {
  await using home = await TemporaryFolder.create();
  const { env, pid } = await start(home.path);
  const key = home.file('key');
  const stock = (name: string, args: readonly string[]): Promise<ProgramResult> =>
    runProgram(programPath(name), args, { env, input: 'signed text' });
  await stock('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', key]);
  assert.equal((await stock('ssh-add', [key])).code, 0);
  const signed = await stock('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', `${key}.pub`]);
  assert.match(signed.stdout.toString(), /^-----BEGIN SSH SIGNATURE-----/);
  process.kill(pid);
});
