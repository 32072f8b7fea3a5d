import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { StreamEnd } from '@sallyport/testing/stream-end';
import { streamPair } from '@sallyport/testing/stream-end';
import type { AuthAnswerName, AuthAnswerValue, AuthCallName, AuthCallValue } from '../monitor/calls.ts';
import { authAnswers, authCalls } from '../monitor/calls.ts';
import type { Login, MonitorPorts } from '../monitor/monitor.ts';
import { Monitor } from '../monitor/monitor.ts';
import type { PendingOptions } from './pending-connection.ts';
import { PendingConnection } from './pending-connection.ts';

const crypto = createCryptoProvider();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const peer = { address: '192.0.2.1', port: 4022 };
const local = { address: '192.0.2.2', port: 22 };
const settings = {
  methods: ['password'],
  authenticationMethods: [],
  hostAlgorithms: [],
  tokenDemands: { touchRequired: false, verifyRequired: false },
  publicKeyAlgorithms: [],
  permitRootLogin: 'no',
  permitEmptyPasswords: false,
  maximumAttempts: 3,
  minimumRsaBits: 1024,
  banner: '',
} as const;
const alice = { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/sh' };

/** A connection before its login whose auth process is the test. */
class Bench {
  readonly end: StreamEnd;
  readonly lines: string[] = [];
  readonly handedOver: { readonly login: Login; readonly snapshot: Uint8Array }[] = [];
  /** How often the process was killed, and what onEnded said. */
  killed = 0;
  readonly ended: boolean[] = [];
  readonly over: Promise<void>;
  readonly connection: PendingConnection;

  constructor(options: Partial<PendingOptions> = {}, ports: Partial<MonitorPorts> = {}) {
    const { stream, end } = streamPair();
    this.end = end;
    let resolve: () => void = () => undefined;
    this.over = new Promise((settle) => {
      resolve = settle;
    });
    const log: MonitorPorts['log'] = ({ level, text }) => this.lines.push(`${level}: ${text}`);
    this.connection = new PendingConnection({
      pid: 4711,
      kill: () => {
        this.killed += 1;
      },
      calls: stream,
      monitor: new Monitor({ crypto, peer, ports: { ...systemOf(log), ...ports } }),
      peer,
      local,
      graceMs: 0,
      log,
      onHandOver: (login, snapshot) => this.handedOver.push({ login, snapshot: snapshot.slice() }),
      onEnded: (handedOver) => {
        this.ended.push(handedOver);
        resolve();
      },
      ...options,
    });
  }

  call<Name extends AuthCallName>(name: Name, value: AuthCallValue<Name>): void {
    const { number, fields } = authCalls[name];
    this.end.send(encodeFrame(number, (fields as { encode(of: AuthCallValue<Name>): Uint8Array }).encode(value)));
  }

  async answer<Name extends AuthAnswerName>(name: Name): Promise<AuthAnswerValue<Name>> {
    const header = await this.end.take(5);
    assert.equal(header[4], authAnswers[name].number);
    const body = await this.end.take(header.readUInt32BE(0) - 1);
    return authAnswers[name].fields.decode(body) as AuthAnswerValue<Name>;
  }

  /** Up to where attempts are made. */
  async begin(user = 'alice'): Promise<this> {
    this.call('sign', { algorithm: 'ssh-ed25519', hostKey: hostKey.publicKey.blob, data: new Uint8Array(32) });
    await this.answer('sign');
    this.call('lookUpUser', { user });
    await this.answer('lookUpUser');
    return this;
  }

  /** The connection has ended without a login, once, and its process with it. */
  async endsAlone(line?: RegExp): Promise<void> {
    await this.over;
    await this.end.closed();
    assert.deepEqual([this.ended, this.killed, this.handedOver.length], [[false], 1, 0]);
    if (line !== undefined) assert.match(this.lines.at(-1) ?? '', line);
  }
}

function systemOf(log: MonitorPorts['log']): MonitorPorts {
  return {
    findAccount: (user) => (user === 'alice' ? { account: alice, settings } : { settings }),
    findKey: () => Promise.resolve(undefined),
    findHost: () => Promise.resolve(undefined),
    checkPassword: (_, password) => Promise.resolve(new TextDecoder().decode(password) === 'sesame'),
    sign: (algorithm, _, data) => Promise.resolve(hostKey.sign(crypto, algorithm, data)),
    delay: () => Promise.resolve(),
    now: () => 0,
    log,
  };
}

test('a login goes through its calls in order and is handed over once with its snapshot', async () => {
  const bench = await new Bench().begin();
  bench.call('checkNone', {});
  assert.equal((await bench.answer('verdict')).accepted, false);
  bench.call('checkPassword', { password: utf8Encode('wrong') });
  assert.deepEqual(await bench.answer('verdict'), {
    accepted: false,
    counts: true,
    methods: ['password'],
    remaining: [],
  });
  bench.call('log', { level: 2, line: 'a line' });
  bench.call('checkPassword', { password: utf8Encode('sesame') });
  assert.equal((await bench.answer('verdict')).accepted, true);
  bench.call('handOver', { snapshot: Uint8Array.of(1, 2, 3) });
  await bench.over;
  await bench.end.closed();
  const [{ login, snapshot } = {}] = bench.handedOver;
  assert.deepEqual([login?.account, login?.method, snapshot], [alice, 'password', Uint8Array.of(1, 2, 3)]);
  assert.deepEqual([bench.ended, bench.killed], [[true], 1]);
  assert.ok(bench.lines.includes('info: a line [preauth]'));
});

test('calls that are sent ahead are answered one at a time and in order', async () => {
  const passwords: string[] = [];
  const bench = await new Bench(
    {},
    {
      checkPassword: async (_, password) => {
        const text = new TextDecoder().decode(password);
        await new Promise((resolve) => setImmediate(resolve));
        passwords.push(text);
        return text === 'sesame';
      },
    },
  ).begin();
  for (const text of ['one', 'sesame']) bench.call('checkPassword', { password: utf8Encode(text) });
  assert.deepEqual([(await bench.answer('verdict')).accepted, (await bench.answer('verdict')).accepted], [false, true]);
  assert.deepEqual(passwords, ['one', 'sesame']);
  bench.connection.end();
});

for (const [what, misbehave, line] of [
  [
    'makes a call out of its phase',
    (bench: Bench) => bench.call('lookUpUser', { user: 'alice' }),
    /lookUpUser in phase key-exchange/,
  ],
  [
    'hands over without a login',
    (bench: Bench) => bench.call('handOver', { snapshot: new Uint8Array(9) }),
    /handOver in phase/,
  ],
  [
    'sends a number that is no call',
    (bench: Bench) => bench.end.send(encodeFrame(99, new Uint8Array(0))),
    /over its limit/,
  ],
  [
    'sends an answer',
    (bench: Bench) => bench.end.send(encodeFrame(authAnswers.verdict.number, new Uint8Array(0))),
    /over its limit/,
  ],
  [
    'sends a frame over its limit',
    (bench: Bench) => bench.end.send(encodeFrame(authCalls.sign.number, new Uint8Array(8193))),
    /over its limit/,
  ],
  [
    'sends a body that does not decode',
    (bench: Bench) => bench.end.send(encodeFrame(authCalls.sign.number, new Uint8Array(9))),
    /broke the rules/,
  ],
  [
    'sends bytes behind the fields',
    (bench: Bench) => bench.end.send(encodeFrame(authCalls.log.number, new Uint8Array(6))),
    /broke the rules/,
  ],
  ['sends garbage', (bench: Bench) => bench.end.send(new Uint8Array(100).fill(0xa5)), /over its limit/],
  [
    'wants something signed that is no hash',
    (bench: Bench) =>
      bench.call('sign', { algorithm: 'ssh-ed25519', hostKey: hostKey.publicKey.blob, data: new Uint8Array(100) }),
    /no exchange hash/,
  ],
  [
    'logs at a level that there is not',
    (bench: Bench) => bench.call('log', { level: 200, line: 'x' }),
    /log level is unknown/,
  ],
] as const) {
  test(`an auth process that ${what} is ended, and its connection with it`, async () => {
    const bench = new Bench();
    misbehave(bench);
    await bench.endsAlone(line);
    assert.match(bench.lines[0] ?? '', /^error: sshd-auth process 4711 broke the rules and is ended: /);
  });
}

test('an auth process that goes on after MaxAuthTries is ended before its next attempt is looked at', async () => {
  let looked = 0;
  const checkPassword = (): Promise<boolean> => {
    looked += 1;
    return Promise.resolve(false);
  };
  const bench = await new Bench({}, { checkPassword }).begin();
  for (let i = 0; i < 10; i++) bench.call('checkPassword', { password: utf8Encode('guess') });
  await bench.endsAlone(/more attempts than MaxAuthTries/);
  assert.equal(looked, 3);
});

test('an auth process that asks without waiting is ended when too much waits', async () => {
  const bench = await new Bench({}, { checkPassword: () => new Promise(() => undefined) }).begin();
  for (let i = 0; i < 70; i++) bench.call('checkPassword', { password: utf8Encode('guess') });
  await bench.endsAlone(/too many calls wait/);
  const heavy = await new Bench({}, { checkPassword: () => new Promise(() => undefined) }).begin();
  heavy.call('checkPassword', { password: utf8Encode('guess') });
  for (let i = 0; i < 4; i++) heavy.call('handOver', { snapshot: new Uint8Array(2_000_000) });
  await heavy.endsAlone(/too many calls wait/);
});

test('an auth process that ends takes its connection with it, without a line of ours', async () => {
  const bench = await new Bench().begin();
  bench.end.close();
  await bench.over;
  assert.deepEqual([bench.ended, bench.killed, bench.lines], [[false], 1, []]);
});

test('a fault of the monitor ends the connection and is logged, and no more', async () => {
  const fault = (): never => {
    throw new Error('disk\non fire');
  };
  const bench = new Bench({}, { findAccount: fault });
  bench.call('sign', { algorithm: 'ssh-ed25519', hostKey: hostKey.publicKey.blob, data: new Uint8Array(32) });
  await bench.answer('sign');
  bench.call('lookUpUser', { user: 'alice' });
  await bench.endsAlone(/^error: internal error while answering an sshd-auth process: disk\\012on fire$/);
});

test('a hand-over that nobody can take ends the connection as one without a login', async () => {
  const fault = (): never => {
    throw new Error('no process');
  };
  const bench = await new Bench({ onHandOver: fault }).begin();
  bench.call('checkPassword', { password: utf8Encode('sesame') });
  await bench.answer('verdict');
  bench.call('handOver', { snapshot: new Uint8Array(1) });
  await bench.endsAlone(/no process/);
});

test('LoginGraceTime ends a connection that does not log in, and not one that has', async () => {
  const bench = new Bench({ graceMs: 5 });
  await bench.endsAlone(
    /^info: Timeout before authentication for connection from 192\.0\.2\.1 to 192\.0\.2\.2, pid = 4711$/,
  );
  const late = new Bench({ graceMs: 0 });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(late.ended, []);
  late.connection.end();
});

test('a LoginGraceTime of more than 24 days is not over at once', async () => {
  const bench = new Bench({ graceMs: 30 * 24 * 3600 * 1000 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(bench.ended, []);
  bench.connection.end();
});

test('a password that is being checked when the connection ends is answered to nobody', async () => {
  let finish: (equal: boolean) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    finish = () => resolve();
  });
  let answer: (equal: boolean) => void = () => undefined;
  const checkPassword = (): Promise<boolean> => {
    finish(true);
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const bench = await new Bench({}, { checkPassword }).begin();
  bench.call('checkPassword', { password: utf8Encode('sesame') });
  await asked;
  bench.connection.end();
  answer(true);
  await bench.end.closed();
  assert.deepEqual([bench.ended, bench.killed, bench.end.received.length], [[false], 1, 0]);
});

test('a line of the auth process stays one line', async () => {
  const bench = new Bench();
  bench.call('log', { level: 2, line: 'x\r\nAccepted password for root\u001b[2J \\134' });
  bench.call('sign', { algorithm: 'ssh-ed25519', hostKey: hostKey.publicKey.blob, data: new Uint8Array(32) });
  await bench.answer('sign');
  assert.deepEqual(bench.lines, ['info: x\\015\\012Accepted password for root\\033[2J \\134 [preauth]']);
  bench.connection.end();
});
