import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from '@sallyport/testing/free-port';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor } from './descriptors.ts';
import { check } from './libc.ts';
import { nameOfAddress, ResolveError, resolveHost } from './resolve.ts';
import { encodeSocketAddress, endsOf } from './socket-address.ts';
import { SystemError } from './system-error.ts';
import { connectTcp, setTypeOfService } from './tcp-connect.ts';

test('connectTcp gives a descriptor whose stream carries bytes both ways', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const fd = await connectTcp({ address: '127.0.0.1', port }, { keepAlive: true });
  setTypeOfService(fd, false, 0x48);
  const [socket] = await accepted;
  const ends = endsOf(fd);
  assert.deepEqual(ends?.peer, { address: '127.0.0.1', port });
  assert.equal(ends?.local.port, socket.remotePort);
  const stream = openDescriptor(fd);
  const echoed = new Promise<string>((resolve) => {
    stream.onData = (chunk) => resolve(Buffer.from(chunk).toString());
  });
  stream.resume();
  stream.write([Buffer.from('echo')]);
  assert.equal(await echoed, 'echo');
  stream.destroy();
  server.close();
  await once(server, 'close');
});

test('connectTcp rejects with ECONNREFUSED where nobody listens', async () => {
  const port = await freePort();
  await assert.rejects(
    connectTcp({ address: '127.0.0.1', port }),
    (error) => error instanceof SystemError && error.code === 'ECONNREFUSED' && error.syscall === 'connect',
  );
});

test('connectTcp uses the address it is told to bind and says which call failed', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const bind = { address: '127.0.0.9', port: 0 };
  const stream = openDescriptor(await connectTcp({ address: '127.0.0.1', port }, { bind }));
  const [socket] = await accepted;
  assert.equal(socket.remoteAddress, '127.0.0.9');
  socket.destroy();
  stream.destroy();
  const elsewhere = { address: '192.0.2.1', port: 0 };
  await assert.rejects(connectTcp({ address: '127.0.0.1', port }, { bind: elsewhere }), /^SystemError: bind: /);
  server.close();
  await once(server, 'close');
});

test('connectTcp gives up after its time and when it is told to', async () => {
  const listener = check('socket', 2, 1, 0);
  const free = encodeSocketAddress({ address: '127.0.0.1', port: 0 });
  check('bind', listener, free, free.length);
  // Nobody accepts: the kernel's queue of one fills up, and then connections wait.
  check('listen', listener, 0);
  const full = { address: '127.0.0.1', port: portOf(listener) };
  const opened = [await connectTcp(full), ...(await Promise.all([0, 1].map(() => tryFor(full, 200))))];
  await assert.rejects(connectTcp(full, { timeoutMs: 50 }), (error) => isCode(error, 'ETIMEDOUT'));
  const stop = new AbortController();
  const aborted = connectTcp(full, { signal: stop.signal });
  stop.abort();
  await assert.rejects(aborted, (error) => isCode(error, 'ECANCELED'));
  for (const fd of opened) if (fd !== undefined) openDescriptor(fd).destroy();
  closeDescriptor(listener);
});

function portOf(fd: number): number {
  const room = Buffer.alloc(16);
  check('getsockname', fd, room, Buffer.from([room.length, 0, 0, 0]));
  return room.readUInt16BE(2);
}

const isCode = (error: unknown, code: string): boolean => error instanceof SystemError && error.code === code;

function tryFor(to: { address: string; port: number }, timeoutMs: number): Promise<number | undefined> {
  return connectTcp(to, { timeoutMs }).catch(() => undefined);
}

test('encodeSocketAddress writes families, ports in network order and zones', () => {
  const v4 = encodeSocketAddress({ address: '10.1.2.3', port: 0x1234 });
  assert.equal(v4.toString('hex'), '020012340a010203'.padEnd(32, '0'));
  const v6 = encodeSocketAddress({ address: 'fe80::1%7', port: 22 });
  assert.equal(v6.toString('hex'), `0a00001600000000fe80${'0'.repeat(26)}0107000000`);
  const mapped = encodeSocketAddress({ address: '::ffff:10.1.2.3', port: 22 });
  assert.equal(mapped.subarray(8, 24).toString('hex'), '00000000000000000000ffff0a010203');
  assert.throws(() => encodeSocketAddress({ address: 'localhost', port: 22 }), /Invalid argument/);
  assert.throws(() => encodeSocketAddress({ address: 'fe80::1%nosuch0', port: 22 }), /No such device/);
});

test('resolveHost gives addresses of the family asked for, and the reason of the C library', () => {
  assert.deepEqual(resolveHost('127.0.0.1'), ['127.0.0.1']);
  assert.deepEqual(resolveHost('::1'), ['::1']);
  assert.ok(resolveHost('localhost', { family: 'inet' }).includes('127.0.0.1'));
  assert.throws(() => resolveHost('nosuchhost.invalid'), ResolveError);
  assert.throws(
    () => resolveHost('::1', { family: 'inet' }),
    /^ResolveError: Address family for hostname not supported/,
  );
  assert.throws(() => resolveHost('a\0b'), /^ResolveError: Name or service not known/);
});

test('nameOfAddress gives the name of the system for an address, and nothing for one without', () => {
  assert.equal(nameOfAddress('127.0.0.1'), 'localhost');
  assert.equal(nameOfAddress('0.0.0.0'), undefined);
  assert.throws(() => nameOfAddress('localhost'), SystemError);
});
