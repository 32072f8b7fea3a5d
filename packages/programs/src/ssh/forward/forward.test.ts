import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { directStreamlocalFields, directTcpipFields } from '@sallyport/protocol/messages/connection';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import { freePort } from '@sallyport/testing/free-port';
import { MemoryServer } from '@sallyport/testing/memory-server';
import { clientOptions } from '@sallyport/testing/stack-pair';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { openConnection } from '../open-connection.ts';
import type { LocalForward, LocalForwardOptions } from './local-forwards.ts';
import { startLocalForwards } from './local-forwards.ts';

const crypto = createCryptoProvider();

type ConnectionEvent = Extract<ServerStackEvent, { readonly protocol: 'connection' }>;

interface Setting {
  readonly server: MemoryServer;
  readonly lines: string[];
  readonly start: (forwards: readonly LocalForward[], options?: Partial<LocalForwardOptions>) => Promise<boolean>;
}

/** A client that is logged in at a server in memory; unless told the server echoes and ends with its client. */
async function setUp(
  onServer: (event: ConnectionEvent, server: MemoryServer) => boolean = () => false,
): Promise<Setting> {
  const lines: string[] = [];
  const server = new MemoryServer({
    crypto,
    onEvent: (event, self) => event.protocol === 'connection' && (onServer(event, self) || echo(event, self)),
  });
  const opened = await openConnection({
    stream: server.stream,
    stack: clientOptions({ crypto, client: { now: performance.now() } }),
    judgeHostKey: () => true,
    login: {
      learn: () => undefined,
      answer: () => Promise.resolve({ type: 'attempt', attempt: { method: 'none' } }),
    },
    log: () => undefined,
  });
  if (!('port' in opened)) throw new Error('no login in memory');
  return {
    server,
    lines,
    start: (forwards, options = {}) =>
      startLocalForwards(opened.port, {
        forwards,
        exitOnFailure: false,
        gatewayPorts: false,
        unlinkFirst: false,
        socketMask: 0o177,
        log: (level, line) => lines.push(`${level}: ${line}`),
        ...options,
      }),
  };
}

function echo(event: ConnectionEvent, server: MemoryServer): boolean {
  const perform = (command: Parameters<MemoryServer['perform']>[0]): void => server.perform(command);
  if (event.type === 'channel-requested') {
    perform({ protocol: 'connection', type: 'confirm-channel', channel: event.channel });
  } else if (event.type === 'data-received') {
    const { channel, data } = event;
    perform({ protocol: 'connection', type: 'send-data', channel, data: data.slice() });
    perform({ protocol: 'connection', type: 'consume', channel, bytes: data.length });
  } else if (event.type === 'eof-received') {
    perform({ protocol: 'connection', type: 'send-eof', channel: event.channel });
    perform({ protocol: 'connection', type: 'close-channel', channel: event.channel });
  }
  return true;
}

async function ask(socket: Socket, question: string | Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.end(question);
  await closeOf(socket);
  return Buffer.concat(chunks);
}

/** However it comes about: with what is unread the end of a connection is a reset. */
function closeOf(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

const target = { kind: 'tcp', host: 'db.example.org', port: 5432 } as const;

test('a connection to a forwarded port goes on from the server, byte for byte (RFC 4254 section 7.2)', async () => {
  const asked: ReturnType<typeof directTcpipFields.decode>[] = [];
  const { start, server, lines } = await setUp((event) => {
    if (event.type === 'channel-requested') {
      assert.equal(event.channelType, 'direct-tcpip');
      asked.push(directTcpipFields.decode(event.fields));
    }
    return false;
  });
  const port = await freePort();
  const listening = { kind: 'tcp', host: '127.0.0.1', port } as const;
  assert.equal(await start([{ listen: listening, connect: target }]), true);
  assert.ok(lines.includes(`debug1: Local forwarding listening on 127.0.0.1 port ${port}.`));
  const large = Buffer.alloc(5_000_000, 'forwarded bytes ');
  const [first, second] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await once(first, 'connect');
  const originatorPort = first.localPort;
  const [whole, little] = await Promise.all([ask(first, large), ask(second, 'little')]);
  assert.ok(whole.equals(large));
  assert.equal(little.toString(), 'little');
  assert.deepEqual(asked[0], { host: 'db.example.org', port: 5432, originatorAddress: '127.0.0.1', originatorPort });
  server.destroy();
});

test('a socket in the file system is forwarded to one of the server (PROTOCOL section 2.4)', async () => {
  const asked: unknown[] = [];
  const { start, server } = await setUp((event) => {
    if (event.type === 'channel-requested') {
      assert.equal(event.channelType, 'direct-streamlocal@openssh.com');
      asked.push(directStreamlocalFields.decode(event.fields));
    }
    return false;
  });
  await using folder = await TemporaryFolder.create();
  const path = folder.file('s');
  await start([{ listen: { kind: 'socket', path }, connect: { kind: 'socket', path: '/run/db' } }]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await ask(connect(path), 'hello')).toString(), 'hello');
  assert.deepEqual(asked, [{ path: '/run/db', reserved: '', reservedNumber: 0 }]);
  server.destroy();
});

test('a socket that is there already is in the way, unless it may be removed', async () => {
  const { start, server, lines } = await setUp();
  await using folder = await TemporaryFolder.create();
  const path = folder.file('s');
  const old = createServer().listen(path);
  await once(old, 'listening');
  const forward = { listen: { kind: 'socket', path }, connect: target } as const;
  assert.equal(await start([forward]), true);
  assert.deepEqual(lines.slice(-2), [
    `error: unix_listener: cannot bind to path ${path}: Address already in use`,
    'error: Could not request local forwarding.',
  ]);
  assert.equal(await start([forward], { unlinkFirst: true }), true);
  assert.equal((await ask(connect(path), 'mine now')).toString(), 'mine now');
  const plain = folder.file('plain');
  writeFileSync(plain, 'precious');
  await start([{ listen: { kind: 'socket', path: plain }, connect: target }], { unlinkFirst: true });
  assert.ok((await stat(plain)).isFile());
  old.close();
  server.destroy();
});

test('a port that is taken is complained about, and fails the session where it must be there', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { start, server, lines } = await setUp();
  const listening = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const forwards = [{ listen: listening, connect: target }];
  assert.equal(await start(forwards), true);
  assert.deepEqual(lines.slice(-3), [
    `error: bind [127.0.0.1]:${port}: Address already in use`,
    `error: channel_setup_fwd_listener_tcpip: cannot listen to port: ${port}`,
    'error: Could not request local forwarding.',
  ]);
  assert.equal(await start(forwards, { exitOnFailure: true }), false);
  assert.equal(lines.at(-1), 'fatal: Could not request local forwarding.');
  const nowhere = { kind: 'tcp', host: 'nosuchhost.invalid', port } as const;
  await start([{ listen: nowhere, connect: target }]);
  assert.match(lines.at(-2) ?? '', /^error: channel_setup_fwd_listener_tcpip: getaddrinfo\(nosuchhost\.invalid\): /);
  taken.close();
  server.destroy();
});

test('a target that the server cannot reach closes the connection and is told', async () => {
  const { start, server, lines } = await setUp((event, self) => {
    if (event.type !== 'channel-requested') return false;
    const description = 'Connection refused';
    self.perform({ protocol: 'connection', type: 'refuse-channel', channel: event.channel, reason: 2, description });
    return true;
  });
  const port = await freePort();
  await start([{ listen: { kind: 'tcp', host: '127.0.0.1', port }, connect: target }]);
  assert.equal((await ask(connect(port, '127.0.0.1'), 'x')).length, 0);
  assert.ok(lines.includes('info: channel 0: open failed: connect failed: Connection refused'));
  server.destroy();
});

test('a port without an address listens on this machine only, or everywhere with GatewayPorts', async () => {
  for (const [options, address] of [
    [{}, '127.0.0.1'],
    [{ gatewayPorts: true, family: 'inet' }, '0.0.0.0'],
  ] as const) {
    const { start, server, lines } = await setUp();
    const port = await freePort();
    await start([{ listen: { kind: 'tcp', port }, connect: target }], options);
    assert.ok(lines.includes(`debug1: Local forwarding listening on ${address} port ${port}.`), lines.join('\n'));
    assert.equal((await ask(connect(port, '127.0.0.1'), 'y')).toString(), 'y');
    server.destroy();
  }
  const { start, server, lines } = await setUp();
  const port = await freePort();
  await start([{ listen: { kind: 'tcp', host: '*', port }, connect: target }], { family: 'inet' });
  assert.ok(lines.includes(`debug1: Local forwarding listening on 0.0.0.0 port ${port}.`));
  server.destroy();
});

test('a local program that goes on writing learns that the server has closed the channel', async () => {
  const { start, server } = await setUp((event, self) => {
    if (event.type !== 'data-received') return false;
    self.perform({ protocol: 'connection', type: 'close-channel', channel: event.channel });
    return true;
  });
  const port = await freePort();
  await start([{ listen: { kind: 'tcp', host: '127.0.0.1', port }, connect: target }]);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.resume();
  const writing = setInterval(() => socket.write('more'), 5);
  await closeOf(socket);
  clearInterval(writing);
  server.destroy();
});

test('the end of the connection ends what was forwarded, and nobody listens any more', async () => {
  const { start, server } = await setUp();
  const port = await freePort();
  await start([{ listen: { kind: 'tcp', host: '127.0.0.1', port }, connect: target }]);
  const socket = connect(port, '127.0.0.1');
  socket.write('hello');
  await once(socket, 'data');
  server.destroy();
  await closeOf(socket);
  const late = connect(port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});
