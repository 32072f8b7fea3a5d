import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { LogSink } from '@sallyport/protocol/log/log';
import { freePort } from '@sallyport/testing/free-port';
import { openTransport } from './open-transport.ts';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

function logged(): { readonly lines: string[]; readonly log: LogSink } {
  const lines: string[] = [];
  return { lines, log: (level, line) => lines.push(`${level}: ${line}`) };
}

function mustOpen(result: OpenedTransport | TransportFailure): OpenedTransport {
  if ('message' in result) throw new Error(result.message);
  return result;
}

/** Everything that comes until the end. */
function readAll(transport: OpenedTransport): Promise<string> {
  const { stream } = transport;
  let text = '';
  stream.onData = (chunk) => {
    text += Buffer.from(chunk).toString();
  };
  const ended = new Promise<string>((resolve) => {
    stream.onEnd = () => resolve(text);
  });
  stream.resume();
  return ended;
}

test('openTransport connects by name, tells both ends and carries bytes', async () => {
  const server = createServer((socket) => socket.end(`hello ${socket.remotePort}`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { lines, log } = logged();
  const options = { host: 'localhost', port, family: 'inet', keepAlive: true, log } as const;
  const transport = mustOpen(await openTransport(options));
  assert.deepEqual(transport.ends?.peer, { address: '127.0.0.1', port });
  assert.deepEqual(lines, [
    `debug1: Connecting to localhost [127.0.0.1] port ${port}.`,
    'debug1: Connection established.',
  ]);
  transport.setTypeOfService(0x48);
  assert.equal(await readAll(transport), `hello ${transport.ends?.local.port}`);
  transport.stream.destroy();
  server.close();
});

test('openTransport says why there is no connection, in the words of OpenSSH', async () => {
  const port = await freePort();
  const { lines, log } = logged();
  assert.deepEqual(await openTransport({ host: '127.0.0.1', port, keepAlive: true, log }), {
    message: `ssh: connect to host 127.0.0.1 port ${port}: Connection refused`,
  });
  assert.equal(lines.at(-1), `debug1: connect to address 127.0.0.1 port ${port}: Connection refused`);
  const unknown = { host: 'nosuchhost.invalid', port, keepAlive: true, log };
  const { message } = (await openTransport(unknown)) as TransportFailure;
  assert.match(message, /^ssh: Could not resolve hostname nosuchhost\.invalid: (Name or service|Temporary failure)/);
});

test('openTransport tries all addresses again as often as ConnectionAttempts says', async () => {
  const port = await freePort();
  const server = createServer((socket) => socket.end('late'));
  const { lines, log } = logged();
  const listenAtRetry: LogSink = (level, line) => {
    log(level, line);
    if (line.startsWith('connect to address')) server.listen(port, '127.0.0.1');
  };
  const options = { host: '127.0.0.1', port, attempts: 2, keepAlive: false, log: listenAtRetry };
  const transport = mustOpen(await openTransport(options));
  assert.ok(lines.includes('debug1: Trying again...'));
  assert.equal(await readAll(transport), 'late');
  transport.stream.destroy();
  server.close();
});

test('openTransport binds the address of BindAddress, and fails when it cannot', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const { lines, log } = logged();
  const options = { host: '127.0.0.1', port, keepAlive: true, log };
  const transport = mustOpen(await openTransport({ ...options, bindAddress: '127.0.0.9' }));
  const [socket] = await accepted;
  assert.equal(socket.remoteAddress, '127.0.0.9');
  socket.destroy();
  transport.stream.destroy();
  const message = `ssh: connect to host 127.0.0.1 port ${port}: failure`;
  assert.deepEqual(await openTransport({ ...options, bindAddress: '192.0.2.1' }), { message });
  assert.equal(lines.at(-1), 'error: bind 192.0.2.1: Cannot assign requested address');
  assert.deepEqual(await openTransport({ ...options, bindAddress: 'nosuchhost.invalid' }), { message });
  assert.match(lines.at(-1) ?? '', /^error: getaddrinfo: nosuchhost\.invalid: /);
  server.close();
});

const proxy = { shell: '/bin/sh', env: { PATH: '/usr/bin:/bin', WHAT: 'out' } };

test('a proxy command is the connection: its input, its output, and its end', async () => {
  const { lines, log } = logged();
  const command = `sh -c 'printf "through $WHAT "; cat; printf " end"'`;
  const transport = mustOpen(await openTransport({ ...proxy, command, log }));
  assert.deepEqual(lines, [`debug1: Executing proxy command: exec ${command}`]);
  assert.equal(transport.ends, undefined);
  transport.setTypeOfService(0x48);
  const all = readAll(transport);
  transport.stream.write([Buffer.from('and in')]);
  transport.stream.end();
  assert.equal(await all, 'through out and in end');
});

test('a proxy command that ends at once is the end of the stream, one without a shell a failure', async () => {
  const { log } = logged();
  assert.equal(await readAll(mustOpen(await openTransport({ ...proxy, command: 'true', log }))), '');
  assert.deepEqual(await openTransport({ ...proxy, shell: '/nosuch/sh', command: 'true', log }), {
    message: '/nosuch/sh: No such file or directory',
  });
});

test('a proxy command is hung up when the process exits', async () => {
  const { log } = logged();
  const before = process.listeners('exit');
  const command = `sh -c 'trap "printf hup; exit" HUP; printf ready; while :; do sleep 0.05; done'`;
  const transport = mustOpen(await openTransport({ ...proxy, command, log }));
  const [hangUp] = process.listeners('exit').filter((listener) => !before.includes(listener));
  let text = '';
  const ended = new Promise<void>((resolve) => {
    transport.stream.onEnd = resolve;
  });
  transport.stream.onData = (chunk) => {
    text += Buffer.from(chunk).toString();
    if (text === 'ready') hangUp?.call(process, 0);
  };
  transport.stream.resume();
  await ended;
  assert.equal(text, 'readyhup');
});
