// AuthenticationMethods in the monitor: what may be tried when, and what holds of several successes together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { publicKeySignedData } from '@sallyport/protocol/userauth/methods/publickey';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { KeyGrant } from '../authentication/grant.ts';
import { unrestricted } from '../authentication/grant.ts';
import type { AuthAnswerValue } from './calls.ts';
import { Monitor, MonitorRefusal } from './monitor.ts';

const crypto = createCryptoProvider();
const newKey = (): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'));
const [hostKey, first, second] = [newKey(), newKey(), newKey()];
const sessionId = new Uint8Array(32).fill(7);
const algorithm = 'ssh-ed25519';
const alice = { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/sh' };

type Verdict = AuthAnswerValue<'verdict'>;

class Bench {
  readonly lines: string[] = [];
  readonly monitor: Monitor;

  constructor(authenticationMethods: readonly string[], grants: readonly KeyGrant[] = [unrestricted, unrestricted]) {
    const settings = {
      ...{
        methods: ['publickey', 'password'],
        authenticationMethods,
        hostAlgorithms: [],
        publicKeyAlgorithms: [algorithm],
      },
      ...{ permitRootLogin: 'no' as const, permitEmptyPasswords: true, maximumAttempts: 6, minimumRsaBits: 2048 },
      tokenDemands: { touchRequired: false, verifyRequired: false },
      banner: '',
    };
    this.monitor = new Monitor({
      crypto,
      peer: { address: '192.0.2.1', port: 4022 },
      ports: {
        findAccount: () => ({ account: alice, settings }),
        findKey: (_, key) => {
          const at = [first, second].findIndex(({ publicKey }) => equalBytes(publicKey.blob, key.blob));
          const grant = grants[at];
          return Promise.resolve(grant && { grant, place: 'f:1' });
        },
        findHost: () => Promise.resolve(undefined),
        checkPassword: (_, given) => Promise.resolve(new TextDecoder().decode(given) === 'sesame'),
        sign: () => Promise.resolve(new Uint8Array(1)),
        delay: () => Promise.resolve(),
        now: () => 0,
        log: ({ text }) => this.lines.push(text),
      },
    });
  }

  async lookUp(): Promise<readonly string[]> {
    this.monitor.begin('sign');
    await this.monitor.sign({ algorithm, hostKey: hostKey.publicKey.blob, data: sessionId });
    this.monitor.begin('lookUpUser');
    return this.monitor.lookUpUser({ user: 'alice' }).methods;
  }

  key(key: PrivateKey): Promise<Verdict> {
    const request = { algorithm, key: key.publicKey.blob, hostBound: false };
    const context = { sessionId, user: 'alice', service: 'ssh-connection', hostKey: hostKey.publicKey.blob };
    const signature = key.sign(crypto, algorithm, publicKeySignedData(request, context));
    this.monitor.begin('verifyKey');
    return this.monitor.verifyKey({ ...request, signature });
  }

  password(): Promise<Verdict> {
    this.monitor.begin('checkPassword');
    return this.monitor.checkPassword({ password: utf8Encode('sesame') });
  }
}

const passed = { accepted: true, counts: false, methods: [], remaining: [] };

test('a list is passed in its order, and only its end is a login (RFC 4252 section 5.1)', async () => {
  const bench = new Bench(['publickey,password']);
  assert.deepEqual(await bench.lookUp(), ['publickey']);
  assert.equal((await bench.password()).accepted, false);
  assert.throws(() => bench.monitor.handOver());
  const more = ['password'];
  assert.deepEqual(await bench.key(first), { accepted: true, counts: false, methods: more, remaining: more });
  assert.equal(bench.monitor.login, undefined);
  assert.throws(() => bench.monitor.handOver());
  assert.deepEqual(await bench.password(), passed);
  assert.equal(bench.monitor.handOver().method, 'password');
  assert.match(bench.lines.join('\n'), /Partial publickey for alice [^]*Accepted password for alice/);
});

test('a key counts once in a list that wants two', async () => {
  const bench = new Bench(['publickey,publickey']);
  await bench.lookUp();
  assert.deepEqual((await bench.key(first)).remaining, ['publickey']);
  assert.equal((await bench.key(first)).accepted, false);
  assert.ok(bench.lines.includes('refusing previously-used ED25519 key'));
  assert.deepEqual(await bench.key(second), passed);
});

test('what two keys allow is what both allow', async () => {
  const closed = { ...unrestricted, permitPty: false, permitOpen: [['a:1']] };
  const forced = { ...unrestricted, forcedCommand: 'date', permitOpen: [['b:2']], environment: ['A=1'] };
  const bench = new Bench(['publickey,publickey'], [closed, forced]);
  await bench.lookUp();
  await bench.key(first);
  await bench.key(second);
  assert.deepEqual(bench.monitor.login?.key, {
    ...unrestricted,
    permitPty: false,
    forcedCommand: 'date',
    environment: ['A=1'],
    permitOpen: [['a:1'], ['b:2']],
  });
});

test('two keys that force different commands are no login', async () => {
  const force = (forcedCommand: string): KeyGrant => ({ ...unrestricted, forcedCommand });
  const bench = new Bench(['publickey,publickey'], [force('date'), force('id')]);
  await bench.lookUp();
  await bench.key(first);
  assert.equal((await bench.key(second)).accepted, false);
  assert.throws(() => bench.monitor.handOver(), Error);
  assert.ok(bench.lines.some((line) => line.startsWith('inconsistent authentication options')));
});

test('nothing but a list leads in: not none without a password, not a list with a method that is off', async () => {
  const bench = new Bench(['password,publickey']);
  await bench.lookUp();
  bench.monitor.begin('checkNone');
  assert.equal((await bench.monitor.checkNone()).accepted, false);
  const impossible = new Bench(['publickey,hostbased']);
  assert.deepEqual(await impossible.lookUp(), []);
  assert.equal((await impossible.key(first)).accepted, false);
  assert.equal((await impossible.password()).accepted, false);
  assert.ok(impossible.lines.includes('No AuthenticationMethods left after eliminating disabled methods'));
});

test('a login is complete once: no method may follow it', async () => {
  const bench = new Bench(['password']);
  await bench.lookUp();
  assert.deepEqual(await bench.password(), passed);
  assert.throws(() => bench.monitor.begin('checkPassword'), MonitorRefusal);
});
