import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameAgentMessage, maximumAgentMessageBytes } from '@sallyport/protocol/agent/framing';
import { runMain } from '@sallyport/testing/program-main';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { helperRequest } from '../shared/keysign-helper.ts';
import { fatal, usage } from './messages.ts';
import { parseOptions, UsageError } from './options.ts';

const module = import.meta.resolve('@sallyport/programs/ssh-keysign/main');

const request = (fd: number, version = 2): Uint8Array =>
  frameAgentMessage(helperRequest.encode({ version, fd, data: Buffer.from('data') }));

test('the service takes its files from the command line, the helper nothing but the socket', () => {
  const serving = parseOptions(['-D', '-ev', '-f', '/c', '-h', '/k1', '-h', '/k2', '-s', '/s']);
  assert.deepEqual(serving, {
    serves: true,
    logsToStderr: true,
    isVerbose: true,
    configFile: '/c',
    hostKeys: ['/k1', '/k2'],
    socket: '/s',
  });
  assert.deepEqual(parseOptions(['-D']).hostKeys, [
    '/etc/ssh/ssh_host_ecdsa_key',
    '/etc/ssh/ssh_host_ed25519_key',
    '/etc/ssh/ssh_host_rsa_key',
  ]);
  assert.equal(parseOptions(['-D']).configFile, '/etc/ssh/ssh_config');
  assert.equal(parseOptions(['-s', '/s']).socket, '/s');
  for (const argv of [['-e'], ['-h', '/k'], ['-f', '/c'], ['-x'], ['-D', 'operand'], ['-s']]) {
    assert.throws(() => parseOptions(argv), UsageError, argv.join(' '));
  }
});

test('a wrong use ends with the usage and 1', async () => {
  const { code, stderr } = await runMain(module, ['-x']);
  assert.deepEqual([code, stderr], [1, `unknown option -- x\n${usage}`]);
});

const bad: readonly (readonly [string, Uint8Array, string])[] = [
  ['is empty', new Uint8Array(0), fatal.badRequest],
  ['ends in its length', Uint8Array.of(0, 0), fatal.badRequest],
  ['ends early', request(3).subarray(0, -1), fatal.badRequest],
  ['has no length', Uint8Array.of(0, 0, 0, 0), fatal.badRequest],
  ['is too long', lengthOf(maximumAgentMessageBytes + 1), fatal.badRequest],
  ['has bytes behind its last field', frameAgentMessage(Uint8Array.of(...request(3).subarray(4), 0)), fatal.badRequest],
  ['is of another version', request(3, 1), fatal.badVersion(1, 2)],
  ['names standard input', request(0), fatal.badDescriptor(0)],
  ['names standard output', request(1), fatal.badDescriptor(1)],
  ['names a negative descriptor', request(0xffffffff), fatal.badDescriptor(0xffffffff)],
];
for (const [what, input, message] of bad) {
  test(`the helper refuses a request that ${what}`, async () => {
    const { code, stdout, stderr } = await runMain(module, ['-s', '/nonexistent/socket'], { input });
    assert.deepEqual([code, stdout.length, stderr], [255, 0, `${message}\r\n`]);
  });
}

test('the helper says that there is no service', async () => {
  const env = { SSH_KEYSIGN_SOCKET: '/nonexistent/keysign' };
  const { code, stderr } = await runMain(module, [], { input: request(2), env });
  assert.deepEqual([code, stderr], [255, `${fatal.noService('/nonexistent/keysign')}\r\n`]);
});

test('the service does not listen in a folder that others may write to', async () => {
  await using folder = await TemporaryFolder.create();
  const { chmodSync } = await import('node:fs');
  chmodSync(folder.path, 0o777);
  const { code, stderr } = await runMain(module, ['-D', '-e', '-s', folder.file('s')]);
  assert.deepEqual([code, stderr], [255, `${fatal.unsafeFolder(folder.path)}\r\n`]);
});

function lengthOf(length: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
