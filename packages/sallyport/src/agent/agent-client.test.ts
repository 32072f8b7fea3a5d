import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { createCryptoProvider } from '@sallyport/crypto';
import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import {
  agentFailure,
  identitiesAnswer,
  identity,
  signRequest,
  signResponse,
} from '@sallyport/protocol/agent/messages';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { skipUnless } from '@sallyport/testing/peers';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer } from '@sallyport/testing/test-server';

import { connect, generatePrivateKey, SshError } from '../index.ts';
import { agentIdentities } from '../keys/identity.ts';
import { AgentClient } from './agent-client.ts';
import { AgentSession } from './agent-session.ts';

interface FakeAgent extends AsyncDisposable {
  readonly path: string;
}

/** An agent that answers each request with what the test says. */
async function startAgent(answer: (request: Uint8Array) => Uint8Array | undefined): Promise<FakeAgent> {
  const folder = await TemporaryFolder.create();
  const path = folder.file('agent');
  const server = createServer((socket) => {
    const reader = new AgentMessageReader();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      reader.receive(chunk);
      const request = reader.next();
      const reply = request === undefined ? undefined : answer(request);
      if (reply === undefined) socket.destroy();
      else socket.write(reply);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a key in an agent logs in, and never leaves it', async () => {
  const crypto = createCryptoProvider();
  const key = generatePrivateKey();
  await using agent = await startAgent((request) => {
    if (request[0] !== signRequest.number) {
      const identities = identity.encode({ key: key.publicKey.blob, comment: utf8Encode('mine') });
      return frameAgentMessage(identitiesAnswer.encode({ count: 1, identities }));
    }
    const { data } = signRequest.decode(request);
    return frameAgentMessage(signResponse.encode({ signature: key.sign(crypto, 'ssh-ed25519', data) }));
  });
  await using setup = await startTestServer({
    login: { publicKey: ({ key: blob }) => ({ allow: Buffer.compare(blob, key.publicKey.blob) === 0 }) },
  });
  await using client = await connect({ ...setup.target, agent: agent.path });
  assert.equal((await client.run('say in')).stdout, 'in\n');
});

test('an agent that refuses to sign makes the client go on, and the error says what was tried', async () => {
  const key = generatePrivateKey();
  await using agent = await startAgent((request) => {
    if (request[0] === signRequest.number) return frameAgentMessage(agentFailure.encode({}));
    const identities = identity.encode({ key: key.publicKey.blob, comment: new Uint8Array(0) });
    return frameAgentMessage(identitiesAnswer.encode({ count: 1, identities }));
  });
  await using setup = await startTestServer({
    login: { publicKey: () => ({ allow: true }), password: () => ({ allow: true }) },
  });
  await (await connect({ ...setup.target, agent: agent.path, password: 'x' })).end();
  await assert.rejects(connect({ ...setup.target, agent: agent.path }), (error) => {
    assert.ok(error instanceof SshError);
    return error.code === 'authentication-failed';
  });
});

test('an agent that is not there, hangs up, or answers nonsense has no keys and harms nothing', async () => {
  const nonsense: readonly (Uint8Array | undefined)[] = [
    undefined,
    Uint8Array.of(0, 0, 0, 0),
    Uint8Array.of(255, 255, 255, 255, 1),
    frameAgentMessage(Uint8Array.of(99)),
    frameAgentMessage(identitiesAnswer.encode({ count: 7, identities: new Uint8Array(0) })),
  ];
  assert.deepEqual(await agentIdentities('/nonexistent/agent'), []);
  for (const answer of nonsense) {
    await using agent = await startAgent(() => answer);
    await assert.rejects(new AgentClient(agent.path).identities());
    assert.deepEqual(await agentIdentities(agent.path), []);
  }
});

test('an agent that never answers is given up after the time allowed', async () => {
  await using agent = await startAgent(() => new Uint8Array(0));
  await assert.rejects(new AgentClient(agent.path).identities({ timeoutMs: 30 }), /30 ms/);
});

test('the stock agent adds, lists, locks and removes keys for us', skipUnless('openssh-agent'), async () => {
  await using agent = await AgentFixture.start();
  await using session = new AgentSession(agent.path);
  const client = new AgentClient(session);
  const key = generatePrivateKey();
  assert.equal(await client.add(key, { comment: 'ours', constraints: { lifetimeSeconds: 60 } }), true);
  assert.deepEqual(await client.identities(), [{ key: key.publicKey.blob, comment: 'ours' }]);
  assert.equal(await client.lock(utf8Encode('x')), true);
  assert.deepEqual(await client.identities(), []);
  assert.equal(await client.unlock(utf8Encode('x')), true);
  assert.equal(await client.remove(key.publicKey.blob), true);
  assert.equal(await client.remove(key.publicKey.blob), false);
  assert.equal(await client.removeAll(), true);
  assert.equal(await client.extensions(), undefined, 'OpenSSH 9.2 does not tell');
  assert.equal(await client.addTokenKeys({ provider: '/nonexistent', pin: utf8Encode('1') }), false);
  assert.equal(await client.removeTokenKeys({ provider: '/nonexistent', pin: utf8Encode('1') }), false);
});

test(
  'a key that is constrained to the server logs in there and nowhere else',
  skipUnless('openssh-agent'),
  async () => {
    await using agent = await AgentFixture.start();
    const client = new AgentClient(agent.path);
    const key = generatePrivateKey();
    await using setup = await startTestServer({
      login: { publicKey: ({ key: blob }) => ({ allow: Buffer.compare(blob, key.publicKey.blob) === 0 }) },
    });
    for (const [host, expected] of [
      [setup.hostKey, true],
      [generatePrivateKey(), false],
    ] as const) {
      const to = { host: 'server', keys: [{ key: host.publicKey.blob, isAuthority: false }] };
      await client.add(key, { constraints: { destinations: [{ to }] } });
      const connected = connect({ ...setup.target, agent: agent.path });
      if (expected) await (await connected).end();
      else await assert.rejects(connected, { code: 'authentication-failed' });
    }
  },
);

test('a session that was closed or never opened rejects', async () => {
  const session = new AgentSession('/nonexistent/agent');
  await assert.rejects(session.open(), { code: 'ENOENT' });
  await assert.rejects(new AgentClient(session).identities());
  const closed = new AgentSession('/nonexistent/agent');
  closed.close();
  await assert.rejects(closed.ask(Uint8Array.of(11)), /closed/);
});
