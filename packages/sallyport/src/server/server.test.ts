import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';

import { createCryptoProvider } from '@sallyport/crypto';
import {
  envFields,
  execFields,
  exitStatusFields,
  ptyRequestFields,
  signalFields,
} from '@sallyport/protocol/messages/channel-requests';
import {
  channelClose,
  channelData,
  channelEof,
  channelFailure,
  channelOpen,
  channelOpenConfirmation,
  channelOpenFailure,
  channelRequest,
  channelSuccess,
  directTcpipFields,
  globalRequest,
  requestFailure,
} from '@sallyport/protocol/messages/connection';
import { serviceAccept, serviceRequest } from '@sallyport/protocol/messages/transport';
import { userauthRequest, userauthSuccess } from '@sallyport/protocol/messages/userauth';
import { freePort } from '@sallyport/testing/free-port';
import { LivePeer } from '@sallyport/testing/live-peer';
import { startTestServer, testCommands } from '@sallyport/testing/test-server';
import { until } from '@sallyport/testing/until';

import { memoryStreams } from '../driver/memory-stream.ts';
import type { ServerOptions } from '../index.ts';
import { connect, createServer, generatePrivateKey } from '../index.ts';

const crypto = createCryptoProvider();
const nothing = new Uint8Array(0);

/** A client that has logged in to a server with those options. */
async function loggedIn(options: Partial<ServerOptions> = {}): Promise<LivePeer> {
  const server = createServer({
    hostKeys: [generatePrivateKey()],
    login: { none: () => ({ allow: true }) },
    session: testCommands,
    ...options,
  });
  const [ours, theirs] = memoryStreams();
  void server.serve(theirs);
  const peer = await new LivePeer(ours, { crypto, role: 'client' }).ready();
  peer.send(serviceRequest.encode({ service: 'ssh-userauth' }));
  await peer.expect(serviceAccept);
  peer.send(userauthRequest.encode({ user: 'u', service: 'ssh-connection', method: 'none', fields: nothing }));
  await peer.expect(userauthSuccess);
  return peer;
}

async function openSession(peer: LivePeer): Promise<number> {
  const window = { windowBytes: 1_000_000, maximumPacketBytes: 32768 };
  peer.send(channelOpen.encode({ type: 'session', sender: 5, ...window, fields: nothing }));
  return (await peer.expect(channelOpenConfirmation)).sender;
}

const ask = (recipient: number, type: string, fields: Uint8Array): Uint8Array =>
  channelRequest.encode({ recipient, type, wantReply: true, fields });

const exec = (command: string): Uint8Array => execFields.encode({ command: Buffer.from(command) });

test('a session starts one program, and what belongs before it is refused after it (RFC 4254 section 6.5)', async () => {
  const peer = await loggedIn();
  const recipient = await openSession(peer);
  peer.send(ask(recipient, 'exec', exec('hold')));
  await peer.expect(channelSuccess);
  assert.equal(Buffer.from((await peer.expect(channelData)).data).toString(), 'holding\n');
  const size = { columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 };
  const late = [
    ask(recipient, 'exec', exec('say again')),
    ask(recipient, 'shell', nothing),
    ask(recipient, 'pty-req', ptyRequestFields.encode({ term: 'x', ...size, modes: nothing })),
    ask(recipient, 'env', envFields.encode({ name: Buffer.from('A'), value: nothing })),
    ask(recipient, 'x11-req', nothing),
    ask(recipient, 'auth-agent-req@openssh.com', nothing),
  ];
  for (const payload of late) {
    peer.send(payload);
    await peer.expect(channelFailure);
  }
  peer.close();
});

test('a program ends with its status, EOF and CLOSE, in this order after its output', async () => {
  const peer = await loggedIn();
  const recipient = await openSession(peer);
  peer.send(ask(recipient, 'exec', exec('exit 7')));
  await peer.expect(channelSuccess);
  const request = await peer.expect(channelRequest);
  assert.equal(request.type, 'exit-status');
  assert.equal(request.wantReply, false);
  assert.equal(exitStatusFields.decode(request.fields).status, 7);
  await peer.expect(channelEof);
  await peer.expect(channelClose);
  peer.close();
});

test('malformed fields of a request refuse it and nothing more', async () => {
  const peer = await loggedIn();
  const recipient = await openSession(peer);
  for (const type of ['exec', 'pty-req', 'env', 'window-change', 'signal', 'break', 'subsystem']) {
    for (const fields of [nothing, new Uint8Array([0, 0, 0, 9, 1]), new Uint8Array(3).fill(255)]) {
      peer.send(ask(recipient, type, fields));
      await peer.expect(channelFailure);
    }
  }
  peer.send(ask(recipient, 'exec', exec('exit 0')));
  await peer.expect(channelSuccess);
  peer.close();
});

test('variables and unread requests of one session are bounded', async () => {
  const peer = await loggedIn();
  const recipient = await openSession(peer);
  for (let i = 0; i < 130; i++) {
    peer.send(ask(recipient, 'env', envFields.encode({ name: Buffer.from(`V${i}`), value: nothing })));
    await peer.expect(i < 128 ? channelSuccess : channelFailure);
  }
  peer.send(ask(recipient, 'exec', exec('hold')));
  await peer.expect(channelSuccess);
  await peer.expect(channelData);
  for (let i = 0; i < 260; i++) {
    peer.send(ask(recipient, 'signal', signalFields.encode({ name: 'USR1' })));
    await peer.expect(i < 256 ? channelSuccess : channelFailure);
  }
  peer.close();
});

test('global requests, and channels of types that are not served, are refused with their reason', async () => {
  const peer = await loggedIn();
  const window = { windowBytes: 10, maximumPacketBytes: 100 };
  const open = (type: string, fields = nothing): Uint8Array =>
    channelOpen.encode({ type, sender: 1, ...window, fields });
  peer.send(globalRequest.encode({ type: 'tcpip-forward', wantReply: true, fields: nothing }));
  await peer.expect(requestFailure);
  peer.send(open('forwarded-tcpip'), open('x11'), open('direct-tcpip'));
  assert.equal((await peer.expect(channelOpenFailure)).reason, 3);
  assert.equal((await peer.expect(channelOpenFailure)).reason, 3);
  assert.equal((await peer.expect(channelOpenFailure)).reason, 1);
  peer.close();
});

test('a client may dial only what the server allows by saying true (RFC 4254 section 7.2)', async () => {
  const asked: string[] = [];
  const answers: unknown[] = [false, undefined, 'yes', new Error('no'), true];
  const peer = await loggedIn({
    dial: ({ host, port }) => {
      asked.push(`${host}:${port}`);
      return answers.shift() as boolean;
    },
  });
  const port = await freePort();
  const fields = directTcpipFields.encode({ host: '127.0.0.1', port, originatorAddress: '', originatorPort: 0 });
  const open = (content: Uint8Array): Uint8Array =>
    channelOpen.encode({ type: 'direct-tcpip', sender: 1, windowBytes: 1, maximumPacketBytes: 100, fields: content });
  for (let i = 0; i < 4; i++) {
    peer.send(open(fields));
    assert.equal((await peer.expect(channelOpenFailure)).reason, 1);
  }
  peer.send(open(fields));
  assert.equal((await peer.expect(channelOpenFailure)).reason, 2);
  peer.send(open(nothing), open(fields.subarray(0, 9)));
  assert.equal((await peer.expect(channelOpenFailure)).reason, 1);
  assert.equal((await peer.expect(channelOpenFailure)).reason, 1);
  assert.equal(asked.length, 5);
  peer.close();
});

test('dialed connections carry half-closes both ways, and much data', async () => {
  const upper = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat([...chunks, Buffer.from('!')])));
  });
  upper.listen(0, '127.0.0.1');
  await once(upper, 'listening');
  await using setup = await startTestServer({ dial: () => true });
  await using client = await connect(setup.target);
  const stream = await client.dial('127.0.0.1', (upper.address() as AddressInfo).port);
  const sent = Buffer.alloc(5_000_000, 'x');
  await stream.writable.write(sent);
  stream.writable.end();
  const received = await stream.readable.bytes();
  assert.equal(received.length, sent.length + 1);
  assert.equal(received.at(-1), 0x21);
  assert.equal(await stream.closed, undefined);

  const duplex = (await client.dial('127.0.0.1', (upper.address() as AddressInfo).port)).node;
  duplex.end('as a duplex');
  const chunks: Buffer[] = [];
  for await (const chunk of duplex) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), 'as a duplex!');
  upper.close();
});

test('connections above the limits are closed at once, and count no more when they are gone', async () => {
  await using setup = await startTestServer({ limits: { startups: 2 } });
  const first = connectTcp(setup.port, '127.0.0.1');
  const second = connectTcp(setup.port, '127.0.0.1');
  await Promise.all([once(first, 'data'), once(second, 'data')]);
  const third = connectTcp(setup.port, '127.0.0.1');
  third.on('error', () => undefined);
  third.resume();
  await once(third, 'close');
  first.destroy();
  while (setup.server.connections > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  await using client = await connect(setup.target);
  await using another = await connect(setup.target);
  assert.equal((await client.run('say in')).stdout, 'in\n');
  assert.ok(another);
  second.destroy();
});

test('clients that disappear in any state leave nothing behind', async () => {
  await using setup = await startTestServer();
  for (let i = 0; i < 10; i++) {
    const socket = connectTcp(setup.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'data');
    if (i % 2 === 0) socket.write('SSH-2.0-gone\r\n');
    socket.resetAndDestroy();
  }
  const client = await connect(setup.target);
  const process = await client.spawn('hold');
  await process.stdout.lines().next();
  await until(() => setup.server.connections === 1, 'who has gone is not counted');
  const gone = client.end();
  while (setup.server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await gone;
});

test('an address that cannot be had rejects listen()', async () => {
  await using setup = await startTestServer();
  const other = createServer({ hostKeys: [generatePrivateKey()], login: { none: () => ({ allow: true }) } });
  await assert.rejects(other.listen({ port: setup.port }), /EADDRINUSE/);
  assert.equal(other.port, 0);
  await other.close();
});

test('a session tells its handler that the client is gone', async () => {
  const aborted: boolean[] = [];
  await using setup = await startTestServer({
    session: async (session) => {
      await session.stdout.write('x');
      await new Promise<void>((resolve) => session.signal.addEventListener('abort', () => resolve()));
      aborted.push(session.signal.aborted);
      await assert.rejects(session.stdout.write('to nobody'));
      for await (const request of session.requests) assert.fail(JSON.stringify(request));
      aborted.push(true);
    },
  });
  const client = await connect(setup.target);
  const process = await client.spawn('any');
  await process.stdout[Symbol.asyncIterator]().next();
  await client.end();
  while (aborted.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(setup.errors, []);
});
