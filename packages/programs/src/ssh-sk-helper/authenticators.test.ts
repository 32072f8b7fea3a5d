// libfido2 and the helper around it, with authenticators of ours in the place of those on USB: the keys they make, what
// their user must do for a signature, and what a hostile one can do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { examineSignature } from '@sallyport/protocol/keys/public-key';
import { securityKeyFlags } from '@sallyport/protocol/keys/types/security-key';
import { Reader } from '@sallyport/protocol/wire/reader';
import { replaceKeyFlag } from '@sallyport/system/security-key-provider';
import { skipUnless } from '@sallyport/testing';
import { failureOf } from '@sallyport/testing/security-key-failure';
import {
  type AuthenticatorOptions,
  SoftwareAuthenticator,
} from '@sallyport/testing/software-authenticator/authenticator';
import { TokenFixture } from '@sallyport/testing/software-authenticator/token-fixture';
import { type NewSecurityKey, SecurityKeys } from 'sallyport/helpers/security-keys';

const crypto = createCryptoProvider();
const { userPresence, userVerification, resident } = securityKeyFlags;
const options = { ...skipUnless('libfido2'), timeout: 60_000 };
const data = new TextEncoder().encode('what is signed');
const provider = 'internal';
const usual = { provider, algorithm: 'ed25519', application: 'ssh:', flags: userPresence } as const;

/** One token and what a program can do with it. */
async function oneToken(given: AuthenticatorOptions = {}) {
  const token = new SoftwareAuthenticator(given);
  const fixture = await TokenFixture.create({ tokens: [token] });
  const keys = new SecurityKeys(crypto, fixture.env);
  const enroll = async (wanted: Partial<NewSecurityKey> = {}): Promise<PrivateKey> =>
    (await keys.enroll({ ...usual, ...wanted })).key;
  const factsOf = async (key: PrivateKey, pin = '') => {
    const signature = await keys.sign(key, data, { provider, pin });
    return examineSignature(crypto, { key: key.publicKey, data, signature })?.securityKey;
  };
  return { token, fixture, keys, enroll, factsOf, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() };
}

for (const algorithm of ['ed25519', 'ecdsa'] as const) {
  test(`a token makes a key and signs when it is touched: ${algorithm}`, options, async () => {
    await using one = await oneToken();
    const { key, attestation } = await one.keys.enroll({ ...usual, algorithm, application: 'ssh:test' });
    assert.equal(key.securityKey?.application, 'ssh:test');
    assert.equal(new Reader(attestation).text(), 'ssh-sk-attest-v01');
    assert.equal(one.token.touches, 1);
    const facts = await one.factsOf(key);
    assert.deepEqual([facts?.userPresent, facts?.userVerified, one.token.touches], [true, false, 2]);
    const next = await one.factsOf(key);
    assert.ok(next !== undefined && facts !== undefined && next.counter > facts.counter);
  });
}

test('a key that asks for no touch signs without one, and says so', options, async () => {
  await using one = await oneToken();
  const key = await one.enroll({ flags: 0 });
  const facts = await one.factsOf(key);
  assert.deepEqual([facts?.userPresent, one.token.touches], [false, 1]);
});

for (const hasPermissions of [true, false]) {
  const version = hasPermissions ? 'two' : 'one';
  test(`a PIN is asked for, and a wrong one counts (CTAP 2.1 section 6.5, protocol ${version})`, options, async () => {
    await using one = await oneToken({ pin: '1234', hasPermissions });
    assert.equal(await failureOf(one.enroll()), 'pinRequired');
    assert.equal(await failureOf(one.enroll({ pin: '9999' })), 'pinRequired');
    assert.deepEqual([one.token.retries, one.token.touches], [7, 0]);
    const key = await one.enroll({ pin: '1234' });
    assert.equal(one.token.retries, 8);
    const facts = await one.factsOf(key, '1234');
    assert.deepEqual([facts?.userPresent, facts?.userVerified], [true, true]);
    assert.equal((await one.factsOf(key))?.userVerified, false);
  });
}

test('a key that demands its user signs with the PIN only', options, async () => {
  await using one = await oneToken({ pin: '1234' });
  const flags = userPresence | userVerification;
  assert.equal(await failureOf(one.enroll({ flags })), 'pinRequired');
  const key = await one.enroll({ flags, pin: '1234' });
  assert.equal(key.securityKey?.flags, flags);
  assert.equal(await failureOf(one.factsOf(key)), 'pinRequired');
  assert.equal((await one.factsOf(key, '1234'))?.userVerified, true);
  // Who takes the flag away gets nothing: the token itself minds.
  const { token, keys } = one;
  const tampered = one.token.credentials[0];
  assert.equal(tampered?.protection, 3);
  assert.equal(await failureOf(keys.sign(withFlags(key, userPresence), data, { provider })), 'noDevice');
  assert.equal(token.touches, 2);
});

test('a key that demands its user is not made by a token that cannot know one', options, async () => {
  await using plain = await oneToken();
  assert.equal(await failureOf(plain.enroll({ flags: userVerification })), 'unsupported');
  await using old = await oneToken({ canProtect: false, pin: '1234' });
  assert.equal(await failureOf(old.enroll({ flags: userVerification, pin: '1234' })), 'unsupported');
  assert.deepEqual([plain.token.touches, old.token.touches], [0, 0]);
});

test('keys that a token keeps are listed with their users, and replaced only on demand', options, async () => {
  await using one = await oneToken({ pin: '1234' });
  const flags = userPresence | resident;
  const wanted = { flags, pin: '1234', application: 'ssh:work' };
  const first = await one.enroll({ ...wanted, user: 'ann' });
  assert.equal(await failureOf(one.enroll({ ...wanted, user: 'ann' })), 'exists');
  const second = await one.enroll({ ...wanted, user: 'ann', flags: flags | replaceKeyFlag });
  assert.equal(second.securityKey?.flags, flags);
  const other = await one.enroll({ ...wanted, user: 'bob', algorithm: 'ecdsa' });
  const secret = await one.enroll({ flags: flags | userVerification, pin: '1234', application: 'ssh:else' });
  one.token.credentials.push({ ...(one.token.credentials[0] ?? assert.fail()), application: 'example.org' });
  assert.equal(await failureOf(one.keys.residentKeys({ provider })), 'pinRequired');
  assert.equal(await failureOf(one.keys.residentKeys({ provider, pin: '0000' })), 'pinRequired');
  const found = await one.keys.residentKeys({ provider, pin: '1234' });
  const shown = found.map(({ key, application, userId }) => ({
    ...{ application, blob: key.publicKey.blob, flags: key.securityKey?.flags },
    user: Buffer.from(userId).toString('utf8').replaceAll('\0', ''),
  }));
  assert.deepEqual(shown, [
    { application: 'ssh:work', blob: second.publicKey.blob, flags, user: 'ann' },
    { application: 'ssh:work', blob: other.publicKey.blob, flags, user: 'bob' },
    { application: 'ssh:else', blob: secret.publicKey.blob, flags: flags | userVerification, user: '' },
  ]);
  assert.equal(await failureOf(one.factsOf(first)), 'noDevice');
  const [loaded] = found;
  assert.equal((await one.factsOf(loaded?.key ?? assert.fail()))?.userPresent, true);
});

test('a full token, and the name of a user that is too long, are told', options, async () => {
  await using one = await oneToken({ room: 0 });
  assert.equal(await failureOf(one.enroll({ flags: resident })), 'general');
  assert.equal(await failureOf(one.enroll({ user: 'u'.repeat(32) })), 'general');
});

test('of several tokens the one signs that has the key', options, async () => {
  const tokens = [new SoftwareAuthenticator(), new SoftwareAuthenticator({ isTouched: false })];
  await using both = await TokenFixture.create({ tokens });
  await using first = await TokenFixture.create({ tokens: tokens.slice(0, 1) });
  const { key } = await new SecurityKeys(crypto, first.env).enroll(usual);
  await new SecurityKeys(crypto, both.env).sign(key, data, { provider });
  await using second = await TokenFixture.create({ tokens: tokens.slice(1) });
  const signing = failureOf(new SecurityKeys(crypto, second.env).sign(key, data, { provider }));
  assert.equal(await signing, 'noDevice');
  await using none = await TokenFixture.create({ tokens: [] });
  assert.equal(await failureOf(new SecurityKeys(crypto, none.env).enroll(usual)), 'noDevice');
});

test('of several tokens the one makes a key that is touched', options, async () => {
  const [left, right] = [
    new SoftwareAuthenticator({ isTouched: false }),
    new SoftwareAuthenticator({ isTouched: false, pin: '1234' }),
  ];
  await using fixture = await TokenFixture.create({ tokens: [left, right] });
  const made = new SecurityKeys(crypto, fixture.env).enroll({ ...usual, pin: '1234' });
  await Promise.all([left.untilAsked(), right.untilAsked()]);
  right.touch();
  await right.untilAsked();
  right.touch();
  const { key } = await made;
  assert.deepEqual([left.credentials.length, right.credentials.length], [0, 1]);
  assert.deepEqual(Buffer.from(key.securityKey?.keyHandle ?? []), right.credentials[0]?.id);
});

test('a token that nobody touches gives up', options, async () => {
  await using one = await oneToken({ isTouched: false, patienceMs: 300 });
  assert.equal(await failureOf(one.enroll()), 'general');
  assert.deepEqual([one.token.credentials.length, one.token.touches], [0, 0]);
});

/** The same key with other flags, as whoever writes its file can have it. */
function withFlags(key: PrivateKey, flags: number): PrivateKey {
  return new PrivateKey({ ...(key.securityKey ?? assert.fail()), flags });
}
