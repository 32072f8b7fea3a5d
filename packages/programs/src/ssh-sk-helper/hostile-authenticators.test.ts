// What a hostile authenticator can say: every call ends with a failure that is told, within its time, and nothing of
// what was said gets into a key file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { skipUnless } from '@sallyport/testing';
import { failureOf } from '@sallyport/testing/security-key-failure';
import {
  type AuthenticatorOptions,
  SoftwareAuthenticator,
} from '@sallyport/testing/software-authenticator/authenticator';
import type { Distortion } from '@sallyport/testing/software-authenticator/authenticator-socket';
import { type Cbor, encodeCbor } from '@sallyport/testing/software-authenticator/cbor';
import { hidCommands, hidReports } from '@sallyport/testing/software-authenticator/ctap-hid';
import { TokenFixture } from '@sallyport/testing/software-authenticator/token-fixture';
import { SecurityKeys } from 'sallyport/helpers/security-keys';

const crypto = createCryptoProvider();
const options = { ...skipUnless('libfido2'), timeout: 60_000 };
const provider = 'internal';
const usual = { provider, algorithm: 'ed25519', application: 'ssh:', flags: 1 } as const;
const commands = { makeCredential: 0x01, getAssertion: 0x02, getInfo: 0x04, manage: 0x41 } as const;

/** Where a token does not answer. One that does has more time than a busy machine keeps it from its turn. */
const shortSilenceMs = 1000;

interface Hostile extends AuthenticatorOptions {
  readonly distort?: Distortion;
}

async function enrollingWith({ distort, ...given }: Hostile): Promise<string> {
  const tokens = [new SoftwareAuthenticator(given)];
  await using fixture = await TokenFixture.create({
    ...{ tokens, silenceMs: shortSilenceMs },
    ...(distort === undefined ? {} : { distort }),
  });
  return await failureOf(new SecurityKeys(crypto, fixture.env).enroll(usual));
}

/** Distorts what comes in answer to one command and nothing else. */
const only =
  (command: number, distort: Distortion): Distortion =>
  (answer, request) =>
    request[0] === command ? distort(answer, request) : hidReports(answer);

const success = (...bytes: number[]): Buffer => Buffer.of(0, ...bytes);
const rows: readonly (readonly [what: string, hostile: Hostile])[] = [
  ['nothing but a status', { answers: { [commands.makeCredential]: success() } }],
  ['not even a status', { answers: { [commands.makeCredential]: Buffer.alloc(0) } }],
  ['a map that is cut off', { answers: { [commands.makeCredential]: success(0xa3, 0x01) } }],
  ['a string of 4 GiB', { answers: { [commands.makeCredential]: success(0xa1, 0x01, 0x7a, 0xff, 0xff, 0xff, 0xff) } }],
  [
    'arrays in arrays',
    { answers: { [commands.makeCredential]: Buffer.concat([success(), Buffer.alloc(1500, 0x81)]) } },
  ],
  ['information that is none', { answers: { [commands.getInfo]: success(0x60) } }],
  ['nothing at all', { distort: only(commands.makeCredential, () => []) }],
  ['less than it announces', { distort: only(commands.makeCredential, (answer) => hidReports(answer, 7000)) }],
  ['reports out of order', { distort: only(commands.makeCredential, (answer) => hidReports(answer).reverse()) }],
  [
    'answers on the channel of somebody else',
    { distort: only(commands.makeCredential, (answer) => hidReports({ ...answer, channel: 0x0a0b0c0d })) },
  ],
  [
    'answers to another command',
    { distort: only(commands.makeCredential, (answer) => hidReports({ ...answer, command: hidCommands.error })) },
  ],
  ['half a report', { distort: only(commands.makeCredential, () => [Buffer.alloc(30)]) }],
];

for (const [what, hostile] of rows) {
  test(`a token that says ${what} makes no key`, options, async () => {
    assert.equal(await enrollingWith(hostile), 'general');
  });
}

test('a token that never ends its signs of life ends the helper', options, async () => {
  const token = new SoftwareAuthenticator({ isTouched: false });
  await using fixture = await TokenFixture.create({ tokens: [token], timeoutMs: 2000 });
  assert.equal(await failureOf(new SecurityKeys(crypto, fixture.env).enroll(usual)), 'unusable');
});

test('a key for another application, or that its own signature does not cover, is not taken', options, async () => {
  const changing = (at: number): Distortion =>
    only(commands.makeCredential, ({ payload, ...answer }) => {
      const changed = Buffer.from(payload);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      return hidReports({ ...answer, payload: changed });
    });
  // Behind the status: a map of three, `packed`, and the data of the authenticator, which begins with the application.
  const applicationAt = 1 + 1 + 1 + 7 + 1 + 2;
  assert.equal(await enrollingWith({ distort: changing(applicationAt) }), 'general');
  assert.equal(await enrollingWith({ distort: changing(applicationAt + 60) }), 'general');
});

test('a signature that is wrong, cut off or of nobody does not leave', options, async () => {
  const token = new SoftwareAuthenticator();
  await using honest = await TokenFixture.create({ tokens: [token] });
  for (const algorithm of ['ed25519', 'ecdsa'] as const) {
    const { key } = await new SecurityKeys(crypto, honest.env).enroll({ ...usual, algorithm });
    const signingWith = async (change: (payload: Buffer) => Buffer, silenceMs?: number): Promise<string> => {
      const distort = only(commands.getAssertion, (answer) =>
        hidReports({ ...answer, payload: change(Buffer.from(answer.payload)) }),
      );
      const silence = silenceMs === undefined ? {} : { silenceMs };
      await using fixture = await TokenFixture.create({ tokens: [token], distort, ...silence });
      return await failureOf(new SecurityKeys(crypto, fixture.env).sign(key, Buffer.from('data'), { provider }));
    };
    // The signature stands at the end.
    const flip = (payload: Buffer): Buffer => {
      payload.writeUInt8(payload.readUInt8(payload.length - 5) ^ 1, payload.length - 5);
      return payload;
    };
    assert.equal(await signingWith(flip), 'unusable', algorithm);
    assert.match(
      await signingWith((payload) => payload.subarray(0, -3), shortSilenceMs),
      /^(?:noDevice|general)$/,
      algorithm,
    );
    const empty = new Map<number, Cbor>([
      [
        1,
        new Map<string, Cbor>([
          ['id', Buffer.alloc(48)],
          ['type', 'public-key'],
        ]),
      ],
      [2, Buffer.alloc(37)],
      [3, Buffer.alloc(0)],
    ]);
    const nothing = Buffer.concat([success(), encodeCbor(empty)]);
    assert.match(await signingWith(() => nothing, shortSilenceMs), /^(?:noDevice|general|unusable)$/, algorithm);
  }
});

/** Answers of a token about what it keeps, by the second command of a request (CTAP 2.1 section 6.8). */
type KeptAnswers = Readonly<Record<number, Map<number, Cbor> | undefined>>;

async function listingWith(answers: KeptAnswers): Promise<string> {
  const distort: Distortion = (answer, request) => {
    if (request[0] !== 0x0a && request[0] !== commands.manage) return hidReports(answer);
    const said = answers[request.readUInt8(3)];
    const payload = said === undefined ? Buffer.of(0x7f) : Buffer.concat([success(), encodeCbor(said)]);
    return hidReports({ ...answer, payload });
  };
  const tokens = [new SoftwareAuthenticator({ pin: '1234' })];
  await using fixture = await TokenFixture.create({ tokens, distort, timeoutMs: 10_000 });
  return await failureOf(new SecurityKeys(crypto, fixture.env).residentKeys({ provider, pin: '1234' }));
}

test('a token that says it keeps millions of keys is not believed, and gets no memory for them', options, async () => {
  const many = 0xffffff;
  const count = (keys: number): Map<number, Cbor> => new Map([[1, keys]]).set(2, 0);
  const application = (applications: number): Map<number, Cbor> =>
    new Map<number, Cbor>([
      [3, new Map([['id', 'ssh:']])],
      [4, Buffer.alloc(32)],
      [5, applications],
    ]);
  const publicKey = new Map<number, Cbor>([
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, Buffer.alloc(32, 1)],
  ]);
  const descriptor = new Map<string, Cbor>([
    ['id', Buffer.alloc(48)],
    ['type', 'public-key'],
  ]);
  const key = new Map<number, Cbor>([
    [6, new Map([['id', Buffer.alloc(4)]])],
    [7, descriptor],
    [8, publicKey],
    [9, many],
  ]);
  assert.equal(await listingWith({ 1: count(many) }), 'general');
  assert.equal(await listingWith({ 1: count(1), 2: application(many) }), 'general');
  assert.equal(await listingWith({ 1: count(1), 2: application(1), 4: key }), 'general');
});
