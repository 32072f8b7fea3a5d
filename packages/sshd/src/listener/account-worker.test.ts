import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Struct } from '@sallyport/protocol/codec/struct';
import { logLevels } from '@sallyport/protocol/log/log';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import type { StreamEnd } from '@sallyport/testing/stream-end';
import { streamPair } from '@sallyport/testing/stream-end';
import { accountCalls, accountCommands } from '../monitor/calls.ts';
import type { AccountWorkerOptions } from './account-worker.ts';
import { AccountWorker } from './account-worker.ts';

const identity = { name: 'alice', uid: 1000, gid: 1000, groups: [1000] };
const signature = Uint8Array.of(4, 2);
const hash = new Uint8Array(32).fill(1);

const ends: StreamEnd[] = [];
after(() => {
  for (const end of ends) end.close();
});

/** An account process that the test plays, and what the monitor heard of it. */
class Bench {
  readonly end: StreamEnd;
  readonly passed: string[] = [];
  readonly lines: string[] = [];
  readonly ended: number[] = [];
  killed = 0;
  readonly gone: Promise<void>;
  isGone = false;
  readonly worker: AccountWorker;

  constructor(options: Partial<AccountWorkerOptions> = {}) {
    const { stream, end } = streamPair();
    this.end = end;
    ends.push(end);
    let resolve: () => void = () => undefined;
    this.gone = new Promise((settle) => {
      resolve = settle;
    });
    this.worker = new AccountWorker({
      pid: 4711,
      kill: () => {
        this.killed += 1;
      },
      calls: stream,
      pass: (descriptors, text) => this.passed.push(`${descriptors.join(',')} ${text}`),
      identity,
      settings: '{}',
      idleMs: 60_000,
      sign: (algorithm, _, data) =>
        Promise.resolve(algorithm === 'ssh-ed25519' && data.length === 32 ? signature : undefined),
      prove: (hostKey, sessionId) => Promise.resolve(hostKey[0] === 1 ? Uint8Array.of(9, ...sessionId) : undefined),
      log: ({ level, text }) => this.lines.push(`${level}: ${text}`),
      onConnectionEnded: (connection) => this.ended.push(connection),
      onGone: () => {
        this.isGone = true;
        resolve();
      },
      ...options,
    });
  }

  adopt(connection: number): this {
    this.worker.adopt({
      connection,
      fd: 10 + connection,
      sessionId: Uint8Array.of(7),
      snapshot: Uint8Array.of(9),
      grant: 'g',
    });
    return this;
  }

  call(name: keyof typeof accountCalls, value: object): void {
    const { number, fields } = accountCalls[name];
    this.end.send(encodeFrame(number, (fields as unknown as Struct<object>).encode(value)));
  }

  sign(connection: number, changed: object = {}): void {
    this.call('sign', { connection, algorithm: 'ssh-ed25519', hostKey: new Uint8Array(3), data: hash, ...changed });
  }

  /** The next command that comes: its name and fields. */
  async command(): Promise<readonly [string, unknown]> {
    const header = await this.end.take(5);
    const body = Uint8Array.from(await this.end.take(header.readUInt32BE(0) - 1));
    const [name, row] = Object.entries(accountCommands).find(([, { number }]) => number === header[4]) ?? [];
    if (name === undefined || row === undefined) throw new Error(`no command has number ${header[4]}`);
    return [name, row.fields.decode(body)];
  }
}

test('AccountWorker tells the process who it is, then gives it each descriptor before its command', async () => {
  const bench = new Bench().adopt(1).adopt(2);
  assert.deepEqual(bench.passed, [` ${JSON.stringify({ identity, settings: '{}' })}`, '11 adopt', '12 adopt']);
  assert.deepEqual(await bench.command(), [
    'adopt',
    { connection: 1, sessionId: new Uint8Array([7]), snapshot: new Uint8Array([9]), grant: 'g' },
  ]);
  assert.equal((await bench.command())[0], 'adopt');
});

test('AccountWorker passes on lines of a service with their facility, and none for a facility of the kernel', async () => {
  const lines: unknown[] = [];
  const bench = new Bench({ log: (line) => lines.push(line) }).adopt(1);
  await bench.command();
  bench.call('serviceLog', { connection: 1, level: 3, facility: 'LOCAL3', line: 'open "a\nb"' });
  bench.call('serviceLog', { connection: 1, level: 3, facility: 'KERN', line: 'panic' });
  await bench.gone;
  const [first, ...others] = lines as { readonly text: string }[];
  assert.deepEqual(first, { level: logLevels[3], facility: 'LOCAL3', text: first?.text });
  assert.doesNotMatch(first?.text ?? '', /\n/);
  assert.deepEqual(
    others.filter(({ text }) => text === 'panic'),
    [],
  );
  assert.equal(bench.killed, 1);
});

test('AccountWorker signs the hash of a re-key for a connection that the process has', async () => {
  const bench = new Bench().adopt(1);
  await bench.command();
  bench.sign(1);
  assert.deepEqual(await bench.command(), ['signature', { connection: 1, signature: new Uint8Array(signature) }]);
});

test('AccountWorker signs nothing for a connection of somebody else, and nothing that is no hash', async () => {
  const bench = new Bench().adopt(1);
  await bench.command();
  for (const [connection, changed] of [
    [2, {}],
    [1, { data: new Uint8Array(65) }],
    [1, { data: new Uint8Array(19) }],
    [1, { algorithm: 'ssh-rsa' }],
  ] as const) {
    bench.sign(connection, changed);
    assert.deepEqual(await bench.command(), ['signingFailed', { connection }]);
  }
});

test('AccountWorker proves a host key for the session that it knows, and none for a connection of somebody else', async () => {
  const bench = new Bench().adopt(1);
  await bench.command();
  for (const [connection, first, signature] of [
    [1, 1, [9, 7]],
    [1, 2, []],
    [2, 1, []],
  ] as const) {
    bench.call('prove', { connection, hostKey: Uint8Array.of(first) });
    assert.deepEqual(await bench.command(), ['proof', { connection, signature: Uint8Array.from(signature) }]);
  }
  for (let i = 0; i < 2; i++) bench.call('prove', { connection: 1, hostKey: Uint8Array.of(1) });
  await bench.gone;
  assert.equal(bench.killed, 1);
});

test('AccountWorker ends a process that asks for a signature before it has the last one', async () => {
  const bench = new Bench().adopt(1);
  for (let i = 0; i < 3; i++) bench.sign(1);
  await bench.gone;
  assert.match(bench.lines[0] ?? '', /^error: sshd-session process 4711 broke the rules and is ended: a second/);
  assert.deepEqual([bench.killed, bench.ended], [1, [1]]);
});

for (const [what, bytes] of [
  ['sends a number that is no call', encodeFrame(1, new Uint8Array(0))],
  ['sends a command', encodeFrame(accountCommands.stop.number, new Uint8Array(0))],
  ['sends a frame over its limit', encodeFrame(accountCalls.ended.number, new Uint8Array(17))],
  ['sends a body that does not decode', encodeFrame(accountCalls.ended.number, new Uint8Array(3))],
  ['sends garbage', new Uint8Array(64).fill(0xff)],
] as const) {
  test(`AccountWorker ends a process that ${what}, with all its connections`, async () => {
    const bench = new Bench().adopt(1).adopt(2);
    bench.end.send(bytes);
    await bench.gone;
    assert.deepEqual([bench.killed, bench.ended, bench.lines.length], [1, [1, 2], 1]);
  });
}

test('AccountWorker takes log lines of connections that the process has, each as one line, and no others', async () => {
  const bench = new Bench().adopt(1);
  bench.call('log', { connection: 1, level: 2, line: 'two\nlines' });
  bench.call('log', { connection: 2, level: 2, line: 'forged' });
  await bench.gone;
  assert.deepEqual(bench.lines[0], 'info: two\\012lines');
  assert.match(bench.lines[1] ?? '', /log line of nobody/);
  assert.equal(bench.lines.length, 2);
});

test('AccountWorker stops a process that has been idle, and not before', async () => {
  const bench = new Bench({ idleMs: 5 }).adopt(1).adopt(2);
  for (const name of ['adopt', 'adopt']) assert.equal((await bench.command())[0], name);
  bench.call('ended', { connection: 1 });
  bench.call('ended', { connection: 7 });
  bench.sign(2);
  assert.equal((await bench.command())[0], 'signature');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([bench.isGone, bench.ended], [false, [1]]);
  bench.call('ended', { connection: 2 });
  assert.deepEqual(await bench.command(), ['stop', {}]);
  assert.deepEqual([bench.isGone, bench.killed], [true, 0]);
});

test('AccountWorker keeps a process that gets a connection while it is idle', async () => {
  let isIdle: () => void = () => undefined;
  const idle = new Promise<void>((resolve) => {
    isIdle = resolve;
  });
  const bench = new Bench({ idleMs: 100, onConnectionEnded: isIdle }).adopt(1);
  await bench.command();
  bench.call('ended', { connection: 1 });
  // It goes on before any timer does.
  await idle;
  bench.adopt(2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(bench.isGone, false);
});

test('AccountWorker ends every connection of a process that is gone, once', async () => {
  const bench = new Bench().adopt(1).adopt(2);
  bench.end.close();
  await bench.gone;
  assert.deepEqual([bench.ended, bench.lines, bench.killed], [[1, 2], [], 0]);
});

test('AccountWorker has no connection that could not be passed', async () => {
  const passed: string[] = [];
  const bench = new Bench({
    pass: (_, text) => {
      if (text === 'adopt') throw new Error('sshd-session has ended');
      passed.push(text);
    },
  });
  assert.throws(() => bench.adopt(1), /has ended/);
  bench.end.close();
  await bench.gone;
  assert.deepEqual(bench.ended, []);
});

test('a process that serves nobody is stopped when sshd ends, and one that does is left to finish', async () => {
  const idle = new Bench();
  idle.worker.stopWhenIdle();
  assert.deepEqual(await idle.command(), ['stop', {}]);
  const busy = new Bench().adopt(1);
  await busy.command();
  busy.worker.stopWhenIdle();
  busy.sign(1);
  assert.equal((await busy.command())[0], 'signature');
});
