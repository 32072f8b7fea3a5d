import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { verifySignature } from '@sallyport/protocol/keys/public-key';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import { hostbasedSignedData } from '@sallyport/protocol/userauth/methods/hostbased';
import { MemoryServer } from '@sallyport/testing/memory-server';
import { AuthenticationError, connect, generatePrivateKey } from '../index.ts';

const crypto = createCryptoProvider();

type Asked = Extract<ServerStackEvent, { readonly type: 'authentication-requested' }>;

/** A server that takes hostbased or public keys, and judges what it is asked in turn. */
function serverThat(judge: (asked: Asked, sessionId: Uint8Array) => boolean): MemoryServer {
  let sessionId = new Uint8Array(0);
  return new MemoryServer({
    crypto,
    onEvent: (event, server) => {
      if (event.type === 'keys-changed' && event.first) sessionId = event.sessionId.slice();
      if (event.type !== 'authentication-requested') return false;
      const methods = ['hostbased', 'publickey'];
      if (judge(event, sessionId)) server.perform({ protocol: 'userauth', type: 'accept' });
      else server.perform({ protocol: 'userauth', type: 'refuse', methods, counts: true });
      return true;
    },
  });
}

const target = (server: MemoryServer) => ({
  host: 'server.test',
  user: 'bob',
  via: server.stream,
  hostKeys: [fingerprint(crypto, server.hostKey.publicKey)],
  agent: false as const,
});

test('host keys vouch for the user of this machine, each once, before keys of the user (RFC 4252 section 9)', async () => {
  const [first, second, own] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()];
  const asked: string[] = [];
  const server = serverThat(({ request }) => {
    asked.push(request.method);
    if (request.method !== 'hostbased') return false;
    const isSecond = Buffer.compare(request.key, second.publicKey.blob) === 0;
    assert.deepEqual([request.clientHost, request.clientUser], ['client.test.', 'ann']);
    return isSecond;
  });
  const hostbased = { identities: [first, second], host: 'client.test.', user: 'ann' };
  const client = await connect({ ...target(server), hostbased, identities: [own] });
  assert.deepEqual(asked, ['none', 'hostbased', 'hostbased']);
  server.destroy();
  await client.closed.catch(() => undefined);
});

test('the signature is over the session and the request, and a host that is refused is named in the error', async () => {
  const key = generatePrivateKey();
  const verified: boolean[] = [];
  const server = serverThat(({ request }, sessionId) => {
    if (request.method !== 'hostbased') return false;
    const context = { user: 'bob', service: 'ssh-connection', sessionId };
    const { algorithm, signature } = request;
    const data = hostbasedSignedData(request, context);
    verified.push(verifySignature(crypto, { key: key.publicKey, algorithm, data, signature }));
    return false;
  });
  const hostbased = { identities: [key], host: 'client.test' };
  const error: unknown = await connect({ ...target(server), hostbased, identities: [] }).catch((reason) => reason);
  assert.ok(error instanceof AuthenticationError);
  assert.deepEqual(verified, [true]);
  assert.match(error.tried.join(), /^none,hostbased SHA256:/);
});
