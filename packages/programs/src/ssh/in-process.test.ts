import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { skipUnless } from '@sallyport/testing/peers';
import { findProgram } from '../shared/find-program.ts';
import type { RemoteProgram, RemoteProgramRequest } from './in-process.ts';
import { openRemoteProgram, sshArgumentsFor } from './in-process.ts';
import { openThroughProgram } from './through-program.ts';

const stock = skipUnless('openssh-server');

type Open = (program: RemoteProgramRequest['program']) => Promise<RemoteProgram | undefined>;

async function withServer(work: (open: Open) => Promise<void>): Promise<void> {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const [host = '', ...reversed] = fixture.clientArguments(server).toReversed();
  await work((program) => openRemoteProgram({ sshArguments: reversed.toReversed(), host, program }));
}

function collect(stream: ByteStream): { readonly ended: Promise<Buffer>; readonly closed: Promise<void> } {
  const chunks: Uint8Array[] = [];
  stream.onData = (chunk) => chunks.push(chunk);
  const ended = new Promise<Buffer>((resolve) => {
    stream.onEnd = () => resolve(Buffer.concat(chunks));
  });
  const closed = new Promise<void>((resolve) => {
    stream.onClose = () => resolve();
  });
  stream.resume();
  return { ended, closed };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('a remote program is a stream of this process: every byte, its end and its status', stock, async () => {
  await withServer(async (open) => {
    const program = await open({ command: 'cat; exit 7' });
    assert.ok(program);
    const { ended, closed } = collect(program.stream);
    const input = randomBytes(5 * 1024 * 1024);
    for (let at = 0; at < input.length; at += 100_000) {
      const drained = new Promise<void>((resolve) => {
        program.stream.onDrain = resolve;
      });
      if (!program.stream.write([input.subarray(at, at + 100_000)])) await drained;
    }
    program.stream.end();
    assert.equal(digest(await ended), digest(input));
    assert.equal(await program.exit, 7);
    await closed;
  });
});

test('a paused stream holds what comes and delivers it later, with the end behind it', stock, async () => {
  await withServer(async (open) => {
    const program = await open({ command: 'printf one' });
    assert.ok(program);
    const seen: string[] = [];
    program.stream.onEnd = () => seen.push('end');
    assert.equal(await program.exit, 0);
    program.stream.onData = (chunk) => seen.push(Buffer.from(chunk).toString());
    program.stream.resume();
    assert.deepEqual(seen, ['one', 'end']);
  });
});

test('a subsystem that the server does not have is an end with status 255', stock, async () => {
  await withServer(async (open) => {
    const program = await open({ subsystem: 'nonsense' });
    assert.ok(program);
    const { ended } = collect(program.stream);
    assert.equal((await ended).length, 0);
    assert.equal(await program.exit, 255);
  });
});

test('close() ends the connection under a running program', stock, async () => {
  await withServer(async (open) => {
    const program = await open({ command: 'sleep 60' });
    assert.ok(program);
    const { closed } = collect(program.stream);
    program.close();
    assert.equal(await program.exit, 255);
    await closed;
  });
});

test('what ssh would refuse is refused: there is no program', async () => {
  const refused = await openRemoteProgram({
    sshArguments: ['-F', 'none', '-q', '-oRefuseConnection=closed'],
    host: 'localhost',
    program: { subsystem: 'sftp' },
  });
  assert.equal(refused, undefined);
});

test('the arguments for ssh end with the host and what is to run there', () => {
  assert.deepEqual(sshArgumentsFor({ sshArguments: ['-4'], host: 'h', program: { subsystem: 'sftp' } }), [
    '-4',
    '-s',
    '--',
    'h',
    'sftp',
  ]);
  assert.deepEqual(sshArgumentsFor({ sshArguments: [], host: 'h', program: { command: '/x' } }), ['--', 'h', '/x']);
});

test('a program of this machine is a stream, too, looked up as execvp(3) does', async () => {
  const program = openThroughProgram('sh', ['-c', 'cat; exit 3']);
  assert.ok(program);
  const { ended } = collect(program.stream);
  program.stream.write([Buffer.from('hello')]);
  program.stream.end();
  assert.equal((await ended).toString(), 'hello');
  assert.equal(await program.exit, 3);
  assert.equal(openThroughProgram('/nonexistent/program', []), undefined);
  assert.equal(findProgram('sh', '/nonexistent:/bin'), '/bin/sh');
  assert.equal(findProgram('no-such-program', '/bin'), undefined);
});

test('an interrupt from the keyboard does not reach a program that is a connection', async () => {
  const program = openThroughProgram('/bin/sh', ['-c', 'kill -INT $$; echo alive']);
  assert.ok(program);
  assert.equal((await collect(program.stream).ended).toString(), 'alive\n');
});
