import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '@sallyport/testing/program';
import { keepStandardFlags } from './descriptors.ts';
import { execute } from './execute.ts';
import { ownProgram } from './own-program.ts';

const module = new URL('./execute.js', import.meta.url).href;
const descriptors = new URL('./descriptors.js', import.meta.url).href;

test('a process becomes another program: same id, exact arguments and environment, no signal ignored', async () => {
  const script = `
    const { execute } = await import('${module}');
    const { keepStandardFlags } = await import('${descriptors}');
    const shell = 'echo $$ "$0" "$1"; env | grep ^ONLY; grep -E "^Sig(Blk|Ign)" /proc/self/status';
    console.log(process.pid);
    const argv = ['sh', '-c', shell, 'a b', ''];
    execute({ path: '/bin/sh', argv, env: { ONLY: 'this', PATH: '/usr/bin:/bin' }, restoreFlags: keepStandardFlags() });
  `;
  const evaluate = process.versions['bun'] === undefined ? ['--input-type=module', '-e', script] : ['-e', script];
  const { stdout, code, pid } = await withPid(evaluate);
  assert.equal(code, 0);
  const none = '0000000000000000';
  assert.equal(stdout, `${pid}\n${pid} a b \nONLY=this\nSigBlk:\t${none}\nSigIgn:\t${none}\n`);
});

async function withPid(args: readonly string[]): Promise<{ stdout: string; code: number | undefined; pid: string }> {
  const { stdout, code } = await runProgram(process.execPath, args);
  const text = stdout.toString();
  return { stdout: text, code, pid: text.split('\n')[0] ?? '' };
}

test('a file that cannot be executed is an error, and the process goes on', () => {
  const restoreFlags = keepStandardFlags();
  const options = { path: '/nonexistent', argv: ['x'], env: {}, restoreFlags };
  assert.throws(() => execute(options), { code: 'ENOENT', syscall: 'execve' });
});

test('our own programs are the running executable under another name, or entries beside the running one', () => {
  const { path, argv } = ownProgram();
  assert.equal(path, '/proc/self/exe');
  const words = argv('ssh-agent-server');
  assert.match(
    words.at(-1) ?? '',
    process.versions['bun'] === undefined ? /\/ssh-agent-server\.js$/ : /^ssh-agent-server$/,
  );
});
