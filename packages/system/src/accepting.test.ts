import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startProgram } from '@sallyport/testing/program';
import type { AcceptedDescriptor } from './accepting.ts';
import { listenForDescriptors } from './accepting.ts';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor, makePipe, socketPair } from './descriptors.ts';
import { encodeSocketAddress, endsOf, ownAddress } from './socket-address.ts';
import { setSocketOption, socketOption } from './socket-options.ts';
import { setTypeOfService } from './tcp-connect.ts';

test('Each connection arrives as a descriptor of which no byte has been read', async () => {
  const total = 200;
  const echoed: Promise<void>[] = [];
  const listener = await listenForDescriptors({ address: '127.0.0.1', port: 0 }, ({ fd }) => {
    const stream = openDescriptor(fd);
    stream.onData = (chunk) => void stream.write([chunk]);
    stream.onEnd = () => stream.end();
    echoed.push(new Promise((resolve) => (stream.onClose = () => resolve())));
    stream.resume();
  });
  const ask = async (index: number): Promise<void> => {
    const socket = connect(listener.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.end(`SSH-2.0-test_${index}\r\n`);
    await once(socket, 'close');
    assert.equal(answer, `SSH-2.0-test_${index}\r\n`);
  };
  for (let index = 0; index < total; index += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, offset) => ask(index + offset)));
  }
  await Promise.all(echoed);
  assert.equal(echoed.length, total);
  listener.close();
});

for (const address of ['127.0.0.1', '::1']) {
  test(`A connection to ${address} knows both ends, and takes the options of a socket`, async () => {
    let resolveAccepted: (connection: AcceptedDescriptor) => void;
    const accepted = new Promise<AcceptedDescriptor>((resolve) => (resolveAccepted = resolve));
    const listener = await listenForDescriptors({ address, port: 0 }, (connection) => resolveAccepted(connection));
    const socket = connect(listener.port, address);
    await once(socket, 'connect');
    const { fd, peer, local } = await accepted;
    assert.deepEqual(local, { address, port: listener.port });
    assert.deepEqual(peer, { address, port: (socket.address() as AddressInfo).port });
    assert.deepEqual(endsOf(fd), { peer, local });
    for (const option of ['noDelay', 'keepAlive'] as const) {
      for (const value of [0, 1]) {
        setSocketOption(fd, option, value);
        assert.equal(socketOption(fd, option), value);
      }
    }
    setTypeOfService(fd, address.includes(':'), 0x48);
    assert.equal(socketOption(fd, address.includes(':') ? 'trafficClassV6' : 'trafficClassV4'), 0x48);
    const closed = once(socket, 'close');
    socket.resume();
    closeDescriptor(fd);
    socket.end();
    await closed;
    listener.close();
  });
}

test('An address that is taken throws EADDRINUSE, and can be taken again at once after close', async () => {
  const ignore = ({ fd }: AcceptedDescriptor): void => closeDescriptor(fd);
  const first = await listenForDescriptors({ address: '127.0.0.1', port: 0 }, ignore);
  await assert.rejects(listenForDescriptors(first, ignore), {
    code: 'EADDRINUSE',
    syscall: 'bind',
  });
  const socket = connect(first.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  first.close();
  const second = await listenForDescriptors(first, ignore);
  assert.equal(second.port, first.port);
  second.close();
});

test('What is no numeric address is refused', async () => {
  for (const address of ['localhost', '', '1.2.3', '1.2.3.4%lo', '::1%no-such-interface', '127.0.0.1\0']) {
    assert.throws(() => encodeSocketAddress({ address, port: 22 }), { name: 'SystemError' }, address);
  }
  assert.equal(encodeSocketAddress({ address: 'fe80::1%lo', port: 22 }).readUInt32LE(24), 1);
  assert.equal(encodeSocketAddress({ address: 'fe80::1%7', port: 22 }).readUInt32LE(24), 7);
  await assert.rejects(
    listenForDescriptors({ address: 'localhost', port: 0 }, () => undefined),
    { code: 'EINVAL' },
  );
});

test('Sockets of other families have no internet address, and what is no socket has none at all', () => {
  const [left, right] = socketPair();
  assert.deepEqual([endsOf(left), ownAddress(right)], [undefined, undefined]);
  const { readFd, writeFd } = makePipe();
  assert.equal(endsOf(readFd), undefined);
  for (const fd of [left, right, readFd, writeFd]) closeDescriptor(fd);
});

/** The module beside this file, compiled or not. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const module = (name: string): string => JSON.stringify(new URL(`./${name}${extension}`, import.meta.url).href);
const evaluate = process.versions['bun'] === undefined ? ['--input-type=module', '-e'] : ['-e'];
/** Leaves itself one descriptor, and gives the others back at SIGUSR1. */
const fullScript = `
  const { listenForDescriptors } = await import(${module('accepting')});
  const { closeDescriptor, duplicate } = await import(${module('descriptors')});
  const { limitResource } = await import(${module('identity')});
  const { writeSync } = await import('node:fs');
  const listener = await listenForDescriptors({ address: '127.0.0.1', port: 0 }, ({ fd }) => {
    writeSync(1, 'accepted\\n');
    closeDescriptor(fd);
  });
  const taken = [];
  process.on('SIGUSR1', () => {
    for (const fd of taken) closeDescriptor(fd);
    writeSync(1, 'free\\n');
  });
  limitResource('openFiles', 100);
  try {
    for (;;) taken.push(duplicate(0));
  } catch {
    closeDescriptor(taken.pop());
  }
  writeSync(1, 'port ' + listener.port + '\\n');
`;

test('a connection that takes the last descriptor is closed, and the process goes on', async () => {
  const running = startProgram(process.execPath, [...evaluate, fullScript]);
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const [, found] = pattern.exec(running.stdout().toString()) ?? [];
      if (found !== undefined) return found;
      assert.equal(running.child.exitCode, null, running.stderr());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const port = Number(await until(/^port (\d+)$/m));
  const closed = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve).resume());
  };
  await closed();
  assert.doesNotMatch(running.stdout().toString(), /accepted/);
  running.child.kill('SIGUSR1');
  await until(/^(free)$/m);
  await closed();
  await until(/^(accepted)$/m);
  await running.end('SIGKILL');
});
