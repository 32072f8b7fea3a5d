import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from '@sallyport/testing/free-port';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { skipUnless } from '@sallyport/testing/peers';
import { runMain, startMain } from '@sallyport/testing/program-main';

const module = import.meta.resolve('@sallyport/programs/ssh/main');
const stock = skipUnless('openssh-server');

interface Parts {
  readonly fixture: OpensshFixture;
  /** Arguments of ssh up to the host. */
  readonly client: readonly string[];
  /** An echo service on this machine. */
  readonly port: number;
}

async function withServer(work: (parts: Parts) => Promise<void>): Promise<void> {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  try {
    await work({ fixture, client: fixture.clientArguments(server), port: (echo.address() as AddressInfo).port });
  } finally {
    echo.close();
  }
}

async function askAt(where: { readonly port: number } | { readonly path: string }, question: Buffer): Promise<Buffer> {
  const socket = connect(where);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.end(question);
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

const question = Buffer.alloc(3_000_000, 'all the bytes ');

test('-L forwards ports and sockets through the stock sshd while a command runs', stock, async () => {
  await withServer(async ({ fixture, client, port }) => {
    const listening = await freePort();
    const path = fixture.folder.file('forward');
    const forwards = ['-L', `${listening}:127.0.0.1:${port}`, '-L', `${path}:127.0.0.1:${port}`];
    const running = startMain(module, ['-v', ...forwards, ...client, 'cat']);
    await running.untilStderr(/Entering interactive session/);
    assert.ok((await askAt({ port: listening }, question)).equals(question));
    assert.ok((await askAt({ path }, question)).equals(question));
    running.child.stdin?.end();
    assert.equal((await running.exited).code, 0);
  });
});

test('-L to where nobody listens closes the connection and says what the stock sshd says', stock, async () => {
  await withServer(async ({ client }) => {
    const [listening, nobody] = [await freePort(), await freePort()];
    const info = ['-o', 'LogLevel=INFO', '-L', `127.0.0.1:${listening}:127.0.0.1:${nobody}`];
    const running = startMain(module, [...info, ...client, 'echo ready >&2; cat']);
    await running.untilStderr(/ready/);
    const socket = connect(listening, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    await running.untilStderr(/channel 1: open failed: connect failed: Connection refused/);
    running.child.stdin?.end();
    assert.equal((await running.exited).code, 0);
  });
});

test('a session that is over waits for the connections that are still forwarded', stock, async () => {
  await withServer(async ({ client, port }) => {
    const listening = await freePort();
    const running = startMain(module, ['-v', '-L', `${listening}:127.0.0.1:${port}`, ...client, 'cat']);
    await running.untilStderr(/Entering interactive session/);
    const socket = connect(listening, '127.0.0.1');
    socket.write('one');
    await once(socket, 'data');
    running.child.stdin?.end();
    await running.untilStderr(/rtype exit-status/);
    socket.write('two');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(answer.toString(), 'two');
    socket.end();
    assert.equal((await running.exited).code, 0);
  });
});

test('ExitOnForwardFailure ends ssh where a port is taken', stock, async () => {
  await withServer(async ({ client, port }) => {
    const argv = ['-o', 'ExitOnForwardFailure=yes', '-L', `127.0.0.1:${port}:127.0.0.1:${port}`, ...client, 'true'];
    const { code, stderr } = await runMain(module, argv);
    assert.equal(code, 255);
    assert.match(stderr, /bind \[127\.0\.0\.1\]:\d+: Address already in use\r\n/);
    assert.match(stderr, /Could not request local forwarding\.\r\n$/);
  });
});

test('-W makes our input and output a connection of the stock sshd', stock, async () => {
  await withServer(async ({ client, port }) => {
    const { code, stdout } = await runMain(module, ['-W', `127.0.0.1:${port}`, ...client], { input: question });
    assert.equal(code, 0);
    assert.ok(stdout.equals(question));
    const nobody = await freePort();
    const failed = await runMain(module, ['-W', `127.0.0.1:${nobody}`, ...client]);
    assert.equal(failed.code, 255);
    assert.equal(failed.stderr, 'stdio forwarding failed\r\n');
  });
});
