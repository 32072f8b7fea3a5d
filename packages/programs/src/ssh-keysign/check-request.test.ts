import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { verifySignature } from '@sallyport/protocol/keys/public-key';
import { hostbasedSignedData } from '@sallyport/protocol/userauth/methods/hostbased';
import { certify } from '@sallyport/testing/certify';
import { checkRequest, type RequestFacts } from './check-request.ts';
import { refusals } from './messages.ts';

const crypto = createCryptoProvider();
const ed25519 = new PrivateKey(crypto.generateKey('ed25519'));
const rsa = new PrivateKey(crypto.generateKey('rsa', { bits: 2048 }));
const foreign = new PrivateKey(crypto.generateKey('ed25519'));

const request = {
  algorithm: 'ssh-ed25519',
  key: ed25519.publicKey.blob,
  clientHost: 'client.example.org.',
  clientUser: 'ann',
  user: 'bob',
  service: 'ssh-connection',
  sessionId: new Uint8Array(32).fill(9),
};
type Request = typeof request;

const facts: RequestFacts = {
  crypto,
  user: 'ann',
  hostKeys: [rsa, ed25519],
  algorithms: [],
  hostName: () => 'client.example.org',
};

const dataOf = (changes: Partial<Request> = {}): Uint8Array => {
  const changed = { ...request, ...changes };
  return hostbasedSignedData(changed, changed);
};
const check = (changes: Partial<Request> = {}, others: Partial<RequestFacts> = {}) =>
  checkRequest(dataOf(changes), { ...facts, ...others });

describe('checkRequest', () => {
  test('lets a user have a signature over a request that says who and where they are (RFC 4252 section 9)', () => {
    assert.deepEqual(check(), {
      key: ed25519,
      signatureName: 'ssh-ed25519',
      target: 'bob',
      clientHost: 'client.example.org.',
    });
  });

  for (const [length, name] of [
    [20, 'SHA-1'],
    [48, 'SHA-384'],
    [64, 'SHA-512'],
  ] as const) {
    test(`knows session identifiers of ${name}`, () => {
      assert.ok('key' in check({ sessionId: new Uint8Array(length) }));
    });
  }

  test('signs with the key that is named, by the algorithm that is named (RFC 8332 section 3)', () => {
    const checked = check({ algorithm: 'rsa-sha2-256', key: rsa.publicKey.blob });
    assert.ok('key' in checked);
    assert.deepEqual([checked.key, checked.signatureName], [rsa, 'rsa-sha2-256']);
    const data = dataOf({ algorithm: 'rsa-sha2-256', key: rsa.publicKey.blob });
    const signature = checked.key.sign(crypto, checked.signatureName, data);
    assert.ok(verifySignature(crypto, { key: rsa.publicKey, algorithm: 'rsa-sha2-256', data, signature }));
  });

  test('signs for a certificate with the key in it', async () => {
    const algorithm = 'ssh-ed25519-cert-v01@openssh.com';
    const key = await certificateOf(ed25519);
    const checked = check({ algorithm, key });
    assert.deepEqual('key' in checked && [checked.key, checked.signatureName], [ed25519, 'ssh-ed25519']);
    assert.ok('refused' in check({ algorithm: 'ssh-ed25519', key }));
    assert.ok('refused' in check({ algorithm, key: await certificateOf(foreign) }));
  });

  test('signs with SHA-1 where the administrator wants it, and with nothing that is no algorithm', () => {
    const changes = { algorithm: 'ssh-rsa', key: rsa.publicKey.blob };
    const checked = check(changes, { algorithms: ['ssh-rsa', 'none'] });
    assert.deepEqual('key' in checked && [checked.key, checked.signatureName], [rsa, 'ssh-rsa']);
    assert.deepEqual(check({ algorithm: 'none' }, { algorithms: ['none'] }), { refused: refusals.algorithm('none') });
  });

  test('host names know no case', () => {
    assert.ok('key' in check({ clientHost: 'CLIENT.Example.org.' }));
    assert.ok('key' in check({}, { hostName: () => 'Client.EXAMPLE.org' }));
  });

  const forged: readonly (readonly [string, Partial<Request>, string])[] = [
    ['another user', { clientUser: 'root' }, refusals.otherUser('root', 'ann')],
    ['a user that begins like the own', { clientUser: 'ann\u00e9' }, refusals.otherUser('ann\u00e9', 'ann')],
    ['a user in other letters', { clientUser: 'Ann' }, refusals.otherUser('Ann', 'ann')],
    ['no user', { clientUser: '' }, refusals.otherUser('', 'ann')],
    ['another host', { clientHost: 'db.example.org.' }, refusals.otherHost('db.example.org.', 'client.example.org')],
    ['a host without a dot', { clientHost: 'client.example.org' }, 'request for host client.example.org on host'],
    ['a host with a dot more', { clientHost: 'client.example.org..' }, 'request for host client.example.org.. on host'],
    ['a host that begins like ours', { clientHost: 'client.example.org.x.' }, 'request for host'],
    ['no host', { clientHost: '' }, 'request for host'],
    ['a letter that only looks like ours', { clientHost: 'client.example.or\u{ff47}.' }, 'request for host'],
    ['another service', { service: 'ssh-userauth' }, refusals.otherService],
    ['a session identifier of no digest', { sessionId: new Uint8Array(31) }, refusals.sessionLength(31)],
    ['no session identifier', { sessionId: new Uint8Array(0) }, refusals.sessionLength(0)],
    [
      'a key that is not ours',
      { key: foreign.publicKey.blob },
      'no matching hostkey found for key ssh-ed25519 SHA256:',
    ],
    ['a key that is none', { key: new Uint8Array(40) }, refusals.badKey],
    ['a key with bytes behind it', { key: Uint8Array.of(...ed25519.publicKey.blob, 0) }, refusals.badKey],
    ['an algorithm of another key', { algorithm: 'rsa-sha2-512' }, refusals.keyType('ssh-ed25519', 'rsa-sha2-512')],
    ['an unknown algorithm', { algorithm: 'none' }, refusals.algorithm('none')],
    ['SHA-1', { algorithm: 'ssh-rsa', key: rsa.publicKey.blob }, refusals.algorithm('ssh-rsa')],
  ];
  for (const [what, changes, reason] of forged) {
    test(`refuses a request with ${what}`, () => {
      const checked = check(changes);
      assert.ok('refused' in checked && checked.refused.startsWith(reason), JSON.stringify(checked));
    });
  }

  test('refuses bytes behind the request, a signed request, and anything cut short', () => {
    const data = dataOf();
    const strange = [Uint8Array.of(...data, 0), Uint8Array.of(...data, 0, 0, 0, 0), new Uint8Array(0)];
    for (let length = 0; length < data.length; length++) strange.push(data.slice(0, length));
    for (const bytes of strange) assert.deepEqual(checkRequest(bytes, facts), { refused: refusals.malformed });
  });

  test('refuses a request of another method and of another message', () => {
    const data = dataOf();
    const method = data.findIndex((_, at) => Buffer.from(data).subarray(at).toString().startsWith('hostbased'));
    assert.deepEqual(checkRequest(data.with(method, 0x48), facts), { refused: refusals.malformed });
    assert.deepEqual(checkRequest(data.with(36, 51), facts), { refused: refusals.malformed });
  });

  test('asks for the name of the host only when everything else is right, and tells why there is none', () => {
    const hostName = (): never => assert.fail('asked too early');
    for (const [, changes] of forged.filter(([what]) => !/host|letter/.test(what))) check(changes, { hostName });
    assert.deepEqual(check({}, { hostName: () => ({ refused: 'no name' }) }), { refused: 'no name' });
  });
});

async function certificateOf(key: PrivateKey): Promise<Uint8Array> {
  const changes = { kind: 'host', principals: ['client.example.org'] } as const;
  const { blob } = await certify(crypto, { key: key.publicKey, authority: foreign }, changes);
  return blob;
}
