import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { publicKeySignedData } from '@sallyport/protocol/userauth/methods/publickey';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { AllowedKey } from '../authentication/grant.ts';
import { unrestricted } from '../authentication/grant.ts';
import type { AccountRecord } from '../authentication/login-policy.ts';
import type { AuthCallName, AuthCallValue } from './calls.ts';
import type { MonitorPorts, MonitorSettings } from './monitor.ts';
import { Monitor, MonitorRefusal } from './monitor.ts';

const crypto = createCryptoProvider();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const userKey = new PrivateKey(crypto.generateKey('ed25519'));
const otherKey = new PrivateKey(crypto.generateKey('ed25519'));
const exchangeHash = crypto.digest('sha256', utf8Encode('an exchange'));
const alice: AccountRecord = { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/sh' };
const root: AccountRecord = { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/sh' };
const algorithm = 'ssh-ed25519';

const usual: MonitorSettings = {
  methods: ['publickey', 'password'],
  authenticationMethods: [],
  hostAlgorithms: [],
  tokenDemands: { touchRequired: false, verifyRequired: false },
  publicKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-256'],
  permitRootLogin: 'prohibit-password',
  permitEmptyPasswords: false,
  maximumAttempts: 6,
  minimumRsaBits: 2048,
  banner: 'hello\n',
};

interface Situation {
  readonly settings?: Partial<MonitorSettings>;
  readonly account?: AccountRecord;
  readonly allowed?: (key: PublicKey) => AllowedKey | undefined;
  readonly password?: string;
  readonly refusal?: { readonly level: 'info'; readonly text: string };
}

/** A monitor whose system has one account, with what it asked and logged. */
class Bench {
  readonly lines: string[] = [];
  readonly asked: string[] = [];
  readonly monitor: Monitor;

  constructor(situation: Situation = {}) {
    const { account = alice, allowed = isUserKey, password } = situation;
    const ports: MonitorPorts = {
      findAccount: (user) => {
        this.asked.push(`account ${user}`);
        const settings = { ...usual, ...situation.settings };
        const { refusal } = situation;
        return user === account.name ? { account, settings, ...(refusal && { refusal }) } : { settings };
      },
      findKey: (of, key) => {
        this.asked.push(`key of ${of.name}`);
        return Promise.resolve(isCertificate(key) ? undefined : allowed(key));
      },
      findHost: () => Promise.resolve(undefined),
      checkPassword: (of, given) => {
        this.asked.push(`password of ${of.name}`);
        return Promise.resolve(new TextDecoder().decode(given) === password);
      },
      sign: (name, blob, data) => {
        const isOurs = name === algorithm && Buffer.from(blob).equals(hostKey.publicKey.blob);
        return Promise.resolve(isOurs ? hostKey.sign(crypto, name, data) : undefined);
      },
      delay: (user) => {
        this.asked.push(`delay ${user}`);
        return Promise.resolve();
      },
      now: () => 0,
      log: ({ level, text }) => this.lines.push(`${level}: ${text}`),
    };
    this.monitor = new Monitor({ crypto, ports, peer: { address: '192.0.2.1', port: 4022 } });
  }

  /** As the owner makes a call: first it is noted, then it is answered. */
  call<Name extends Exclude<AuthCallName, 'log' | 'handOver'>>(name: Name, value: AuthCallValue<Name>): unknown {
    this.monitor.begin(name);
    return (this.monitor[name] as (of: AuthCallValue<Name>) => unknown)(value);
  }

  async sign(data: Uint8Array = exchangeHash): Promise<this> {
    await this.call('sign', { algorithm, hostKey: hostKey.publicKey.blob, data });
    return this;
  }

  async lookUp(user: string): Promise<this> {
    await this.sign();
    this.call('lookUpUser', { user });
    return this;
  }

  /** A signature that is right but for what is changed. */
  verify(key: PrivateKey, changed: { user?: string; sessionId?: Uint8Array; hostBound?: boolean; as?: string } = {}) {
    const { user = 'alice', sessionId = exchangeHash, hostBound = true, as = algorithm } = changed;
    const request = { algorithm, key: key.publicKey.blob, hostBound };
    const context = { sessionId, user, service: 'ssh-connection', hostKey: hostKey.publicKey.blob };
    const signature = key.sign(crypto, algorithm, publicKeySignedData(request, context));
    return this.call('verifyKey', { ...request, algorithm: as, signature }) as Promise<{ accepted: boolean }>;
  }
}

function isUserKey(key: PublicKey): AllowedKey | undefined {
  return Buffer.from(key.blob).equals(userKey.publicKey.blob) ? { grant: unrestricted, place: 'f:1' } : undefined;
}

function password(text: string): { readonly password: Uint8Array } {
  return { password: utf8Encode(text) };
}

test('Monitor signs an exchange hash once, with a host key that it has', async () => {
  const bench = new Bench();
  const { signature } = await bench.monitor.sign({ algorithm, hostKey: hostKey.publicKey.blob, data: exchangeHash });
  assert.deepEqual(signature, hostKey.sign(crypto, algorithm, exchangeHash));
  bench.monitor.begin('lookUpUser');
  assert.throws(() => bench.monitor.begin('sign'), MonitorRefusal);
});

test('Monitor signs with no other key, by no other algorithm, and nothing that is no hash', async () => {
  const right = { algorithm, hostKey: hostKey.publicKey.blob, data: exchangeHash };
  for (const wrong of [
    { hostKey: otherKey.publicKey.blob },
    { hostKey: new Uint8Array(0) },
    { algorithm: 'ssh-rsa' },
    { data: new Uint8Array(19) },
    { data: new Uint8Array(65) },
  ]) {
    await assert.rejects(async () => new Bench().call('sign', { ...right, ...wrong }), MonitorRefusal);
  }
});

test('Monitor refuses every call in a phase that it is not for', async () => {
  const early = ['lookUpUser', 'checkNone', 'checkKey', 'verifyKey', 'checkPassword', 'handOver'] as const;
  for (const name of early) assert.throws(() => new Bench().monitor.begin(name), MonitorRefusal, name);
  const signed = ['sign', 'checkNone', 'checkKey', 'verifyKey', 'checkPassword', 'handOver'] as const;
  for (const name of signed) {
    const { monitor } = await new Bench().sign();
    assert.throws(() => monitor.begin(name), MonitorRefusal, name);
  }
  for (const name of ['sign', 'lookUpUser', 'handOver'] as const) {
    const { monitor } = await new Bench().lookUp('alice');
    assert.throws(() => monitor.begin(name), MonitorRefusal, name);
  }
});

test('Monitor tells of an account whether it is there, the methods, the limit and the banner', async () => {
  const bench = await new Bench().sign();
  const answer = { methods: ['publickey', 'password'], maximumAttempts: 6, banner: 'hello\n' };
  assert.deepEqual(bench.call('lookUpUser', { user: 'alice' }), { valid: true, ...answer });
  const other = await new Bench().sign();
  assert.deepEqual(other.call('lookUpUser', { user: 'bob' }), { valid: false, ...answer });
});

test('Monitor answers and logs an account that may not log in like one that does not exist', async () => {
  const text = 'User alice not allowed because account is locked';
  const bench = await new Bench({ refusal: { level: 'info', text } }).lookUp('alice');
  assert.deepEqual(bench.lines, [`info: ${text}`, 'info: Invalid user alice from 192.0.2.1 port 4022']);
  assert.equal(bench.monitor.peerName.standing, 'invalid');
});

test('Monitor looks up user:style by the part before the colon, and verifies over the whole', async () => {
  const bench = await new Bench().lookUp('alice:skey');
  assert.deepEqual(bench.asked, ['account alice']);
  assert.equal((await bench.verify(userKey, { user: 'alice:skey' })).accepted, true);
});

test('Monitor lets a key in that the account allows, and hands over once', async () => {
  const bench = await new Bench().lookUp('alice');
  assert.deepEqual(await bench.call('checkKey', { algorithm, key: userKey.publicKey.blob }), { acceptable: true });
  assert.throws(() => bench.monitor.begin('handOver'), MonitorRefusal);
  const verdict = await bench.verify(userKey);
  assert.deepEqual(verdict, { accepted: true, counts: false, methods: [], remaining: [] });
  const print = fingerprint(crypto, userKey.publicKey);
  assert.deepEqual(bench.lines, [
    'verbose: Postponed publickey for alice from 192.0.2.1 port 4022 ssh2 [preauth]',
    `info: Accepted publickey for alice from 192.0.2.1 port 4022 ssh2: ED25519 ${print}`,
  ]);
  bench.monitor.begin('handOver');
  const login = {
    account: alice,
    method: 'publickey',
    key: unrestricted,
    passed: [`publickey ${formatPublicLine(userKey.publicKey)}`],
    sessionId: exchangeHash,
  };
  assert.deepEqual(bench.monitor.handOver(), login);
  for (const name of ['handOver', 'verifyKey', 'log'] as const) {
    assert.throws(() => bench.monitor.begin(name), MonitorRefusal, name);
  }
});

test('Monitor refuses a signature over anything but this session, user, host key and algorithm (RFC 4252 section 7)', async () => {
  const otherSession = crypto.digest('sha256', utf8Encode('another exchange'));
  const wrongs = [
    { sessionId: otherSession },
    { user: 'root' },
    { user: '' },
    { as: 'ssh-rsa' },
    { as: 'rsa-sha2-256' },
  ];
  for (const wrong of wrongs) {
    const bench = await new Bench().lookUp('alice');
    assert.equal((await bench.verify(userKey, wrong)).accepted, false, JSON.stringify(wrong));
    assert.equal(bench.monitor.login, undefined);
  }
  const bench = await new Bench().lookUp('alice');
  const request = { algorithm, key: userKey.publicKey.blob, hostBound: false };
  const context = { sessionId: exchangeHash, user: 'alice', service: 'ssh-connection', hostKey: new Uint8Array(0) };
  const signature = userKey.sign(crypto, algorithm, publicKeySignedData(request, context));
  const asBound = bench.call('verifyKey', { ...request, hostBound: true, signature });
  assert.equal(((await asBound) as { accepted: boolean }).accepted, false);
});

test('Monitor refuses a good signature of a key that the account does not allow', async () => {
  const bench = await new Bench().lookUp('alice');
  assert.equal((await bench.verify(otherKey)).accepted, false);
  assert.match(
    bench.lines[0] ?? '',
    /^verbose: Failed publickey for alice from 192\.0\.2\.1 port 4022 ssh2: ED25519 SHA/,
  );
});

test('Monitor refuses each flipped bit of a signature and each junk in place of a key or signature', async () => {
  const request = { algorithm, key: userKey.publicKey.blob, hostBound: false };
  const context = {
    sessionId: exchangeHash,
    user: 'alice',
    service: 'ssh-connection',
    hostKey: hostKey.publicKey.blob,
  };
  const good = userKey.sign(crypto, algorithm, publicKeySignedData(request, context));
  const unlimited = { settings: { maximumAttempts: 10_000 } };
  const bench = await new Bench(unlimited).lookUp('alice');
  for (let bit = 0; bit < good.length * 8; bit++) {
    const signature = good.slice();
    signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7));
    const verdict = (await bench.call('verifyKey', { ...request, signature })) as { accepted: boolean };
    assert.equal(verdict.accepted, false, `bit ${bit}`);
  }
  for (const junk of [new Uint8Array(0), Uint8Array.of(255, 255, 255, 255), new Uint8Array(100)]) {
    const asKey = bench.call('verifyKey', { ...request, key: junk, signature: good }) as Promise<{ accepted: boolean }>;
    assert.equal((await asKey).accepted, false);
    const asSignature = bench.call('verifyKey', { ...request, signature: junk }) as Promise<{ accepted: boolean }>;
    assert.equal((await asSignature).accepted, false);
    assert.deepEqual(await bench.call('checkKey', { algorithm, key: junk }), { acceptable: false });
  }
  assert.equal(
    ((await bench.call('verifyKey', { ...request, signature: good })) as { accepted: boolean }).accepted,
    true,
  );
});

test('Monitor does not look for keys of an account that does not exist, of a method that is off, of an algorithm that is off', async () => {
  const key = userKey.publicKey.blob;
  for (const [user, settings, name] of [
    ['bob', {}, algorithm],
    ['alice', { methods: ['password'] }, algorithm],
    ['alice', { publicKeyAlgorithms: ['rsa-sha2-512'] }, algorithm],
    ['alice', {}, 'ssh-ed25519-cert-v01@openssh.com'],
  ] as const) {
    const bench = await new Bench({ settings }).lookUp(user);
    assert.deepEqual(await bench.call('checkKey', { algorithm: name, key }), { acceptable: false });
    assert.deepEqual(
      bench.asked.filter((what) => what.startsWith('key')),
      [],
    );
  }
});

test('Monitor refuses RSA keys below RequiredRSASize', async () => {
  const small = new PrivateKey(crypto.generateKey('rsa', { bits: 1024 }));
  const any = (): AllowedKey => ({ grant: unrestricted, place: 'f:1' });
  const key = small.publicKey.blob;
  const strict = await new Bench({ allowed: any }).lookUp('alice');
  assert.deepEqual(await strict.call('checkKey', { algorithm: 'rsa-sha2-256', key }), { acceptable: false });
  const lax = await new Bench({ allowed: any, settings: { minimumRsaBits: 1024 } }).lookUp('alice');
  assert.deepEqual(await lax.call('checkKey', { algorithm: 'rsa-sha2-256', key }), { acceptable: true });
});

test('Monitor lets the right password in and wipes what it was given', async () => {
  const bench = await new Bench({ password: 'sesame' }).lookUp('alice');
  const wrong = password('open');
  assert.deepEqual(await bench.call('checkPassword', wrong), {
    accepted: false,
    counts: true,
    methods: ['publickey', 'password'],
    remaining: [],
  });
  assert.deepEqual(wrong.password, new Uint8Array(4));
  const right = password('sesame');
  const verdict = (await bench.call('checkPassword', right)) as { accepted: boolean };
  assert.equal(verdict.accepted, true);
  assert.deepEqual(right.password, new Uint8Array(6));
  assert.deepEqual(bench.lines, [
    'info: Failed password for alice from 192.0.2.1 port 4022 ssh2',
    'info: Accepted password for alice from 192.0.2.1 port 4022 ssh2',
  ]);
});

test('Monitor does not ask the system about passwords that are empty, too long, or of a method that is off', async () => {
  for (const [text, settings] of [
    ['', {}],
    ['x'.repeat(1025), {}],
    ['sesame', { methods: ['publickey'] }],
  ] as const) {
    const bench = await new Bench({ password: text, settings }).lookUp('alice');
    const verdict = (await bench.call('checkPassword', password(text))) as { accepted: boolean };
    assert.equal(verdict.accepted, false);
    assert.ok(!bench.asked.includes('password of alice'));
  }
});

test('Monitor refuses every password of a user who does not exist, after the delay of that name', async () => {
  const bench = await new Bench({ password: 'sesame' }).lookUp('bob');
  const verdict = (await bench.call('checkPassword', password('sesame'))) as { accepted: boolean };
  assert.equal(verdict.accepted, false);
  assert.deepEqual(bench.asked, ['account bob', 'delay bob']);
  assert.deepEqual(bench.lines.slice(1), ['info: Failed password for invalid user bob from 192.0.2.1 port 4022 ssh2']);
});

test('Monitor lets nobody in by none, except without a password where PermitEmptyPasswords says so', async () => {
  const closed = await new Bench({ password: '' }).lookUp('alice');
  assert.deepEqual(await closed.call('checkNone', {}), {
    accepted: false,
    counts: false,
    methods: ['publickey', 'password'],
    remaining: [],
  });
  assert.deepEqual(closed.lines, []);
  const open = await new Bench({ password: '', settings: { permitEmptyPasswords: true } }).lookUp('alice');
  assert.equal(((await open.call('checkNone', {})) as { accepted: boolean }).accepted, true);
  const guarded = await new Bench({ password: 'x', settings: { permitEmptyPasswords: true } }).lookUp('alice');
  assert.equal(((await guarded.call('checkNone', {})) as { accepted: boolean }).accepted, false);
});

test('Monitor counts none unless it is the first attempt', async () => {
  const bench = await new Bench().lookUp('alice');
  const counts: boolean[] = [];
  for (let i = 0; i < 3; i++) counts.push(((await bench.call('checkNone', {})) as { counts: boolean }).counts);
  assert.deepEqual(counts, [false, true, true]);
});

for (const [setting, byPassword, byKey, byForcedKey] of [
  ['yes', true, true, true],
  ['prohibit-password', false, true, true],
  ['forced-commands-only', false, false, true],
  ['no', false, false, false],
] as const) {
  test(`Monitor lets root in with PermitRootLogin ${setting} as that says, and logs the refusal`, async () => {
    const settings = { permitRootLogin: setting };
    const by = async (grant: AllowedKey['grant'] | undefined): Promise<boolean> => {
      const allowed = (): AllowedKey | undefined => grant && { grant, place: 'f:1' };
      const bench = await new Bench({ account: root, settings, allowed, password: 'sesame' }).lookUp('root');
      const verdict = grant
        ? await bench.verify(userKey, { user: 'root' })
        : ((await bench.call('checkPassword', password('sesame'))) as { accepted: boolean });
      const refused = bench.lines.includes('info: ROOT LOGIN REFUSED FROM 192.0.2.1 port 4022');
      assert.equal(refused, !verdict.accepted);
      return verdict.accepted;
    };
    const forced = { ...unrestricted, forcedCommand: 'backup' };
    assert.deepEqual([await by(undefined), await by(unrestricted), await by(forced)], [byPassword, byKey, byForcedKey]);
  });
}

test('Monitor allows MaxAuthTries failures and no attempt after them, whatever the auth process makes of its answers', async () => {
  for (const attempt of [
    (bench: Bench) => bench.call('checkPassword', password('open')),
    (bench: Bench) => bench.call('checkKey', { algorithm, key: otherKey.publicKey.blob }),
    (bench: Bench) => bench.verify(otherKey),
  ]) {
    const bench = await new Bench({ settings: { maximumAttempts: 3 }, password: 'sesame' }).lookUp('alice');
    for (let i = 0; i < 3; i++) await attempt(bench);
    for (const call of ['checkPassword', 'checkKey', 'verifyKey', 'checkNone'] as const) {
      assert.throws(() => bench.monitor.begin(call), /more attempts than MaxAuthTries/);
    }
    bench.monitor.begin('log');
  }
});

test('Monitor logs the key of a query that it refuses, and no key of a user who does not exist', async () => {
  const key = otherKey.publicKey.blob;
  const bench = await new Bench().lookUp('alice');
  await bench.call('checkKey', { algorithm, key });
  const print = fingerprint(crypto, otherKey.publicKey);
  const line = `verbose: Failed publickey for alice from 192.0.2.1 port 4022 ssh2: ED25519 ${print}`;
  assert.deepEqual(bench.lines, [line]);
  const invalid = await new Bench().lookUp('bob');
  await invalid.call('checkKey', { algorithm, key });
  await invalid.verify(otherKey, { user: 'bob' });
  assert.deepEqual(invalid.lines, ['info: Invalid user bob from 192.0.2.1 port 4022']);
});

test('Monitor counts no query that was answered with yes', async () => {
  const bench = await new Bench({ settings: { maximumAttempts: 1 } }).lookUp('alice');
  for (let i = 0; i < 5; i++) await bench.call('checkKey', { algorithm, key: userKey.publicKey.blob });
  assert.equal((await bench.verify(userKey)).accepted, true);
});

test('Monitor logs failed keys louder once half of MaxAuthTries has failed, as OpenSSH does', async () => {
  const bench = await new Bench({ settings: { maximumAttempts: 5 } }).lookUp('alice');
  for (let i = 0; i < 5; i++) await bench.verify(otherKey);
  assert.deepEqual(
    bench.lines.map((line) => line.split(':')[0]),
    ['verbose', 'verbose', 'info', 'info', 'info'],
  );
});

test('Monitor makes the names of strangers visible in its lines', async () => {
  const bench = await new Bench().lookUp('eve\n from 10.0.0.1\\');
  assert.deepEqual(bench.lines, ['info: Invalid user eve\\012 from 10.0.0.1\\\\ from 192.0.2.1 port 4022']);
});
