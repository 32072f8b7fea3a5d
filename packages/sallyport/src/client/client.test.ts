import assert from 'node:assert/strict';
import { test } from 'node:test';

import { patternOf, startTestServer } from '@sallyport/testing/test-server';

import {
  AbortedError,
  ChannelError,
  CommandError,
  ConnectionLostError,
  connect,
  SshError,
  TimeoutError,
} from '../index.ts';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SshError, `not an SshError: ${String(error)}`);
  return error.code;
}

test('run() gives stdout, stderr and the status (RFC 4254 section 6.10)', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const said = await client.run('say hello there');
  assert.equal(said.stdout, 'hello there\n');
  assert.deepEqual(said.exit, { code: 0 });
  const complained = await client.run('complain loudly');
  assert.equal(complained.stderr, 'loudly\n');
  assert.equal(complained.stdout, '');
  assert.deepEqual(complained.exit, { code: 1 });
  const died = await client.run('die SEGV');
  assert.deepEqual(died.exit, { signal: 'SEGV', coreDumped: false, description: 'as told' });
});

test('run() with check rejects with the result when the status is not 0', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  await assert.rejects(client.run('exit 3', { check: true }), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.code, 'command-failed');
    assert.deepEqual(error.result.exit, { code: 3 });
    return true;
  });
  await assert.rejects(client.run('die KILL', { check: true }), /signal KILL/);
});

test('run() sends its input and ends it', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  assert.equal((await client.run('cat', { input: 'some text' })).stdout, 'some text');
  assert.equal((await client.run('count')).stdout, '0');
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 40; i++) yield await Promise.resolve(new Uint8Array(50_000));
  };
  assert.equal((await client.run('count', { input: pieces() })).stdout, '2000000');
});

test('an input that fails ends the command with its error as the cause', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const broken = async function* (): AsyncGenerator<string> {
    yield await Promise.resolve('a');
    throw new Error('source broke');
  };
  await assert.rejects(client.run('cat', { input: broken() }), (error) => {
    assert.ok(error instanceof SshError);
    assert.equal((error.cause as Error).message, 'source broke');
    return true;
  });
  assert.equal((await client.run('say still here')).stdout, 'still here\n');
});

test('more output than run() may keep ends the command', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  assert.equal(await codeOf(client.run('produce 100000', { outputLimitBytes: 50_000 })), 'limit-exceeded');
  assert.equal((await client.run('say fine')).stdout, 'fine\n');
});

test('spawn() streams both ways, line by line', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  await using process = await client.spawn('cat');
  const lines = process.stdout.lines();
  await process.stdin.write('first\nsec');
  assert.equal((await lines.next()).value, 'first');
  await process.stdin.write('ond\r\nthird');
  assert.equal((await lines.next()).value, 'second');
  process.stdin.end();
  assert.equal((await lines.next()).value, 'third');
  assert.equal((await lines.next()).done, true);
  assert.deepEqual(await process.exited, { code: 0 });
  assert.equal(await process.closed, undefined);
});

test('signals, sizes and breaks reach the program, and its signal comes back (RFC 4254 section 6.9)', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  await using process = await client.spawn('requests', { pty: true });
  const lines = process.stdout.lines();
  assert.equal((await lines.next()).value, 'ready');
  process.resize({ columns: 100, rows: 40 });
  assert.deepEqual(JSON.parse((await lines.next()).value ?? ''), {
    type: 'resize',
    columns: 100,
    rows: 40,
    widthPixels: 0,
    heightPixels: 0,
  });
  await process.break(500);
  assert.deepEqual(JSON.parse((await lines.next()).value ?? ''), { type: 'break', lengthMs: 500 });
  process.signal('USR1');
  assert.deepEqual(await process.exited, { signal: 'USR1', coreDumped: false, description: '' });
});

test('variables and the terminal are asked for before the program starts', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const env = { LANG: 'C', EMPTY: '' };
  const plain = await client.run('env', { env });
  assert.equal(plain.stdout, '[["LANG","C"],["EMPTY",""]] terminal none');
  const withTerminal = await client.run('env', { pty: { term: 'vt100', columns: 132 } });
  assert.equal(withTerminal.stdout, '[] terminal vt100 132x24');
});

test('an array is quoted for a POSIX shell, and a NUL in it is refused', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  assert.equal((await client.run(['say', "it's", '$HOME', 'a b', ''])).stdout, "'it'\\''s' '$HOME' 'a b' ''\n");
  await assert.rejects(client.run(['say', 'a\0b']), TypeError);
  await assert.rejects(client.run([]), TypeError);
});

test('what the server refuses rejects with ChannelError and its reason', async () => {
  await using setup = await startTestServer({ limits: { channels: 1 } });
  await using client = await connect(setup.target);
  await assert.rejects(client.dial('127.0.0.1', 9), (error) => {
    assert.ok(error instanceof ChannelError);
    assert.equal(error.code, 'channel-refused');
    assert.equal(error.reason, 1);
    return true;
  });
  await using held = await client.spawn('hold');
  await assert.rejects(client.run('say x'), (error) => error instanceof ChannelError && error.reason === 4);
  assert.ok(held);
});

test('a server without sessions refuses them', async () => {
  await using setup = await startTestServer({ session: () => 0 });
  await using client = await connect(setup.target);
  assert.deepEqual(await (await client.shell()).exited, { code: 0 });
  await using other = await startTestServer({
    login: { none: () => ({ allow: true }) },
    dial: () => true,
    session: undefined as never,
  });
  await using second = await connect(other.target);
  assert.equal(await codeOf(second.run('say x')), 'channel-refused');
});

test('a command that throws ends with status 1, and only the server hears why', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const result = await client.run('throw');
  assert.deepEqual(result.exit, { code: 1 });
  assert.equal(result.stderr, '');
  assert.match(String(setup.errors[0]), /thrown by the command/);
});

test('aborting a command closes its channel and leaves the connection', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const reason = new Error('enough');
  const controller = new AbortController();
  const running = client.run('hold', { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(running, (error) => {
    assert.ok(error instanceof AbortedError);
    assert.equal(error.cause, reason);
    return true;
  });
  assert.equal((await client.run('say on')).stdout, 'on\n');
  await assert.rejects(client.run('say x', { signal: AbortSignal.abort() }), AbortedError);
  await assert.rejects(client.spawn('say x', { signal: AbortSignal.abort() }), AbortedError);
  await assert.rejects(client.dial('h', 1, { signal: AbortSignal.abort() }), AbortedError);
});

test('a command that takes too long rejects with TimeoutError', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  await assert.rejects(client.run('hold', { timeoutMs: 30 }), TimeoutError);
  assert.equal((await client.run('say on')).stdout, 'on\n');
});

test('aborting a spawned program ends its streams and its exit with AbortedError', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const controller = new AbortController();
  const process = await client.spawn('hold', { signal: controller.signal });
  const read = (async () => {
    for await (const line of process.stdout.lines()) assert.equal(line, 'holding');
  })();
  const write = process.stdin.write(new Uint8Array(4 * 1024 * 1024));
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(read, AbortedError);
  await assert.rejects(write, AbortedError);
  await assert.rejects(process.exited, AbortedError);
  assert.ok((await process.closed) instanceof AbortedError);
  assert.equal((await client.run('say on')).stdout, 'on\n');
});

test('leaving a loop over stdout early drops the rest and lets the program end', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const process = await client.spawn('produce 8000000', { input: '' });
  for await (const chunk of process.stdout) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.deepEqual(await process.exited, { code: 0 });
});

test('16 MiB go there and back through a slow reader, and little waits in memory', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const total = 16 * 1024 * 1024;
  const process = await client.spawn('cat');
  const sent = process.stdin.from(
    (function* () {
      for (let at = 0; at < total; at += 65536) yield patternOf(at, 65536);
    })(),
  );
  let at = 0;
  let most = 0;
  for await (const chunk of process.stdout) {
    if (at % (1024 * 1024) < chunk.length) await new Promise((resolve) => setTimeout(resolve, 2));
    for (let i = 0; i < chunk.length; i += 1024) assert.equal(chunk[i], ((at + i) >>> 10) & 0xff);
    at += chunk.length;
    most = Math.max(most, process.stdout.waitingBytes + chunk.length);
  }
  await sent;
  assert.equal(at, total);
  assert.ok(most <= (2048 + 256) * 1024, `${most} bytes waited`);
  assert.deepEqual(await process.exited, { code: 0 });
});

test('an unread program is held back by its window while others go on', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  await using stuck = await client.spawn('produce 100000000', { input: '' });
  assert.equal((await client.run('say quick')).stdout, 'quick\n');
  assert.ok(stuck.stdout.waitingBytes <= 2 * 1024 * 1024);
  assert.equal((await client.run('produce 1000000')).stdoutBytes.length, 1_000_000);
  assert.ok(stuck.stdout.waitingBytes <= 2 * 1024 * 1024);
});

test('fifty commands at once on one connection all get their own output', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, i) => client.run('cat', { input: new Uint8Array(100_000).fill(i) })),
  );
  for (const [i, { stdoutBytes }] of results.entries()) {
    assert.equal(stdoutBytes.length, 100_000);
    assert.ok(stdoutBytes.every((byte) => byte === i));
  }
});

test('the streams of Node carry data both ways', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const process = await client.spawn('cat');
  const chunks: Buffer[] = [];
  const input = process.stdin.node;
  const output = process.stdout.node;
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => output.once('end', resolve));
  for (let i = 0; i < 20; i++) input.write(patternOf(i * 10_000, 10_000));
  input.end();
  await ended;
  assert.ok(Buffer.concat(chunks).equals(patternOf(0, 200_000)));
});

test('the streams of the web carry data both ways', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  const process = await client.spawn('cat');
  const writer = process.stdin.web.getWriter();
  const reader = process.stdout.web.getReader();
  void writer.write(patternOf(0, 100_000)).then(() => writer.close());
  const chunks: Uint8Array[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  assert.ok(Buffer.concat(chunks).equals(patternOf(0, 100_000)));
});

test('end() closes in good order, and what is pending rejects with closed', async () => {
  await using setup = await startTestServer();
  const client = await connect(setup.target);
  const pending = codeOf(client.run('hold'));
  const process = await client.spawn('hold');
  await client.end();
  assert.equal(await pending, 'closed');
  await assert.rejects(process.exited, ConnectionLostError);
  assert.equal(await client.closed, undefined);
  assert.equal(await codeOf(client.run('say x')), 'closed');
  assert.equal(await codeOf(client.ping()), 'closed');
  assert.deepEqual(setup.errors, []);
});

test('the loss of the connection settles everything that is pending', async () => {
  const setup = await startTestServer();
  const client = await connect(setup.target);
  const process = await client.spawn('hold');
  const pending = [
    codeOf(client.run('hold')),
    codeOf(process.exited),
    codeOf(process.stdout.text()),
    codeOf(process.stdin.write(new Uint8Array(4 * 1024 * 1024))),
    codeOf(client.dial('127.0.0.1', 1)).then((code) => (code === 'channel-refused' ? 'disconnected-by-peer' : code)),
  ];
  await client.ping();
  await setup.server.close();
  const error = await client.closed;
  assert.ok(error instanceof ConnectionLostError);
  assert.equal(error.code, 'disconnected-by-peer');
  assert.deepEqual(new Set(await Promise.all(pending)), new Set(['disconnected-by-peer']));
});

test('what a client knows of its server', async () => {
  await using setup = await startTestServer();
  await using client = await connect(setup.target);
  assert.match(client.serverIdentification, /^SSH-2\.0-Sallyport_/);
  assert.equal(client.negotiated.strict, true);
  assert.equal(client.serverExtensions.get('ping@openssh.com'), '0');
  assert.deepEqual(client.hostKey, setup.hostKey.publicKey.blob);
  assert.equal(client.user, 'somebody');
  await client.ping();
});
