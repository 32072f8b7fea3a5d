// The transport over TCP with the stock OpenSSH programs, each role: every key exchange, every cipher with every MAC,
// as far as SERVICE_ACCEPT and an answer of userauth, with a re-key from either side in between.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { TransportEvent } from '@sallyport/protocol/transport/events';
import { Transport } from '@sallyport/protocol/transport/transport';
import { OpensshFixture, opensshKnowing, programPath, type StockServer, skipUnless } from '@sallyport/testing';
import { type Protection, preferencesOf, protectionMatrix } from '@sallyport/testing/protection-matrix';
import { answerQuestion, testCrypto, testTransportOptions } from '@sallyport/testing/transport-pair';
import { runTransport } from '@sallyport/testing/transport-socket';
import { numbers, payloads, publicKeyRequest } from './login-payloads.ts';

interface Choice extends Protection {
  readonly keyExchange: string;
}

const crypto = testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const choices: readonly Choice[] = [
  ...keyExchanges.map(({ name }) => ({ keyExchange: name, cipher: 'aes128-gcm@openssh.com', mac: '' })),
  ...protectionMatrix.map((protection) => ({ keyExchange: 'curve25519-sha256', ...protection })),
];

function makeTransport(role: 'client' | 'server', choice: Choice): Transport {
  const preferences = { keyExchanges: [choice.keyExchange], ...preferencesOf(choice) };
  return new Transport(testTransportOptions(role, { crypto, hostKey, preferences }));
}

function run(transport: Transport, socket: Socket, handle: (event: TransportEvent) => void): Promise<void> {
  return runTransport(transport, socket, (event) => {
    answerQuestion(transport, event, { crypto, hostKey });
    if (event.type === 'ended') assert.equal(event.failure.code, 'closed', JSON.stringify(event));
    handle(event);
  });
}

describe('Transport and the stock programs', skipUnless('openssh-client', 'openssh-server'), () => {
  let fixture: OpensshFixture;
  let server: StockServer;
  let userKey: PrivateKey;
  before(async () => {
    fixture = await OpensshFixture.create();
    server = await fixture.startServer();
    userKey = decodePrivateKeyFile(await readFile(fixture.userKey.path)).open(crypto, new Uint8Array()) as PrivateKey;
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  for (const choice of choices) {
    const title = `${choice.keyExchange} ${choice.cipher} ${choice.mac}`.trim();

    test(`our client agrees with sshd: ${title}`, { timeout: 60_000 }, async (t) => {
      const program = opensshKnowing('sshd', choice.keyExchange);
      if (program === undefined) return t.skip(`no stock sshd knows ${choice.keyExchange}`);
      await using newer = program === programPath('sshd') ? undefined : await fixture.startServer({ program });
      const seen = await asClient(newer ?? server, userKey, choice);
      assert.deepEqual(seen, ['keys', 6, 52, 'keys', 82]);
    });

    test(`ssh agrees with our server: ${title}`, { timeout: 60_000 }, async (t) => {
      const program = opensshKnowing('ssh', choice.keyExchange);
      if (program === undefined) return t.skip(`no stock ssh knows ${choice.keyExchange}`);
      const seen = await asServer(fixture, program, choice);
      assert.deepEqual(seen, ['keys', 5, 50, 'keys', 82]);
    });
  }
});

/** Logs in with the fixture's key, re-keys, and asks for something; what came, in order. */
async function asClient(server: StockServer, userKey: PrivateKey, choice: Choice): Promise<(string | number)[]> {
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  const transport = makeTransport('client', choice);
  const seen: (string | number)[] = [];
  const send = (payload: Uint8Array): void => transport.perform({ type: 'send', payload });
  let sessionId = new Uint8Array();
  const answers: Readonly<Record<number, () => void>> = {
    [numbers.serviceAccept]: () => send(publicKeyRequest(crypto, server.user, { key: userKey, sessionId })),
    [numbers.userauthSuccess]: () => {
      transport.perform({ type: 'authenticated' });
      transport.perform({ type: 'rekey' });
      send(payloads.question);
    },
    [numbers.requestFailure]: () => {
      transport.perform({ type: 'end', failure: { code: 'closed', description: 'disconnected by user' } });
    },
  };
  await run(transport, socket, (event) => {
    if (event.type === 'keys-changed') {
      seen.push('keys');
      sessionId = event.sessionId.slice();
      if (event.first) send(payloads.requestUserauth);
    }
    if (event.type === 'payload-received') {
      const number = event.payload[0] as number;
      // sshd tells its other host keys when it likes.
      if (number !== numbers.globalRequest) seen.push(number);
      answers[number]?.();
    }
  });
  return seen;
}

/** Lets a stock ssh in without asking, re-keys, and asks for something; what came, in order. */
async function asServer(fixture: OpensshFixture, program: string, choice: Choice): Promise<(string | number)[]> {
  const seen: (string | number)[] = [];
  const listener = createServer({ noDelay: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { readonly port: number };
  const connected = once(listener, 'connection') as Promise<[Socket]>;
  const client = fixture.startClient({ host: '127.0.0.1', port, user: 'nobody', knownHosts: '/dev/null' }, ['true'], {
    program,
    config: ['StrictHostKeyChecking=no'],
    input: '',
  });
  const [socket] = await connected;
  listener.close();
  const transport = makeTransport('server', choice);
  const send = (payload: Uint8Array): void => transport.perform({ type: 'send', payload });
  const answers: Readonly<Record<number, () => void>> = {
    [numbers.serviceRequest]: () => send(payloads.acceptUserauth),
    [numbers.userauthRequest]: () => {
      send(payloads.success);
      transport.perform({ type: 'authenticated' });
      transport.perform({ type: 'rekey' });
    },
    [numbers.requestFailure]: () => {
      transport.perform({ type: 'end', failure: { code: 'closed', description: 'disconnected by user' } });
    },
  };
  await run(transport, socket, (event) => {
    if (event.type === 'keys-changed') {
      seen.push('keys');
      if (!event.first) send(payloads.question);
    }
    if (event.type === 'payload-received') {
      const number = event.payload[0] as number;
      // Its session may come before it sees our KEXINIT, or after the re-key.
      if (number !== numbers.channelOpen) seen.push(number);
      answers[number]?.();
    }
  });
  await client.exited;
  return seen;
}
