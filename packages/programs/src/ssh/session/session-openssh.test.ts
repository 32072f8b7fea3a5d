import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { mainArguments } from '@sallyport/testing/program-main';

const module = import.meta.resolve('@sallyport/programs/ssh/main');
const stock = skipUnless('openssh-server');

/** A line of sh with ssh as `"$@"`, up to its remote command. */
async function inShell(line: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const ssh = [process.execPath, ...mainArguments(module, fixture.clientArguments(server))];
  const { stdout, stderr } = await runProgram('/bin/sh', ['-c', line, 'sh', ...ssh]);
  return { stdout: stdout.toString(), stderr };
}

test('an endless command ends when the reader of our output has gone', stock, async () => {
  assert.equal((await inShell('"$@" yes | head -1')).stdout, 'y\n');
});

test('what ssh does not read is left to the programs after it', stock, async () => {
  const { stdout } = await inShell('{ "$@" -n true; cat; } <<END\nleft alone\nEND');
  assert.equal(stdout, 'left alone\n');
});

test('streams that are closed, or are devices and files, do for a session', stock, async () => {
  assert.equal((await inShell('"$@" "echo x; exit 4" >&- 2>&-; echo $?')).stdout, '4\n');
  assert.equal((await inShell('"$@" "cat; exit 5" <&-; echo $?')).stdout, '5\n');
  assert.equal((await inShell('"$@" "wc -c" < /dev/null')).stdout, '0\n');
  assert.equal(
    (await inShell('f=$(mktemp); echo there > $f; "$@" cat < $f >> $f; cat $f; rm $f')).stdout,
    'there\nthere\n',
  );
});
