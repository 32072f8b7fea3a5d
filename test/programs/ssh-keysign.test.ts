// The service of ssh-keysign as a program: who may have what signed, and what a client that behaves badly can do to
// others.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { after, describe, test } from 'node:test';
import { frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { boolean, byte, bytes, text } from '@sallyport/protocol/codec/fields';
import { struct } from '@sallyport/protocol/codec/struct';
import { hostbasedSignedData } from '@sallyport/protocol/userauth/methods/hostbased';
import {
  OpensshFixture,
  ourProgram,
  ownAccount,
  runProgram,
  skipUnless,
  startProgram,
  TemporaryAccount,
  until,
} from '@sallyport/testing';
import { childrenNamed, descriptors, ofThreads } from './processes.ts';

const ourKeysign = ourProgram('ssh-keysign');
const request = struct({ version: byte, address: text, data: bytes });
const answer = struct({ version: byte, isSigned: boolean, signature: bytes, reason: text });

const openssh = await OpensshFixture.create();
after(() => openssh[Symbol.asyncDispose]());
const own = ownAccount();
const hostKey = await openssh.key('ed25519', 'host');
const configFile = await openssh.folder.write('ssh_config', 'EnableSSHKeysign yes\n', 0o644);

/** asyncssh is needed for its Python only. */
const asOthers = skipUnless('root', 'asyncssh');
const activated = skipUnless('asyncssh');
const needsRoot = skipUnless('root');

type RunningProgram = ReturnType<typeof startProgram>;

interface Service extends AsyncDisposable {
  readonly socket: string;
  readonly program: RunningProgram;
}

async function startService(name: string): Promise<Service> {
  const socket = `${openssh.folder.path}/${name}/keysign.sock`;
  const argv = ['-D', '-e', '-f', configFile, '-h', hostKey.path, '-s', socket];
  const program = startProgram(ourKeysign, argv, { timeoutMs: 120_000 });
  await program.untilStderr(/listening on /);
  return { socket, program, [Symbol.asyncDispose]: () => program.end() };
}

const dataFor = (clientUser: string): Uint8Array => {
  const key = Buffer.from(hostKey.publicLine.split(' ')[1] ?? '', 'base64');
  const context = { user: 'bob', service: 'ssh-connection', sessionId: new Uint8Array(32) };
  return hostbasedSignedData({ algorithm: 'ssh-ed25519', key, clientHost: 'localhost.', clientUser }, context);
};

const requestFor = (clientUser: string): Uint8Array =>
  frameAgentMessage(request.encode({ version: 1, address: '127.0.0.1', data: dataFor(clientUser) }));

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The answer; undefined when the service closes without one. */
async function answerFrom(socket: Socket): Promise<ReturnType<typeof answer.decode> | undefined> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not by once(), which an error would end: the service closes without having read, perhaps before anybody listens.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  const whole = Buffer.concat(chunks);
  return whole.length === 0 ? undefined : answer.decode(whole.subarray(4));
}

async function ask(path: string, sent: Uint8Array): Promise<ReturnType<typeof answer.decode> | undefined> {
  const socket = await open(path);
  socket.write(sent);
  return await answerFrom(socket);
}

/** Becomes the service with a listening socket as descriptor 3 (sd_listen_fds(3)). */
const managerScript = `
import os, socket, sys
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
if listening.fileno() != 3: os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
os.execv(sys.argv[2], sys.argv[2:])
`;

/** The same by a process of another account; says `signed` or the reason. */
const foreignScript = `
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(bytes.fromhex(sys.argv[2]))
got = b''
while chunk := s.recv(4096): got += chunk
print('signed' if got[5] else got[14:].decode())
`;

describe('the service of ssh-keysign', skipUnless('openssh-client'), () => {
  test('everybody may connect, a signature is given, and the socket is gone with the service', async () => {
    await using service = await startService('usual');
    assert.equal(statSync(service.socket).mode & 0o777, 0o666);
    assert.equal(statSync(dirname(service.socket)).mode & 0o022, 0);
    const answered = await ask(service.socket, requestFor(own.name));
    assert.deepEqual([answered?.isSigned, answered?.reason], [true, '']);
    await service.program.untilStderr(new RegExp(`signed for user ${own.name} \\(uid ${own.uid}\\) with ED25519`));
    service.program.child.kill('SIGTERM');
    assert.equal((await service.program.exited).code, 0);
    assert.equal(existsSync(service.socket), false);
  });

  test('nobody gets a signature for another user', async () => {
    await using service = await startService('forged');
    const answered = await ask(service.socket, requestFor('root-or-so'));
    assert.equal(answered?.isSigned, false);
    assert.equal(answered?.reason, `request for user root-or-so by user ${own.name}`);
    await service.program.untilStderr(new RegExp(`refused a request of uid ${own.uid}: request for user root-or-so`));
  });

  test('who asks is who the system says, and users do not wait for each other', asOthers, async () => {
    await using service = await startService('foreign');
    await using account = await TemporaryAccount.create();
    const asked = async (user: string): Promise<string> => {
      const argv = ['-c', foreignScript, service.socket, Buffer.from(requestFor(user)).toString('hex')];
      const { stdout, stderr } = await runProgram('/usr/bin/python3', argv, { account });
      return stdout.toString().trim() + stderr;
    };
    const silent = await Promise.all(Array.from({ length: 20 }, () => open(service.socket)));
    assert.equal(await asked('root'), `request for user root by user ${account.name}`);
    assert.equal(await asked(account.name), 'signed');
    assert.ok(silent.some((socket) => !socket.closed && socket.bytesRead === 0));
    for (const socket of silent) socket.destroy();
  });

  test('clients that send half, nothing, or do not read keep nobody from a signature', async () => {
    await using service = await startService('slow');
    const silent = await Promise.all(Array.from({ length: 2 }, () => open(service.socket)));
    const [half, deaf] = await Promise.all([open(service.socket), open(service.socket)]);
    half.write(requestFor(own.name).subarray(0, 100));
    deaf.pause();
    deaf.write(requestFor(own.name));
    const answered = await ask(service.socket, requestFor(own.name));
    assert.equal(answered?.isSigned, true);
    assert.equal((await answerFrom(half))?.reason, 'the request has not come in time');
    for (const socket of silent) assert.equal((await answerFrom(socket))?.reason, 'the request has not come in time');
    deaf.destroy();
  });

  test('a flood of one user is turned away at its limit and leaves the service as it was', async () => {
    await using service = await startService('flood');
    const sockets: Socket[] = [];
    while (sockets.length < 110) sockets.push(await open(service.socket));
    const answers = sockets.map(answerFrom);
    for (const socket of sockets) socket.write(requestFor(own.name));
    const signed = (await Promise.all(answers)).filter((answered) => answered?.isSigned === true);
    assert.ok(signed.length >= 66, `${signed.length} of 110 were signed`);
    assert.ok(signed.length < 110, 'nobody was turned away');
    await service.program.untilStderr(/too many requests of uid \d+; more are turned away for now/);
    assert.equal((await ask(service.socket, requestFor(own.name)))?.isSigned, true);
  });

  test('the process that answers has neither rights nor open files of keys (CVE-2011-4327)', needsRoot, async () => {
    await using service = await startService('rights');
    const socket = await open(service.socket);
    const running = (): readonly number[] => childrenNamed(service.program.pid, /^ssh-keysign-request /);
    const statusOf = (pid: number): readonly string[] =>
      ofThreads(pid, (folder) => readFileSync(`${folder}/status`, 'utf8'));
    const status = (): string => running().flatMap(statusOf)[0] ?? '';
    await until(() => /^NoNewPrivs:\t1$/m.test(status()), 'a process that has given up its rights');
    const ids = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(status())?.slice(1) ?? [];
    assert.equal(new Set(ids).size, 1, ids.join());
    assert.notEqual(ids[0], '0');
    const opened = running().flatMap(descriptors);
    assert.ok(opened.length > 2, opened.join());
    assert.ok(!opened.some((path) => path.includes(openssh.folder.path)), opened.join());
    socket.destroy();
  });

  test('a socket that nobody listens on is replaced, one of a living service is not', async () => {
    const first = await startService('again');
    first.program.child.kill('SIGKILL');
    await first.program.exited;
    assert.ok(existsSync(first.socket));
    await using second = await startService('again');
    const third = startProgram(ourKeysign, ['-D', '-e', '-s', second.socket]);
    const { code, stderr } = await third.exited;
    assert.deepEqual([code, stderr], [255, `another service listens on ${second.socket}\r\n`]);
    assert.equal((await ask(second.socket, requestFor(own.name)))?.isSigned, true);
  });

  test('a socket that a service manager has opened is used, and left where it is', activated, async () => {
    const path = openssh.folder.file('activated.sock');
    const argv = [ourKeysign, '-D', '-e', '-f', configFile, '-h', hostKey.path];
    const program = startProgram('/usr/bin/python3', ['-c', managerScript, path, ...argv]);
    await program.untilStderr(/listening on the socket of the service manager/);
    assert.equal((await ask(path, requestFor(own.name)))?.isSigned, true);
    program.child.kill('SIGTERM');
    assert.equal((await program.exited).code, 0);
    assert.ok(existsSync(path));
  });

  test('who waits when the service ends is not answered any more', async () => {
    const service = await startService('last');
    const answered = answerFrom(await open(service.socket));
    await service.program.end('SIGTERM');
    assert.equal(await answered, undefined);
  });
});
