import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { ClientStack } from '@sallyport/protocol/stack/client-stack';
import type { ClientStackEvent } from '@sallyport/protocol/stack/events';
import { decodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { testCrypto, testPreferences } from '@sallyport/testing/transport-pair';
import { AuthConnection } from './auth-connection.ts';
import type { MonitorPort } from './monitor-client.ts';

const crypto = testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const algorithm = 'ssh-ed25519';
const settings = {
  identification: 'SSH-2.0-Sallyport_0.1',
  preferences: testPreferences('server'),
  hostKeys: [{ algorithms: [algorithm], blob: hostKey.publicKey.blob }],
  publicKeyAlgorithms: [],
  rekeyLimits: {},
  logThreshold: 2,
};

/** A connection with its monitor, both in the hands of the test; `accepts` is what the monitor says to a password. */
class Bench {
  readonly calls: string[] = [];
  readonly lines: string[] = [];
  readonly snapshots: Uint8Array[] = [];
  readonly connection: AuthConnection;

  constructor(accepts = true, logThreshold = settings.logThreshold) {
    const verdict = { accepted: accepts, counts: !accepts, methods: ['password'], remaining: [] };
    const answers: Readonly<Record<string, object>> = {
      lookUpUser: { valid: true, methods: ['password'], maximumAttempts: 2, banner: '' },
      checkPassword: verdict,
    };
    const monitor = {
      call: (name: string, { data }: { readonly data: Uint8Array }) => {
        this.calls.push(name);
        return name === 'sign' ? { signature: hostKey.sign(crypto, algorithm, data) } : answers[name];
      },
      send: (name: string, value: { readonly level: number; readonly line: string; readonly snapshot: Uint8Array }) => {
        if (name === 'log') this.lines.push(value.line);
        else this.snapshots.push(value.snapshot.slice());
      },
    } as unknown as MonitorPort;
    const peer = { address: '192.0.2.1', port: 4 };
    this.connection = new AuthConnection({ settings: { ...settings, logThreshold }, peer, crypto, monitor, now: 0 });
  }

  /** Plays a client that tries one password again and again; gives its last event. */
  login(): ClientStackEvent | undefined {
    const identification = 'SSH-2.0-Client';
    const transport = { crypto, identification, preferences: testPreferences('client'), now: 0 };
    const client = new ClientStack({ user: 'alice', transport });
    let last: ClientStackEvent | undefined;
    for (let turn = 0; turn < 30; turn++) {
      for (const chunk of client.takeOutput()) if (this.connection.state === 'running') this.connection.receive(chunk);
      for (const chunk of this.connection.takeOutput()) client.receive(chunk);
      for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) {
        last = event;
        if (event.type === 'host-key-offered') client.perform({ protocol: 'transport', type: 'accept-host-key' });
        if (event.type !== 'attempt-wanted') continue;
        const attempt = { method: 'password', password: utf8Encode('secret') } as const;
        client.perform({ protocol: 'userauth', type: 'attempt', attempt });
      }
    }
    return last;
  }
}

test('AuthConnection asks the monitor for the signature, the user and the verdict, and hands the transport over', () => {
  const bench = new Bench();
  assert.equal(bench.login()?.type, 'authenticated');
  assert.deepEqual(bench.calls, ['sign', 'lookUpUser', 'checkPassword']);
  assert.deepEqual([bench.connection.state, bench.connection.inputWanted], ['authenticated', false]);
  bench.connection.handOver();
  assert.equal(decodeTransportSnapshot(bench.snapshots[0] ?? new Uint8Array(0)).session.sessionId.length, 32);
  assert.deepEqual(bench.lines, []);
});

test('AuthConnection sends the monitor no line that its log would not write', () => {
  const [none, info, debug] = [-1, 2, 6].map((logThreshold) => {
    const bench = new Bench(false, logThreshold);
    bench.login();
    return bench.lines.length;
  });
  assert.equal(none, 0);
  assert.ok(0 < (info ?? 0) && (info ?? 0) < (debug ?? 0));
});

test('AuthConnection ends with what it has to say when the attempts are used up, and logs why', () => {
  const bench = new Bench(false);
  assert.equal(bench.login()?.type, 'ended');
  assert.equal(bench.connection.state, 'ended');
  assert.match(bench.lines.join('\n'), /maximum authentication attempts exceeded for alice from 192\.0\.2\.1 port 4/);
  const count = bench.lines.length;
  bench.connection.peerHasGone();
  assert.equal(bench.lines.length, count);
});

test('AuthConnection logs a peer that is gone before it said who it is, once', () => {
  const bench = new Bench();
  bench.connection.takeOutput();
  bench.connection.peerHasGone();
  bench.connection.peerHasGone();
  assert.deepEqual(bench.lines, ['Connection closed by 192.0.2.1 port 4']);
  assert.deepEqual(bench.connection.takeOutput(), []);
});
