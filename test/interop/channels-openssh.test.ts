// Channels with the stock programs, both roles: TCP connections through direct-tcpip, one connection through another,
// terminals with their modes, exits by signal, output after the end of input, and streams that stop half-way.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { after, test } from 'node:test';
import { decodeTerminalModes, terminalModeByOpcode } from '@sallyport/protocol/terminal/terminal-modes';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { StockClientTarget, StockServer } from '@sallyport/testing';
import { freePort, OpensshFixture, programPath, runProgram, skipUnless, startProgram } from '@sallyport/testing';
import type { Client, Server, ServerOptions } from 'sallyport';
import { connect, readPrivateKey } from 'sallyport';
import { mebibyte, startServer, testData } from './support.ts';

const openssh = skipUnless('openssh-client', 'openssh-server');
// Without the stock programs all tests are skipped and nobody looks at these.
const fixture = openssh.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);
const stock = openssh.skip === false ? await fixture.startServer() : ({} as StockServer);
after(() => fixture[Symbol.asyncDispose]?.());

function connectTo({ host, port, user, knownHosts }: StockServer, via?: Client): Promise<Client> {
  const identities = [fixture.userKey.path];
  const options = { host, port, user, knownHosts, identities, agent: false, timeoutMs: 20_000 } as const;
  return connect(via === undefined ? options : { ...options, via });
}

async function startOurs(options: Partial<ServerOptions>): Promise<{ server: Server; target: StockClientTarget }> {
  const { path, publicLine } = await fixture.key('ed25519', 'host');
  const hostKeys = [await readPrivateKey(path)];
  const server = await startServer({ hostKeys, login: { publicKey: () => ({ allow: true }) }, ...options });
  const line = `[127.0.0.1]:${server.port} ${publicLine}\n`;
  const knownHosts = await fixture.folder.write(`known_hosts-${server.port}`, line);
  return { server, target: { host: '127.0.0.1', port: server.port, user: 'anybody', knownHosts } };
}

/** A TCP server that sends back what comes and ends when its client ends. */
async function startEcho(): Promise<{ readonly port: number; readonly tcp: TcpServer }> {
  const tcp = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as { readonly port: number };
  return { port, tcp };
}

test(
  'dial() through the stock sshd carries 4 MiB both ways and half-closes (RFC 4254 section 7.2)',
  openssh,
  async () => {
    const { port, tcp } = await startEcho();
    await using client = await connectTo(stock);
    const stream = await client.dial('127.0.0.1', port);
    const data = testData(4 * mebibyte);
    const [back] = await Promise.all([stream.readable.bytes(), stream.writable.from([data])]);
    assert.ok(equalBytes(back, data));
    stream.close();
    tcp.close();
  },
);

test('dial() to a port that nobody listens on rejects with the reason of the stock sshd', openssh, async () => {
  await using client = await connectTo(stock);
  await assert.rejects(client.dial('127.0.0.1', await freePort()), { name: 'ChannelError' });
  assert.equal((await client.run('echo on')).stdout, 'on\n');
});

test('a connection to one sshd goes through a connection to another', openssh, async () => {
  await using other = await fixture.startServer();
  await using jump = await connectTo(stock);
  await using client = await connectTo(other, jump);
  assert.equal((await client.run('echo $SSH_CONNECTION')).stdout.split(' ')[3], `${other.port}\n`);
});

test('ssh -W through a server of the library carries 4 MiB both ways', openssh, async () => {
  const { port, tcp } = await startEcho();
  const asked: unknown[] = [];
  const { server, target } = await startOurs({
    dial: ({ host, port: wanted }) => {
      asked.push([host, wanted]);
      return true;
    },
  });
  const input = testData(4 * mebibyte);
  const args = ['-W', `127.0.0.1:${port}`, ...fixture.clientArguments(target)];
  const result = await runProgram(programPath('ssh'), args, { input, env: { HOME: fixture.folder.path } });
  assert.ok(equalBytes(result.stdout, input), result.stderr);
  assert.deepEqual(asked, [['127.0.0.1', port]]);
  await server.close();
  tcp.close();
});

test('a server of the library that is not told to dial refuses ssh -W', openssh, async () => {
  const { server, target } = await startOurs({});
  const args = ['-W', '127.0.0.1:1', ...fixture.clientArguments(target)];
  const result = await runProgram(programPath('ssh'), args, { input: '', env: { HOME: fixture.folder.path } });
  assert.match(result.stderr, /stdio forwarding failed/);
  assert.equal(result.code, 255);
  await server.close();
});

test(
  'the terminal of the stock ssh comes with its size, TERM and modes (RFC 4254 sections 6.2 and 8)',
  openssh,
  async () => {
    const { server, target } = await startOurs({
      session: async (session) => {
        const { term, columns, rows, modes = new Uint8Array(0) } = session.terminal ?? {};
        const named = decodeTerminalModes(modes).map(({ opcode, argument }) => [
          terminalModeByOpcode(opcode)?.name ?? opcode,
          argument,
        ]);
        await session.stdout.write(JSON.stringify({ term, columns, rows, modes: Object.fromEntries(named) }));
      },
    });
    // script(1) gives the client a terminal.
    const command = [programPath('ssh'), '-tt', ...fixture.clientArguments(target), 'show'].join(' ');
    const inTerminal = `stty rows 33 cols 101 intr ^C -echo; ${command}`;
    const env = { HOME: fixture.folder.path, TERM: 'vt220', SHELL: '/bin/sh' };
    // The end of its input would be typed as one, whenever that is.
    const result = await startProgram('/usr/bin/script', ['-qec', inTerminal, '/dev/null'], { env }).exited;
    const json = /\{.*\}/.exec(result.stdout.toString())?.[0] ?? '';
    const shown = JSON.parse(json) as { term: string; columns: number; rows: number; modes: Record<string, number> };
    assert.deepEqual([shown.term, shown.columns, shown.rows], ['vt220', 101, 33]);
    assert.equal(shown.modes['VINTR'], 3);
    assert.equal(shown.modes['ECHO'], 0);
    assert.equal(shown.modes['CS8'], 1);
    assert.ok((shown.modes['TTY_OP_OSPEED'] ?? 0) > 0);
    await server.close();
  },
);

test('the exit of a command of the stock sshd by a signal is told (RFC 4254 section 6.10)', openssh, async () => {
  await using client = await connectTo(stock);
  const { exit } = await client.run('kill -USR1 $$');
  assert.equal(exit.signal, 'USR1');
});

test('output that comes after the end of input is read to its end', openssh, async () => {
  await using client = await connectTo(stock);
  const { stdout } = await client.run('cat > /dev/null; sleep 0.1; echo late', { input: 'x' });
  assert.equal(stdout, 'late\n');
});

test('a command that does not read leaves its writer waiting, and ends it when it exits', openssh, async () => {
  await using client = await connectTo(stock);
  const process = await client.spawn('sleep 0.2; exit 4');
  // The server may say that nobody reads before it says how the command ended (PROTOCOL section 2.2).
  const refused = assert.rejects(process.stdin.from([new Uint8Array(16 * mebibyte)]));
  assert.deepEqual(await process.exited, { code: 4 });
  await refused;
});

test('a reader that stops holds the command up, not the other commands of the connection', openssh, async () => {
  await using client = await connectTo(stock);
  const flood = await client.spawn('head -c 50000000 /dev/zero');
  assert.equal((await client.run('echo beside')).stdout, 'beside\n');
  let length = 0;
  for await (const chunk of flood.stdout) length += chunk.length;
  assert.equal(length, 50_000_000);
});
