// The transport over TCP with the stock OpenSSH programs, each role: every key exchange, every cipher with every MAC,
// as far as SERVICE_ACCEPT and an answer of userauth, with a re-key from either side in between.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { after, before, describe, test } from 'node:test';
import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import type { Role } from '@sallyport/protocol/algorithms/roles';
import { signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { channelOpen, globalRequest, requestFailure } from '@sallyport/protocol/messages/connection';
import { serviceAccept, serviceRequest } from '@sallyport/protocol/messages/transport';
import { publicKeyFields, userauthRequest, userauthSuccess } from '@sallyport/protocol/messages/userauth';
import type { TransportEvent } from '@sallyport/protocol/transport/events';
import { Transport } from '@sallyport/protocol/transport/transport';
import { Writer } from '@sallyport/protocol/wire/writer';
import { OpensshFixture, programPath, runProgram, type StockServer, skipUnless } from '@sallyport/testing';
import { testCrypto, testPreferences } from '@sallyport/testing/transport-pair';

interface Choice {
  readonly keyExchange: string;
  readonly cipher: string;
  readonly mac: string;
}

const crypto = await testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const choices: readonly Choice[] = [
  ...keyExchanges.map(({ name }) => ({ keyExchange: name, cipher: 'aes128-gcm@openssh.com', mac: '' })),
  ...ciphers.flatMap((cipher) =>
    (cipher.tagBytes > 0 ? [''] : macs.map((mac) => mac.name)).map((mac) => ({
      keyExchange: 'curve25519-sha256',
      cipher: cipher.name,
      mac,
    })),
  ),
];

function makeTransport(role: Role, choice: Choice): Transport {
  const { type, blob } = hostKey.publicKey;
  return new Transport({
    role,
    crypto,
    identification: 'SSH-2.0-Sallyport_test',
    preferences: {
      ...testPreferences(role),
      keyExchanges: [choice.keyExchange],
      ciphers: [choice.cipher],
      macs: choice.mac === '' ? [] : [choice.mac],
    },
    hostKeys: [{ algorithms: signatureAlgorithmsOf(type).map((row) => row.name), blob }],
    now: performance.now(),
  });
}

/** Runs a transport on a socket until it has ended; `handle` answers what is not about keys. */
async function run(transport: Transport, socket: Socket, handle: (event: TransportEvent) => void): Promise<void> {
  let ended = false;
  const step = (): void => {
    for (let event = transport.nextEvent(); event !== undefined; event = transport.nextEvent()) {
      if (event.type === 'host-key-offered') transport.perform({ type: 'accept-host-key' });
      if (event.type === 'signature-wanted') {
        const signature = hostKey.sign(crypto, event.algorithm, event.data);
        transport.perform({ type: 'provide-signature', signature });
      }
      if (event.type === 'ended') assert.equal(event.failure.code, 'closed', JSON.stringify(event));
      ended ||= event.type === 'ended';
      handle(event);
    }
    for (const chunk of transport.takeOutput()) socket.write(chunk);
    if (ended) socket.end();
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      transport.receive(chunk);
      step();
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  step();
  await once(socket, 'close');
}

async function knownNames(kind: string): Promise<Set<string>> {
  return new Set((await runProgram(programPath('ssh'), ['-Q', kind])).stdout.toString().split('\n'));
}

describe('Transport and the stock programs', skipUnless('openssh-client', 'openssh-server'), () => {
  let fixture: OpensshFixture;
  let server: StockServer;
  let userKey: PrivateKey;
  let stockNames: Set<string>;
  before(async () => {
    fixture = await OpensshFixture.create();
    server = await fixture.startServer();
    userKey = decodePrivateKeyFile(await readFile(fixture.userKey.path)).open(crypto, new Uint8Array()) as PrivateKey;
    stockNames = new Set([...(await knownNames('kex')), ...(await knownNames('cipher')), ...(await knownNames('mac'))]);
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  for (const choice of choices) {
    const title = `${choice.keyExchange} ${choice.cipher} ${choice.mac}`.trim();
    const missing = (): string | undefined =>
      Object.values(choice).find((name) => name !== '' && !stockNames.has(name));

    test(`our client agrees with sshd: ${title}`, { timeout: 20_000 }, async (t) => {
      const unknown = missing();
      if (unknown !== undefined) return t.skip(`the stock sshd does not know ${unknown}`);
      const seen = await asClient(server, userKey, choice);
      assert.deepEqual(seen, ['keys', 6, 52, 'keys', 82]);
    });

    test(`ssh agrees with our server: ${title}`, { timeout: 20_000 }, async (t) => {
      const unknown = missing();
      if (unknown !== undefined) return t.skip(`the stock ssh does not know ${unknown}`);
      const seen = await asServer(fixture, choice);
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
    [serviceAccept.number]: () => send(publicKeyRequest(server.user, userKey, sessionId)),
    [userauthSuccess.number]: () => {
      transport.perform({ type: 'authenticated' });
      transport.perform({ type: 'rekey' });
      send(globalRequest.encode({ type: 'keepalive@openssh.com', wantReply: true, fields: new Uint8Array() }));
    },
    [requestFailure.number]: () => {
      transport.perform({ type: 'end', failure: { code: 'closed', description: 'disconnected by user' } });
    },
  };
  await run(transport, socket, (event) => {
    if (event.type === 'keys-changed') {
      seen.push('keys');
      sessionId = event.sessionId.slice();
      if (event.first) send(serviceRequest.encode({ service: 'ssh-userauth' }));
    }
    if (event.type === 'payload-received') {
      const number = event.payload[0] as number;
      // sshd tells its other host keys when it likes.
      if (number !== globalRequest.number) seen.push(number);
      answers[number]?.();
    }
  });
  return seen;
}

function publicKeyRequest(user: string, key: PrivateKey, sessionId: Uint8Array): Uint8Array {
  const { type: algorithm, blob } = key.publicKey;
  const request = (signature: Uint8Array): Uint8Array =>
    userauthRequest.encode({
      user,
      service: 'ssh-connection',
      method: 'publickey',
      fields: publicKeyFields.encode({ signed: true, algorithm, key: blob, signature }),
    });
  const data = new Writer().string(sessionId).raw(request(new Uint8Array())).bytes();
  return request(new Writer().string(key.sign(crypto, algorithm, data)).bytes());
}

/** Lets a stock ssh in without asking, re-keys, and asks for something; what came, in order. */
async function asServer(fixture: OpensshFixture, choice: Choice): Promise<(string | number)[]> {
  const seen: (string | number)[] = [];
  const listener = createServer({ noDelay: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { readonly port: number };
  const connected = once(listener, 'connection') as Promise<[Socket]>;
  const client = fixture.startClient({ host: '127.0.0.1', port, user: 'nobody', knownHosts: '/dev/null' }, ['true'], {
    config: ['StrictHostKeyChecking=no'],
    input: '',
  });
  const [socket] = await connected;
  listener.close();
  const transport = makeTransport('server', choice);
  const send = (payload: Uint8Array): void => transport.perform({ type: 'send', payload });
  const answers: Readonly<Record<number, () => void>> = {
    [serviceRequest.number]: () => send(serviceAccept.encode({ service: 'ssh-userauth' })),
    [userauthRequest.number]: () => {
      send(userauthSuccess.encode({}));
      transport.perform({ type: 'authenticated' });
      transport.perform({ type: 'rekey' });
    },
    [requestFailure.number]: () => {
      transport.perform({ type: 'end', failure: { code: 'closed', description: 'disconnected by user' } });
    },
  };
  await run(transport, socket, (event) => {
    if (event.type === 'keys-changed') {
      seen.push('keys');
      if (!event.first) send(globalRequest.encode({ type: 'x', wantReply: true, fields: new Uint8Array() }));
    }
    if (event.type === 'payload-received') {
      const number = event.payload[0] as number;
      // Its session may come before it sees our KEXINIT, or after the re-key.
      if (number !== channelOpen.number) seen.push(number);
      answers[number]?.();
    }
  });
  await client.exited;
  return seen;
}
