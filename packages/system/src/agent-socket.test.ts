import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { takeDescriptor } from './accepted-descriptor.ts';
import { listenInHome, listenInTemporaryFolder, removeAgentSocket, removeStaleSockets } from './agent-socket.ts';
import { bootMilliseconds } from './boot-clock.ts';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor, makePipe } from './descriptors.ts';
import { acceptDescriptors } from './listening-socket.ts';
import { bindLocal, peerUser } from './local-listener.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;

test('an agent socket in the home is in folders of the user alone, and is his alone', async () => {
  await using home = await TemporaryFolder.create();
  const { path, fd } = listenInHome(home.path, 'agent');
  assert.match(path, /\/\.ssh\/agent\/s\.[0-9a-f]{10}\.agent\.[0-9a-f]{10}$/);
  assert.deepEqual([mode(home.file('.ssh')), mode(home.file('.ssh/agent')), mode(path)], [0o700, 0o700, 0o600]);
  closeDescriptor(fd);
  removeAgentSocket({ path });
  assert.deepEqual(readdirSync(home.file('.ssh/agent')), []);
});

test('a folder that others can look into, or that is a link, is not used', async () => {
  await using home = await TemporaryFolder.create();
  mkdirSync(home.file('.ssh'));
  symlinkSync('/tmp', home.file('.ssh/agent'));
  assert.throws(() => listenInHome(home.path, 'agent'), { code: 'EPERM' });
  await using other = await TemporaryFolder.create();
  mkdirSync(other.file('.ssh/agent'), { recursive: true });
  chmodSync(other.file('.ssh/agent'), 0o755);
  assert.throws(() => listenInHome(other.path, 'agent'), { code: 'EPERM' });
});

test('an agent socket among the temporary files has a folder of its own, which goes with it', () => {
  const socket = listenInTemporaryFolder(4711);
  assert.match(socket.path, /\/ssh-\w{6}\/agent\.4711$/);
  assert.equal(mode(dirname(socket.path)), 0o700);
  closeDescriptor(socket.fd);
  removeAgentSocket(socket);
  assert.equal(existsSync(dirname(socket.path)), false);
  removeAgentSocket(socket);
});

test('sockets on which nobody listens are removed: those of this machine, or all', async () => {
  await using home = await TemporaryFolder.create();
  const alive = listenInHome(home.path, 'agent');
  const dead = listenInHome(home.path, 'sshd');
  closeDescriptor(dead.fd);
  const folder = dirname(alive.path);
  const elsewhere = join(folder, 's.0123456789.agent.0123456789');
  closeDescriptor(bindLocal(elsewhere));
  writeFileSync(join(folder, `s.file-${hostname()}`), '');
  closeDescriptor(bindLocal(join(folder, 'other')));
  assert.deepEqual(removeStaleSockets(home.path, { anyHost: false }), [dead.path]);
  assert.deepEqual(removeStaleSockets(home.path, { anyHost: true }), [elsewhere]);
  assert.equal(readdirSync(folder).length, 3);
  assert.deepEqual(removeStaleSockets('/nonexistent', { anyHost: true }), []);
  closeDescriptor(alive.fd);
});

test('connections are given away as descriptors, and their user is known', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('socket');
  const fd = bindLocal(path);
  assert.throws(() => bindLocal(path), { code: 'EADDRINUSE' });
  const received = new Promise<string>((resolve) => {
    const listening = acceptDescriptors(fd, (accepted) => {
      assert.equal(peerUser(accepted), process.getuid?.());
      const stream = openDescriptor(accepted);
      stream.onData = (chunk) => {
        stream.destroy();
        void listening.then((listener) => listener.close());
        resolve(Buffer.from(chunk).toString());
      };
      stream.resume();
    });
  });
  const client = connect(path);
  client.on('error', () => undefined);
  client.write('hello');
  assert.equal(await received, 'hello');
  client.destroy();
});

test('a pipe has no peer, and a socket of the runtime that is closed gives no descriptor', async () => {
  const { readFd, writeFd } = makePipe();
  assert.equal(peerUser(readFd), undefined);
  for (const fd of [readFd, writeFd]) closeDescriptor(fd);
  await using folder = await TemporaryFolder.create();
  const closed = connect(folder.file('nobody'));
  closed.destroy();
  assert.equal(takeDescriptor(closed), undefined);
});

test('the boot clock goes forward', () => {
  const before = bootMilliseconds();
  const after = bootMilliseconds();
  assert.ok(before > 0 && after >= before);
});
