import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Socket, Server as TcpServer } from 'node:net';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';

import { freePort } from '@sallyport/testing/free-port';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer } from '@sallyport/testing/test-server';

import { memoryStreams } from '../driver/memory-stream.ts';
import type { SshError as AnySshError, ConnectOptions, PrivateKey } from '../index.ts';
import {
  AbortedError,
  AuthenticationError,
  ConnectionLostError,
  connect,
  generatePrivateKey,
  HostKeyError,
  NegotiationError,
  SshError,
  TimeoutError,
} from '../index.ts';
import { settle } from './connect-options.ts';
import { parseDestination } from './destination.ts';
import { quoteCommand } from './quote.ts';

async function failureOf(promise: Promise<unknown>): Promise<AnySshError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SshError, `not an SshError: ${String(error)}`);
  return error;
}

test('destinations name a user, a host and a port', () => {
  const cases: readonly (readonly [string, string | undefined, string, number | undefined])[] = [
    ['web1', undefined, 'web1', undefined],
    ['me@web1', 'me', 'web1', undefined],
    ['me@web1:2222', 'me', 'web1', 2222],
    ['a@b@web1', 'a@b', 'web1', undefined],
    ['[::1]:22', undefined, '::1', 22],
    ['::1', undefined, '::1', undefined],
    ['ssh://me@web1:2222/', 'me', 'web1', 2222],
  ];
  for (const [text, user, host, port] of cases) assert.deepEqual(parseDestination(text), { user, host, port }, text);
  for (const text of [
    '',
    '@',
    'me@',
    '@web1',
    '-oProxyCommand=x',
    '-l@web1',
    'web 1',
    'web1\n',
    'web1:0',
    'web1:65536',
  ]) {
    assert.throws(() => parseDestination(text), TypeError, JSON.stringify(text));
  }
});

test('options go before what the destination says', () => {
  const settings = settle('me@web1:2222', { user: 'you', host: 'web2' });
  assert.deepEqual([settings.user, settings.host, settings.port], ['you', 'web2', 2222]);
  assert.equal(settle('me@web1', {}).port, 22);
});

test('words are quoted so that a POSIX shell takes them apart again', () => {
  assert.equal(quoteCommand(['ls', '-l', '/a/b.c']), 'ls -l /a/b.c');
  assert.equal(quoteCommand(['', '$x', 'a;b', "'", '~', '*', 'a\nb']), "'' '$x' 'a;b' ''\\''' '~' '*' 'a\nb'");
});

test('a host that is not known is refused unless the caller says otherwise', async () => {
  await using folder = await TemporaryFolder.create();
  await using setup = await startTestServer();
  const knownHosts = folder.file('known_hosts');
  const { hostKeys: _, ...target } = setup.target;
  const error = await failureOf(connect({ ...target, knownHosts }));
  assert.ok(error instanceof HostKeyError);
  assert.equal(error.code, 'host-key-unknown');
  assert.equal(error.kind, 'unknown');
  assert.equal(error.fingerprint, setup.hostKeyFingerprint);
  for (const answer of [false, undefined, 1, 'yes', new Error('no')]) {
    const refused = failureOf(connect({ ...target, knownHosts, unknownHosts: () => answer as boolean }));
    assert.equal((await refused).code, 'host-key-unknown');
  }
  const seen: string[] = [];
  const unknownHosts: ConnectOptions['unknownHosts'] = (key) => {
    seen.push(`${key.host} ${key.port} ${key.keyType} ${key.fingerprint}`);
    return true;
  };
  await (await connect({ ...target, knownHosts, unknownHosts })).end();
  assert.deepEqual(seen, [`127.0.0.1 ${setup.port} ssh-ed25519 ${setup.hostKeyFingerprint}`]);
});

test('accept-new adds the key of a new host, and refuses another key afterwards', async () => {
  await using folder = await TemporaryFolder.create();
  await using setup = await startTestServer();
  const knownHosts = await folder.write('known_hosts', '# no newline at the end');
  const { hostKeys: _, ...target } = setup.target;
  await (await connect({ ...target, knownHosts, unknownHosts: 'accept-new' })).end();
  const line = `[127.0.0.1]:${setup.port} ${setup.hostKeyLine}`;
  assert.equal(await readFile(knownHosts, 'utf8'), `# no newline at the end\n${line}\n`);
  await (await connect({ ...target, knownHosts })).end();
  const otherKey = generatePrivateKey();
  const other = await startTestServer({ hostKeys: [otherKey] });
  const moved = await folder.write('moved', line.replace(`:${setup.port} `, `:${other.port} `));
  const error = await failureOf(
    connect({ ...target, port: other.port, knownHosts: moved, unknownHosts: 'accept-new' }),
  );
  assert.ok(error instanceof HostKeyError);
  assert.equal(error.code, 'host-key-changed');
  assert.deepEqual(error.knownFingerprints, [setup.hostKeyFingerprint]);
  await other.server.close();
});

test('a revoked key is refused even when it is known as well', async () => {
  await using folder = await TemporaryFolder.create();
  await using setup = await startTestServer();
  const place = `[127.0.0.1]:${setup.port}`;
  const lines = `${place} ${setup.hostKeyLine}\n@revoked ${place} ${setup.hostKeyLine}\n`;
  const knownHosts = await folder.write('known_hosts', lines);
  const { hostKeys: _, ...target } = setup.target;
  const error = await failureOf(connect({ ...target, knownHosts, unknownHosts: () => true }));
  assert.equal(error.code, 'host-key-revoked');
});

test('a known_hosts file that cannot be read is an error, not an empty file', async () => {
  await using folder = await TemporaryFolder.create();
  await using setup = await startTestServer();
  const { hostKeys: _, ...target } = setup.target;
  await assert.rejects(connect({ ...target, knownHosts: folder.path, unknownHosts: 'accept-new' }), /EISDIR/);
});

test('keys can be pinned by line and by fingerprint, and only those are taken', async () => {
  await using setup = await startTestServer();
  for (const hostKeys of [[setup.hostKeyLine], [setup.hostKeyFingerprint], ['SHA256:other', setup.hostKeyLine]]) {
    await (await connect({ ...setup.target, hostKeys })).end();
  }
  const error = await failureOf(connect({ ...setup.target, hostKeys: ['SHA256:other'], unknownHosts: () => true }));
  assert.equal(error.code, 'host-key-changed');
  const { hostKeys: _, ...target } = setup.target;
  await (await connect({ ...target, insecureAcceptAnyHostKey: true })).end();
});

test('a password is tried once, and the error says what was tried and what the server takes', async () => {
  await using setup = await startTestServer({
    login: { password: ({ user, password }) => ({ allow: user === 'somebody' && password === 'right' }) },
  });
  await (await connect({ ...setup.target, password: 'right' })).end();
  await (await connect({ ...setup.target, password: () => Promise.resolve('right') })).end();
  const error = await failureOf(connect({ ...setup.target, password: 'wrong' }));
  assert.ok(error instanceof AuthenticationError);
  assert.equal(error.code, 'authentication-failed');
  assert.deepEqual(error.tried, ['none', 'password']);
  assert.deepEqual(error.methods, ['password']);
  assert.equal(error.partialSuccess, false);
  assert.doesNotMatch(error.message, /wrong/);
});

test('a function that throws ends the attempt with its error', async () => {
  await using setup = await startTestServer({ login: { password: () => ({ allow: true }) } });
  const password = (): string => {
    throw new Error('no terminal');
  };
  const error = await failureOf(connect({ ...setup.target, password }));
  assert.equal((error.cause as Error).message, 'no terminal');
});

test('keyboard-interactive goes through several rounds (RFC 4256 section 3)', async () => {
  await using setup = await startTestServer({
    login: {
      keyboardInteractive: async ({ ask }) => {
        const [name] = await ask([{ text: 'Name: ', echo: true }], { name: 'Door', instruction: 'Say it' });
        const [a, b] = await ask([
          { text: 'A: ', echo: false },
          { text: 'B: ', echo: false },
        ]);
        await ask([], { instruction: 'nearly there' });
        return { allow: name === 'é' && a === '1' && b === '' };
      },
    },
  });
  const rounds: string[] = [];
  const answers = [['é'], ['1', '']];
  const keyboardInteractive: ConnectOptions['keyboardInteractive'] = ({ name, instruction, prompts }) => {
    rounds.push(`${name}|${instruction}|${prompts.map(({ text, echo }) => `${text}${echo}`).join()}`);
    return answers.shift() ?? [];
  };
  await (await connect({ ...setup.target, keyboardInteractive })).end();
  assert.deepEqual(rounds, ['Door|Say it|Name: true', '||A: false,B: false']);
  const error = await failureOf(connect({ ...setup.target, keyboardInteractive: () => ['one', 'too many'] }));
  assert.equal(error.code, 'authentication-failed');
});

test('of several keys the one that the server takes is used, and it verifies the signature (RFC 4252 section 7)', async () => {
  const keys = Array.from({ length: 4 }, () => generatePrivateKey());
  const right = keys[2] as PrivateKey;
  const asked: boolean[] = [];
  await using setup = await startTestServer({
    login: {
      publicKey: ({ key, verified }) => {
        const allow = Buffer.compare(key, right.publicKey.blob) === 0;
        if (allow) asked.push(verified);
        return { allow };
      },
    },
  });
  await (await connect({ ...setup.target, identities: keys })).end();
  assert.deepEqual(asked, [false, true]);
  await (await connect({ ...setup.target, identities: [right] })).end();
  assert.deepEqual(asked, [false, true, true]);
  const error = await failureOf(connect({ ...setup.target, identities: keys.slice(0, 2) }));
  assert.ok(error instanceof AuthenticationError);
  assert.equal(error.tried.length, 3);
  assert.match(error.tried[1] ?? '', /^publickey SHA256:/);
});

test('a key and then a password are both needed when the policy says so', async () => {
  const key = generatePrivateKey();
  await using setup = await startTestServer({
    login: {
      publicKey: () => ({ allow: true, identity: 'the key' }),
      password: ({ password }) => ({ allow: password === 'right', identity: 'the password' }),
      required: [['publickey', 'password']],
    },
    session: async ({ peer, stdout }) => {
      await stdout.write(JSON.stringify(peer.login.map(({ method, identity }) => [method, identity])));
    },
  });
  await using client = await connect({ ...setup.target, identities: [key], password: 'right' });
  assert.equal((await client.run('who')).stdout, '[["publickey","the key"],["password","the password"]]');
  for (const partly of [{ password: 'right' }, { identities: [key] }, { identities: [key], password: 'wrong' }]) {
    const error = await failureOf(connect({ ...setup.target, ...partly }));
    assert.ok(error instanceof AuthenticationError);
    assert.equal(error.partialSuccess, 'identities' in partly);
  }
});

test('too many failed attempts end the connection (RFC 4252 section 4)', async () => {
  await using setup = await startTestServer({
    login: { publicKey: () => ({ allow: false }) },
    limits: { attempts: 3 },
  });
  const identities = Array.from({ length: 6 }, () => generatePrivateKey());
  const error = await failureOf(connect({ ...setup.target, identities }));
  assert.equal(error.code, 'disconnected-by-peer');
  assert.match(error.message, /Too many authentication failures/);
});

test('the banner reaches the caller before it authenticates (RFC 4252 section 5.4)', async () => {
  await using setup = await startTestServer({ banner: 'Mind the gap\n' });
  const banners: string[] = [];
  await (await connect({ ...setup.target, onBanner: (text) => banners.push(text) })).end();
  assert.deepEqual(banners, ['Mind the gap\n']);
});

test('no algorithm in common: the error has what each side offered', async () => {
  await using setup = await startTestServer({ algorithms: { ciphers: ['aes256-ctr'] } });
  const error = await failureOf(connect({ ...setup.target, algorithms: { ciphers: ['aes128-gcm@openssh.com'] } }));
  assert.ok(error instanceof NegotiationError);
  assert.equal(error.code, 'no-common-algorithm');
  assert.deepEqual(error.ours, ['aes128-gcm@openssh.com']);
  assert.deepEqual(error.theirs, ['aes256-ctr']);
  assert.equal(error.subject, 'cipher');
});

test('nobody listens: ConnectionLostError with the reason of the system', async () => {
  const error = await failureOf(connect({ host: '127.0.0.1', port: await freePort(), agent: false, hostKeys: [] }));
  assert.ok(error instanceof ConnectionLostError);
  assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
});

/** A TCP server that does what the test wants with each connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<TcpServer & { readonly portNumber: number }> {
  const server = createTcpServer(onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { portNumber: (server.address() as AddressInfo).port });
}

test('a silent server: connect() gives up when the time is over or the signal is aborted, and closes', async () => {
  const sockets: Socket[] = [];
  let onConnection = (): void => undefined;
  const server = await listen((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    sockets.push(socket);
    onConnection();
  });
  const target = {
    host: '127.0.0.1',
    port: server.portNumber,
    user: 'x',
    hostKeys: ['SHA256:x'],
    agent: false,
  } as const;
  assert.ok((await failureOf(connect({ ...target, timeoutMs: 300 }))) instanceof TimeoutError);
  const controller = new AbortController();
  onConnection = () => controller.abort();
  assert.ok((await failureOf(connect({ ...target, signal: controller.signal }))) instanceof AbortedError);
  assert.ok((await failureOf(connect({ ...target, signal: AbortSignal.abort() }))) instanceof AbortedError);
  assert.equal(sockets.length, 2);
  await Promise.all(sockets.map(async (socket) => socket.closed || (await once(socket, 'close'))));
  server.close();
});

test('what is no SSH server, or goes away, rejects and does not hang', async () => {
  const answers: readonly (readonly [string | undefined, string])[] = [
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'connection-lost'],
    ['SSH-1.5-old\r\n', 'protocol-version-unsupported'],
    ['SSH-2.0-x\r\nrubbish rubbish rubbish', 'packet-length-invalid'],
    [undefined, 'connection-lost'],
  ];
  for (const [answer, code] of answers) {
    const server = await listen((socket) => {
      socket.on('error', () => undefined);
      socket.end(answer ?? '');
    });
    const target = { host: '127.0.0.1', port: server.portNumber, hostKeys: ['SHA256:x'], agent: false } as const;
    assert.equal((await failureOf(connect({ ...target, timeoutMs: 30_000 }))).code, code, String(answer));
    server.close();
  }
});

test('connect() goes over a stream in memory, a socket, and through another connection', async () => {
  await using setup = await startTestServer({ dial: () => true });
  const [ours, theirs] = memoryStreams();
  const served = setup.server.serve(theirs, 'memory');
  const overMemory = await connect({ ...setup.target, via: ours });
  assert.equal((await overMemory.run('say memory')).stdout, 'memory\n');
  await overMemory.end();
  await served;

  const socket = connectTcp({ port: setup.port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  const overSocket = await connect({ ...setup.target, via: socket });
  assert.equal((await overSocket.run('say socket')).stdout, 'socket\n');
  await overSocket.end();

  await using outer = await connect(setup.target);
  const inner = await connect({ ...setup.target, via: outer });
  const third = await connect({ ...setup.target, via: await inner.dial('127.0.0.1', setup.port) });
  assert.equal((await third.run('produce 3000000')).stdoutBytes.length, 3_000_000);
  await outer.end();
  assert.equal((await third.closed)?.code, 'connection-lost');
  assert.equal((await inner.closed)?.code, 'connection-lost');
});

test('a server that stops to answer is given up after the keep-alives', async () => {
  await using setup = await startTestServer();
  const relay = await startStoppableRelay(setup.port);
  const client = await connect({ ...setup.target, port: relay.port, keepAlive: { intervalMs: 150, count: 3 } });
  const pending = client.run('hold');
  // Several are answered.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await client.ping();
  relay.stop();
  assert.equal((await failureOf(pending)).code, 'timed-out');
  assert.ok((await client.closed) instanceof TimeoutError);
  relay.close();
});

/** Passes bytes on until it is told to swallow them. */
async function startStoppableRelay(
  port: number,
): Promise<{ readonly port: number; stop: () => void; close: () => void }> {
  let stopped = false;
  const sockets: Socket[] = [];
  const server = await listen((near) => {
    const far = connectTcp(port, '127.0.0.1');
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => undefined);
      from.on('data', (chunk) => {
        if (!stopped) to.write(chunk);
      });
    }
  });
  return {
    port: server.portNumber,
    stop: () => {
      stopped = true;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('re-keying by bytes and by time goes on under load', async () => {
  await using setup = await startTestServer({ rekeyLimits: { intervalMs: 30 } });
  await using client = await connect({ ...setup.target, rekeyLimits: { bytes: 300_000 } });
  const process = await client.spawn('cat');
  const sent = process.stdin.from(Array.from({ length: 60 }, (_, i) => new Uint8Array(50_000).fill(i)));
  const received = await process.stdout.bytes();
  await sent;
  assert.equal(received.length, 3_000_000);
  for (let i = 0; i < 60; i++) assert.equal(received[i * 50_000 + 49_999], i);
});
