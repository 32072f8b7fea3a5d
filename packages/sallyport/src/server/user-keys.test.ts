import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignatureFacts } from '@sallyport/protocol/keys/public-key';
import {
  type Certificate,
  createCertificate,
  formatPublicKey,
  generatePrivateKey,
  type WantedRights,
} from '../keys.ts';
import { UserKeys } from './user-keys.ts';

const authority = generatePrivateKey();
const key = generatePrivateKey();
const attempt = { user: 'alice', remoteAddress: '192.0.2.1' };
const reasons: string[] = [];
const users = new UserKeys({
  userAuthorities: [formatPublicKey(authority)],
  publicKey: () => ({ allow: true }),
  onCertificateRefused: (_, reason) => reasons.push(reason),
});

const facts = (userPresent: boolean, userVerified: boolean): SignatureFacts => ({
  securityKey: { userPresent, userVerified, counter: 1 },
});

function certify(rights: WantedRights = {}): Promise<Certificate> {
  const request = { kind: 'user', key, keyId: 'x', principals: ['alice'], rights } as const;
  return createCertificate(authority, { ...request, validBefore: Number.POSITIVE_INFINITY });
}

async function allows(rights: WantedRights, of: SignatureFacts | undefined): Promise<boolean> {
  const { decision } = await users.judge(attempt, { key: await certify(rights), facts: of });
  return decision?.allow === true;
}

test('a token must be touched for a plain key, whatever a function says', async () => {
  const judge = async (of: SignatureFacts): Promise<boolean> =>
    (await users.judge(attempt, { key: key.publicKey, facts: of })).decision?.allow === true;
  assert.deepEqual(await Promise.all([{}, facts(true, false), facts(false, false)].map(judge)), [true, true, false]);
});

test('a token must do for a certificate what that demands', async () => {
  const cases: readonly (readonly [WantedRights, SignatureFacts | undefined, boolean])[] = [
    [{}, facts(true, false), true],
    [{}, facts(false, true), false],
    [{ touchRequired: false }, facts(false, false), true],
    [{ verifyRequired: true }, facts(true, false), false],
    [{ verifyRequired: true }, facts(true, true), true],
    // No token, or no signature yet.
    [{ verifyRequired: true }, {}, true],
    [{ verifyRequired: true }, undefined, true],
  ];
  for (const [rights, of, expected] of cases)
    assert.equal(await allows(rights, of), expected, JSON.stringify([rights, of]));
  assert.deepEqual(reasons, [
    'user presence (authenticator touch) requirement not met',
    'user verification requirement not met',
  ]);
});

test('a function that refuses, or answers nothing that says yes, lets no certificate in', async () => {
  const userAuthorities = [formatPublicKey(authority)];
  for (const answer of [{ allow: false }, undefined, true, 'yes']) {
    const strict = new UserKeys({ userAuthorities, certificate: () => answer as never });
    const { decision } = await strict.judge(attempt, { key: await certify(), facts: {} });
    assert.equal(decision, answer);
  }
});
