import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createCryptoProvider } from '@sallyport/crypto';
import { channelOpen, channelOpenFailure } from '@sallyport/protocol/messages/connection';
import { serviceAccept, serviceRequest } from '@sallyport/protocol/messages/transport';
import {
  passwordFields,
  publicKeyFields,
  userauthFailure,
  userauthInfoRequest,
  userauthInfoResponse,
  userauthPublicKeyOk,
  userauthRequest,
  userauthSuccess,
} from '@sallyport/protocol/messages/userauth';
import { Writer } from '@sallyport/protocol/wire/writer';
import { LivePeer } from '@sallyport/testing/live-peer';

import { memoryStreams } from '../driver/memory-stream.ts';
import type { LoginPolicy, PrivateKey, ServerOptions } from '../index.ts';
import { AbortedError, createServer, generatePrivateKey } from '../index.ts';

const crypto = createCryptoProvider();
const nothing = new Uint8Array(0);
const user = 'alice';

interface Setup {
  readonly peer: LivePeer;
  readonly errors: unknown[];
  readonly served: Promise<void>;
}

/** A server with that policy, and a client that begins. */
function start(login: LoginPolicy, options: Partial<ServerOptions> = {}): Setup {
  const errors: unknown[] = [];
  const server = createServer({
    hostKeys: [generatePrivateKey()],
    login,
    onError: (error) => errors.push(error),
    ...options,
  });
  const [ours, theirs] = memoryStreams();
  const served = server.serve(theirs);
  return { peer: new LivePeer(ours, { crypto, role: 'client' }), errors, served };
}

/** A server with that policy, and a client that has asked for ssh-userauth. */
async function begin(login: LoginPolicy, options: Partial<ServerOptions> = {}): Promise<Setup> {
  const setup = start(login, options);
  await setup.peer.ready();
  setup.peer.send(serviceRequest.encode({ service: 'ssh-userauth' }));
  await setup.peer.expect(serviceAccept);
  return setup;
}

function request(method: string, fields: Uint8Array = nothing, name = user): Uint8Array {
  return userauthRequest.encode({ user: name, service: 'ssh-connection', method, fields });
}

const password = (text: string): Uint8Array =>
  request('password', passwordFields.encode({ change: false, password: Buffer.from(text), newPassword: nothing }));

interface Signing {
  readonly key: PrivateKey;
  readonly algorithm?: string;
  /** What is signed instead of the right session id and user. */
  readonly sessionId?: Uint8Array;
  readonly signedUser?: string;
  readonly spoil?: (signature: Uint8Array) => Uint8Array;
}

/** A signed publickey request (RFC 4252 section 7), right or wrong as told. */
function signed(peer: LivePeer, { key, algorithm = 'ssh-ed25519', ...how }: Signing): Uint8Array {
  const { blob } = key.publicKey;
  const unsigned = publicKeyFields.encode({ signed: true, algorithm, key: blob, signature: nothing });
  const data = new Writer()
    .string(how.sessionId ?? peer.sessionId)
    .raw(request('publickey', unsigned, how.signedUser ?? user))
    .bytes();
  const signature = key.sign(crypto, 'ssh-ed25519', data);
  const sent = new Writer().string((how.spoil ?? ((same) => same))(signature)).bytes();
  return request('publickey', publicKeyFields.encode({ signed: true, algorithm, key: blob, signature: sent }));
}

function query(key: PrivateKey): Uint8Array {
  const { blob } = key.publicKey;
  const fields = { signed: false, algorithm: 'ssh-ed25519', key: blob, signature: nothing };
  return request('publickey', publicKeyFields.encode(fields));
}

const onlyKey = (key: PrivateKey): LoginPolicy => ({
  publicKey: (attempt) => ({ allow: Buffer.compare(attempt.key, key.publicKey.blob) === 0 }),
});

test('a right signature by the right key lets in', async () => {
  const key = generatePrivateKey();
  const { peer } = await begin(onlyKey(key));
  peer.send(query(key));
  assert.deepEqual((await peer.expect(userauthPublicKeyOk)).key, key.publicKey.blob);
  peer.send(signed(peer, { key }));
  await peer.expect(userauthSuccess);
  peer.close();
});

test('to ask for one key and sign with another lets nobody in (CVE-2024-45337)', async () => {
  const allowed = generatePrivateKey();
  const own = generatePrivateKey();
  const { peer } = await begin(onlyKey(allowed));
  peer.send(query(allowed));
  await peer.expect(userauthPublicKeyOk);
  peer.send(signed(peer, { key: own }));
  assert.deepEqual(await peer.expect(userauthFailure), { methods: ['publickey'], partialSuccess: false });
  peer.close();
});

test('a wrong signature is refused before the policy hears of it', async () => {
  const key = generatePrivateKey();
  const verified: boolean[] = [];
  const login: LoginPolicy = {
    publicKey: (attempt) => {
      verified.push(attempt.verified);
      return { allow: true };
    },
  };
  const { peer } = await begin(login, { limits: { attempts: 20 } });
  const otherName = (signature: Uint8Array): Uint8Array =>
    new Writer()
      .string('rsa-sha2-512')
      .raw(signature.subarray(4 + 'ssh-ed25519'.length))
      .bytes();
  const wrong: readonly Uint8Array[] = [
    signed(peer, { key, sessionId: new Uint8Array(32) }),
    signed(peer, { key, sessionId: nothing }),
    signed(peer, { key, signedUser: 'root' }),
    signed(peer, { key, spoil: (signature) => signature.map((byte, at) => (at === 30 ? byte ^ 1 : byte)) }),
    signed(peer, { key, spoil: (signature) => signature.subarray(0, -1) }),
    signed(peer, { key, spoil: (signature) => new Uint8Array([...signature, 0]) }),
    signed(peer, { key, spoil: () => nothing }),
    signed(peer, { key, spoil: otherName }),
    signed(peer, { key, algorithm: 'rsa-sha2-512' }),
    signed(peer, { key, algorithm: 'ssh-rsa' }),
    signed(peer, { key, algorithm: 'ssh-ed25519-cert-v01@openssh.com' }),
  ];
  for (const payload of wrong) {
    peer.send(payload);
    await peer.expect(userauthFailure);
  }
  assert.deepEqual(verified, []);
  peer.close();
});

test('what is no key, or a key of a type that is not known, is refused', async () => {
  const { peer } = await begin({ publicKey: () => ({ allow: true }) });
  for (const key of [nothing, Buffer.from('rubbish'), new Writer().string('ssh-ed25519').string('short').bytes()]) {
    const fields = publicKeyFields.encode({ signed: false, algorithm: 'ssh-ed25519', key, signature: nothing });
    peer.send(request('publickey', fields));
    await peer.expect(userauthFailure);
  }
  peer.close();
});

test('the decision about a query lets nobody in, however often it is asked', async () => {
  const key = generatePrivateKey();
  const { peer } = await begin({ publicKey: () => ({ allow: true }) });
  for (let i = 0; i < 10; i++) {
    peer.send(query(key));
    await peer.expect(userauthPublicKeyOk);
  }
  peer.send(
    channelOpen.encode({ type: 'session', sender: 0, windowBytes: 1, maximumPacketBytes: 100, fields: nothing }),
  );
  assert.equal((await peer.ended())?.reason, 2);
});

test('only an object that says true is a decision to let in', async () => {
  const answers: unknown[] = [
    true,
    1,
    'yes',
    undefined,
    null,
    {},
    [],
    { allow: 'true' },
    { allow: 1 },
    new Error('bad'),
  ];
  let next = 0;
  const { peer } = await begin({ password: () => answers[next] as never }, { limits: { attempts: 50 } });
  for (next = 0; next < answers.length; next++) {
    peer.send(password('x'));
    await peer.expect(userauthFailure);
  }
  peer.close();
});

test('a function that throws refuses, and its error is reported', async () => {
  const { peer, errors } = await begin({
    password: () => {
      throw new Error('database is down');
    },
  });
  peer.send(password('x'));
  await peer.expect(userauthFailure);
  assert.match(String(errors[0]), /database is down/);
  peer.close();
});

test('a change of password is refused, not taken for a login', async () => {
  const { peer } = await begin({ password: () => ({ allow: true }) });
  const newPassword = new Writer().string('new').bytes();
  peer.send(request('password', passwordFields.encode({ change: true, password: Buffer.from('old'), newPassword })));
  await peer.expect(userauthFailure);
  peer.close();
});

test('methods without a function, and names that nobody knows, are refused', async () => {
  const { peer } = await begin({ password: () => ({ allow: true }) });
  for (const method of ['none', 'gssapi-with-mic', 'xyzzy']) {
    peer.send(request(method));
    assert.deepEqual((await peer.expect(userauthFailure)).methods, ['password']);
  }
  peer.close();
});

test('channels before authentication end the connection (RFC 4252 section 6)', async () => {
  const { peer } = await begin({ password: () => ({ allow: true }) });
  peer.send(
    channelOpen.encode({ type: 'session', sender: 0, windowBytes: 1, maximumPacketBytes: 100, fields: nothing }),
  );
  assert.equal((await peer.ended())?.reason, 2);
});

test('another user in the middle ends the connection (RFC 4252 section 5)', async () => {
  const { peer } = await begin({ password: ({ user: name }) => ({ allow: name === 'root' }) });
  peer.send(password('x'));
  await peer.expect(userauthFailure);
  peer.send(
    request('password', passwordFields.encode({ change: false, password: nothing, newPassword: nothing }), 'root'),
  );
  assert.equal((await peer.ended())?.reason, 2);
});

test('requests after success are ignored (RFC 4252 section 5.1)', async () => {
  let asked = 0;
  const { peer } = await begin({
    none: () => {
      asked++;
      return { allow: true };
    },
  });
  peer.send(request('none'), request('none'), request('none'));
  await peer.expect(userauthSuccess);
  peer.send(
    channelOpen.encode({ type: 'session', sender: 7, windowBytes: 1, maximumPacketBytes: 100, fields: nothing }),
  );
  assert.equal((await peer.expect(channelOpenFailure)).recipient, 7);
  assert.equal(asked, 1);
  assert.deepEqual(peer.unexpected, []);
  peer.close();
});

test('a conversation that the client leaves cannot let it in any more', async () => {
  const outcomes: unknown[] = [];
  const { peer } = await begin({
    keyboardInteractive: async ({ ask }) => {
      // A careless function: it takes an abandoned question for an answer.
      await ask([{ text: 'Code: ', echo: false }]).catch((error: unknown) => outcomes.push(error));
      return { allow: true };
    },
    password: () => ({ allow: false }),
  });
  peer.send(request('keyboard-interactive', new Writer().string('').string('').bytes()));
  await peer.expect(userauthInfoRequest);
  peer.send(password('x'));
  await peer.expect(userauthFailure);
  assert.ok(outcomes[0] instanceof AbortedError);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(peer.unexpected, []);
  peer.send(userauthInfoResponse.encode({ count: 1, responses: new Writer().string('123').bytes() }));
  assert.equal((await peer.ended())?.reason, 2);
});

test('responses that do not fit the prompts end the connection (RFC 4256 section 3.4)', async () => {
  const { peer } = await begin({
    keyboardInteractive: async ({ ask }) => ({ allow: (await ask([{ text: 'Code: ', echo: false }])).length === 1 }),
  });
  peer.send(request('keyboard-interactive', new Writer().string('').string('').bytes()));
  await peer.expect(userauthInfoRequest);
  peer.send(userauthInfoResponse.encode({ count: 0xffffffff, responses: nothing }));
  assert.equal((await peer.ended())?.reason, 2);
});

test('a decision that comes when the client is gone changes nothing', async () => {
  let decide: (decision: { readonly allow: true }) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    void begin({
      password: () => {
        resolve();
        return new Promise((settle) => {
          decide = settle;
        });
      },
    }).then(({ peer, served }) => {
      peer.send(password('x'));
      void asked.then(async () => {
        peer.close();
        await served;
        decide({ allow: true });
      });
    });
  });
  await asked;
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test('lists of methods are walked in order, each of them', async () => {
  const login: LoginPolicy = {
    password: ({ password: text }) => ({ allow: text === 'right' }),
    keyboardInteractive: async ({ ask }) => ({ allow: (await ask([{ text: 'Code: ', echo: false }]))[0] === '42' }),
    publicKey: () => ({ allow: true }),
    required: [
      ['publickey', 'password'],
      ['password', 'keyboard-interactive'],
    ],
  };
  const { peer } = await begin(login);
  peer.send(request('none'));
  assert.deepEqual((await peer.expect(userauthFailure)).methods, ['publickey', 'password']);
  peer.send(request('keyboard-interactive', new Writer().string('').string('').bytes()));
  assert.equal((await peer.expect(userauthFailure)).partialSuccess, false);
  peer.send(password('right'));
  assert.deepEqual(await peer.expect(userauthFailure), { methods: ['keyboard-interactive'], partialSuccess: true });
  peer.send(password('right'), signed(peer, { key: generatePrivateKey() }));
  await peer.expect(userauthFailure);
  await peer.expect(userauthFailure);
  peer.send(request('keyboard-interactive', new Writer().string('').string('').bytes()));
  await peer.expect(userauthInfoRequest);
  peer.send(userauthInfoResponse.encode({ count: 1, responses: new Writer().string('42').bytes() }));
  await peer.expect(userauthSuccess);
  peer.close();
});

test('a policy that could let in by mistake, or nobody, is refused when the server is made', () => {
  const hostKeys = [generatePrivateKey()];
  const publicKey = (): { readonly allow: true } => ({ allow: true });
  assert.throws(() => createServer({ hostKeys: [], login: { publicKey } }), TypeError);
  assert.throws(() => createServer({ hostKeys, login: {} }), TypeError);
  assert.throws(() => createServer({ hostKeys, login: { publicKey, required: [] } }), TypeError);
  assert.throws(() => createServer({ hostKeys, login: { publicKey, required: [[]] } }), TypeError);
  const twice = ['publickey', 'publickey'] as const;
  assert.throws(() => createServer({ hostKeys, login: { publicKey, required: [twice] } }), TypeError);
});

test('a client that does not log in in time is sent away', async () => {
  // Long enough for the identification lines, before which nothing can be said.
  const limits = { loginGraceMs: 1000 };
  const { peer, errors, served } = start({ password: () => ({ allow: true }) }, { limits });
  assert.equal((await peer.ended())?.reason, 11);
  await served;
  assert.match(String(errors[0]), /no login in the time allowed/);
});
