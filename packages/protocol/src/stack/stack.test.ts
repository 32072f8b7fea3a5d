import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chunking } from '@sallyport/testing/pair';
import { Pair } from '@sallyport/testing/pair';
import { answerAsServer, clientOptions, StackPair, serverOptions } from '@sallyport/testing/stack-pair';
import { testCompression, testCrypto, testPreferences } from '@sallyport/testing/transport-pair';

import { compressionOrder } from '../algorithms/compressions.ts';
import { failure } from '../failure/failure.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { utf8Decode } from '../wire/utf8.ts';
import { ClientStack } from './client-stack.ts';
import type { ClientStackCommand, ClientStackEvent, ServerStackCommand, ServerStackEvent } from './events.ts';
import { ServerStack } from './server-stack.ts';

const crypto = testCrypto();
const nothing = new Uint8Array(0);

/** The names of a side's events in order, without the data that came. */
function story(events: readonly (ClientStackEvent | ServerStackEvent)[]): string[] {
  return events.map(({ protocol, type }) => `${protocol} ${type}`);
}

function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff);
}

test('two stacks log in and open a channel, whatever the chunks (RFC 4253 section 10)', () => {
  const chunkings: Chunking[] = ['whole', { bytes: 1 }, { bytes: 7 }, { seed: 42 }];
  for (const chunking of chunkings) {
    const { client, pair } = new StackPair({
      crypto,
      chunking,
      onServer: (event, stack) => {
        if (event.type !== 'channel-requested') return false;
        stack.perform({ protocol: 'connection', type: 'confirm-channel', channel: event.channel });
        return true;
      },
    }).login();
    const channel = client.reserveChannel();
    client.perform({ protocol: 'connection', type: 'open-channel', channel, channelType: 'session', fields: nothing });
    pair.pump();
    // In pieces the server's extensions come at any time after its keys.
    const left = story(pair.leftEvents);
    assert.equal(left.indexOf('transport extensions-received') > left.indexOf('transport keys-changed'), true);
    if (chunking === 'whole') assert.equal(left.indexOf('transport extensions-received'), 3);
    assert.deepEqual(
      left.filter((event) => event !== 'transport extensions-received'),
      [
        'transport identified',
        'transport host-key-offered',
        'transport keys-changed',
        'userauth attempt-wanted',
        'userauth authenticated',
        'connection channel-opened',
      ],
    );
    assert.deepEqual(story(pair.rightEvents), [
      'transport identified',
      'transport signature-wanted',
      'transport keys-changed',
      'userauth authentication-requested',
      'userauth authenticated',
      'connection channel-requested',
    ]);
  }
});

test('the server announces its signature algorithms, host-bound keys and pings (RFC 8308, PROTOCOL section 1.9)', () => {
  const { pair } = new StackPair({ crypto, server: { signatureAlgorithms: ['ssh-ed25519', 'rsa-sha2-512'] } }).login();
  const event = pair.leftEvents.find(({ type }) => type === 'extensions-received');
  assert.ok(event?.type === 'extensions-received');
  assert.deepEqual(
    [...event.extensions].map(([name, value]) => [name, utf8Decode(value)]),
    [
      ['server-sig-algs', 'ssh-ed25519,rsa-sha2-512'],
      ['publickey-hostbound@openssh.com', '0'],
      ['ping@openssh.com', '0'],
    ],
  );
});

test('a refused host key ends both sides and nothing was asked of the server', () => {
  const { pair } = new StackPair({
    crypto,
    onClient: (event, stack) => {
      if (event.type !== 'host-key-offered') return false;
      stack.perform({ protocol: 'transport', type: 'refuse-host-key' });
      return true;
    },
  });
  pair.pump();
  const last = pair.leftEvents.at(-1);
  assert.ok(last?.type === 'ended');
  assert.equal(last.failure.code, 'host-key-refused');
  const peer = pair.rightEvents.at(-1);
  assert.ok(peer?.type === 'ended');
  assert.equal(peer.disconnect?.reason, 9);
  assert.ok(!pair.rightEvents.some(({ protocol }) => protocol === 'userauth'));
});

test('while the owner decides the server looks at nothing else', () => {
  const { server, pair } = new StackPair({ crypto, onServer: (event) => event.type === 'authentication-requested' });
  pair.pump();
  assert.equal(server.inputWanted, false);
  server.perform({ protocol: 'userauth', type: 'accept' });
  pair.pump();
  assert.equal(server.inputWanted, true);
  assert.equal(pair.leftEvents.at(-1)?.type, 'authenticated');
});

test('an owner that ends the connection instead of answering gets the last event', () => {
  const { server, pair } = new StackPair({ crypto, onServer: (event) => event.type === 'authentication-requested' });
  pair.pump();
  server.perform({ protocol: 'transport', type: 'end', failure: failure('too-many-authentication-failures') });
  pair.pump();
  const [ours, theirs] = [pair.rightEvents.at(-1), pair.leftEvents.at(-1)];
  assert.equal(ours?.type === 'ended' && ours.failure.code, 'too-many-authentication-failures');
  assert.equal(theirs?.type === 'ended' && theirs.disconnect?.description, 'Too many authentication failures');
});

test('an attempt that nobody lets in ends both sides with authentication-failed', () => {
  const { pair } = new StackPair({
    crypto,
    onClient: (event, stack) => {
      if (event.type !== 'attempt-wanted' || event.failed === undefined) return false;
      assert.deepEqual(event.methods, ['publickey']);
      stack.perform({ protocol: 'userauth', type: 'give-up' });
      return true;
    },
    onServer: (event, stack) => {
      if (event.type !== 'authentication-requested') return false;
      stack.perform({ protocol: 'userauth', type: 'refuse', methods: ['publickey'], counts: false });
      return true;
    },
  });
  pair.pump();
  const last = pair.leftEvents.at(-1);
  assert.ok(last?.type === 'ended');
  assert.equal(last.failure.code, 'authentication-failed');
  const peer = pair.rightEvents.at(-1);
  assert.ok(peer?.type === 'ended');
  assert.equal(peer.failure.code, 'disconnected-by-peer');
});

interface Echo {
  readonly pairOptions: Pick<ConstructorParameters<typeof StackPair>[0], 'onServer'>;
}

/** A server that confirms every channel and sends back what comes on it. */
function echo(): Echo {
  return {
    pairOptions: {
      onServer: (event, stack) => {
        if (event.type === 'channel-requested') {
          stack.perform({ protocol: 'connection', type: 'confirm-channel', channel: event.channel });
          return true;
        }
        if (event.type !== 'data-received') return false;
        echoBack(event, stack);
        return true;
      },
    },
  };
}

function echoBack(event: Extract<ServerStackEvent, { readonly type: 'data-received' }>, stack: ServerStack): void {
  const { channel, data } = event;
  stack.perform({ protocol: 'connection', type: 'send-data', channel, data: data.slice() });
  stack.perform({ protocol: 'connection', type: 'consume', channel, bytes: data.length });
}

/** Opens a channel and collects what comes on it. */
function openChannels(stacks: StackPair, count: number): { readonly channels: number[]; readonly received: number[] } {
  const { client, pair } = stacks;
  const channels = Array.from({ length: count }, () => client.reserveChannel());
  for (const channel of channels) {
    client.perform({ protocol: 'connection', type: 'open-channel', channel, channelType: 'session', fields: nothing });
  }
  pair.pump();
  return { channels, received: [] };
}

test('3 MiB go there and back on one channel with a re-key every 256 KiB', () => {
  const chunks: Uint8Array[] = [];
  const stacks = new StackPair({
    crypto,
    chunking: { seed: 7 },
    client: { rekeyLimits: { bytes: 256 * 1024 } },
    ...echo().pairOptions,
    onClient: (event, stack) => {
      if (event.type !== 'data-received') return false;
      chunks.push(event.data.slice());
      stack.perform({ protocol: 'connection', type: 'consume', channel: event.channel, bytes: event.data.length });
      return true;
    },
  }).login();
  const { channels } = openChannels(stacks, 1);
  const sent = pattern(3 * 1024 * 1024, 5);
  stacks.client.perform({ protocol: 'connection', type: 'send-data', channel: channels[0] as number, data: sent });
  stacks.pair.pump();
  assert.ok(Buffer.concat(chunks).equals(sent));
  const rekeys = stacks.pair.leftEvents.filter(({ type }) => type === 'keys-changed').length;
  assert.ok(rekeys > 10, `${rekeys} key exchanges`);
});

test('a stack whose output nobody takes keeps what is queued in its channels and seals a bounded amount', () => {
  const stacks = new StackPair({ crypto, ...echo().pairOptions }).login();
  const { channels } = openChannels(stacks, 20);
  for (const channel of channels) {
    const data = new Uint8Array(1024 * 1024);
    stacks.client.perform({ protocol: 'connection', type: 'send-data', channel, data });
  }
  const once = stacks.client.takeOutput().reduce((bytes, chunk) => bytes + chunk.length, 0);
  assert.ok(once > 400 * 1024 && once < 700 * 1024, `${once} bytes in one turn`);
});

test('fifty channels get their turns: none is more than two shares ahead of another', () => {
  const shareBytes = 64 * 1024;
  const sent = new Map<number, number>();
  const stacks = new StackPair({
    crypto,
    ...echo().pairOptions,
    onServer: (event, stack) => {
      if (event.type === 'channel-requested') {
        stack.perform({ protocol: 'connection', type: 'confirm-channel', channel: event.channel });
      }
      if (event.type !== 'data-received') return event.type === 'channel-requested';
      sent.set(event.channel, (sent.get(event.channel) ?? 0) + event.data.length);
      if (sent.size === 50) {
        const spread = Math.max(...sent.values()) - Math.min(...sent.values());
        assert.ok(spread <= 2 * shareBytes, `${spread} bytes between the channels`);
      }
      stack.perform({ protocol: 'connection', type: 'consume', channel: event.channel, bytes: event.data.length });
      return true;
    },
  }).login();
  const { channels } = openChannels(stacks, 50);
  for (const channel of channels) {
    const data = new Uint8Array(8 * shareBytes);
    stacks.client.perform({ protocol: 'connection', type: 'send-data', channel, data });
  }
  stacks.pair.pump();
  assert.deepEqual([...new Set(sent.values())], [8 * shareBytes]);
});

test('unread data of a channel grants no window: the sender keeps the rest', () => {
  const stacks = new StackPair({
    crypto,
    onServer: (event, stack) => {
      if (event.type !== 'channel-requested') return event.type === 'data-received';
      stack.perform({ protocol: 'connection', type: 'confirm-channel', channel: event.channel });
      return true;
    },
  }).login();
  const { channels } = openChannels(stacks, 1);
  const channel = channels[0] as number;
  const data = new Uint8Array(5 * 1024 * 1024);
  stacks.client.perform({ protocol: 'connection', type: 'send-data', channel, data });
  stacks.pair.pump();
  assert.equal(stacks.client.queuedBytes(channel), 3 * 1024 * 1024);
});

test('commands for a protocol that has not begun are misuse and throw', () => {
  const client = new ClientStack(clientOptions({ crypto }));
  const channel = { protocol: 'connection', type: 'send-eof', channel: 0 } as const;
  assert.throws(() => client.perform(channel));
  assert.throws(() => client.reserveChannel());
  assert.throws(() => client.perform({ protocol: 'userauth', type: 'give-up' }));
  const server = new ServerStack(serverOptions({ crypto }, new PrivateKey(crypto.generateKey('ed25519'))));
  assert.throws(() => server.perform(channel));
  assert.throws(() => server.perform({ protocol: 'userauth', type: 'accept' }));
  assert.throws(() => server.intoSnapshot());
});

test('after authentication another server stack takes over, with requests already under way, and re-keys from both sides', () => {
  for (const chunking of ['whole', { bytes: 1 }, { seed: 3 }] satisfies Chunking[]) {
    const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
    const before = new ServerStack(serverOptions({ crypto, server: { handsOver: true } }, hostKey));
    const client = new ClientStack(clientOptions({ crypto }));
    const received: Uint8Array[] = [];
    const onLeft = (event: ClientStackEvent): void => {
      if (event.type === 'authenticated') {
        const channel = client.reserveChannel();
        const open = { type: 'open-channel', channel, channelType: 'session', fields: nothing } as const;
        client.perform({ protocol: 'connection', ...open });
      }
      if (event.type === 'channel-opened') {
        const { channel } = event;
        client.perform({ protocol: 'connection', type: 'send-data', channel, data: pattern(100_000, 1) });
      }
      if (event.type === 'data-received') received.push(event.data.slice());
      if (event.type === 'host-key-offered') client.perform({ protocol: 'transport', type: 'accept-host-key' });
      if (event.type === 'attempt-wanted') {
        client.perform({ protocol: 'userauth', type: 'attempt', attempt: { method: 'none' } });
      }
    };
    const first = new Pair<ClientStackEvent, ClientStackCommand, ServerStackEvent, ServerStackCommand>(client, before, {
      chunking,
      onLeft,
      onRight: (event) => answerAsServer(event, before, { crypto, hostKey }),
    });
    first.pump();
    assert.deepEqual(story(first.rightEvents).slice(-1), ['userauth authenticated']);
    assert.equal(before.inputWanted, false);
    const snapshot = before.intoSnapshot();
    assert.equal(snapshot.user, 'somebody');
    assert.equal(before.nextEvent(), undefined);

    const after = ServerStack.resume(snapshot, serverOptions({ crypto }, hostKey));
    const second = new Pair<ClientStackEvent, ClientStackCommand, ServerStackEvent, ServerStackCommand>(client, after, {
      chunking,
      onLeft,
      onRight: (event) => {
        answerAsServer(event, after, { crypto, hostKey });
        if (event.type === 'channel-requested') {
          after.perform({ protocol: 'connection', type: 'confirm-channel', channel: event.channel });
        }
        if (event.type === 'data-received') echoBack(event, after);
      },
    });
    for (const chunk of first.undelivered('right')) after.receive(chunk);
    second.pump();
    client.perform({ protocol: 'transport', type: 'rekey' });
    second.pump();
    after.perform({ protocol: 'transport', type: 'rekey' });
    second.pump();
    assert.ok(Buffer.concat(received).equals(pattern(100_000, 1)));
    assert.equal(second.rightEvents.filter(({ type }) => type === 'keys-changed').length, 2);
    assert.ok(!second.rightEvents.some(({ type }) => type === 'ended'));
  }
});

for (const { identification, early, compresses = false } of [
  { identification: 'SSH-2.0-Sallyport_0.1', early: true },
  { identification: 'SSH-2.0-Sallyport_0.1 with more', early: true },
  { identification: 'SSH-2.0-OpenSSH_9.2p1 Debian-2', early: false },
  { identification: 'SSH-2.0-Cisco-1.25', early: false },
  // A success on the way would make the server take plain requests for compressed ones.
  { identification: 'SSH-2.0-Sallyport_0.1', early: false, compresses: true },
]) {
  const title = `${identification}${compresses ? ', compressing' : ''}`;
  test(`the first attempt goes out ${early ? 'with' : 'after the answer to'} the service request: ${title}`, () => {
    let isAccepted = false;
    let wasAccepted: boolean | undefined;
    const compressions = compresses ? compressionOrder.preferred : ['none'];
    const compression = testCompression();
    const { server, pair } = new StackPair({
      crypto,
      client: { compression, preferences: { ...testPreferences('client'), compressions } },
      server: { compression, preferences: { ...testPreferences('server'), compressions }, identification },
      onClient: (event) => {
        if (event.type === 'attempt-wanted') wasAccepted ??= isAccepted;
        return false;
      },
    });
    const takeOutput = server.takeOutput.bind(server);
    // From its keys on the server sends the acceptance of the service before anything that the client waits for.
    server.takeOutput = () => {
      const output = takeOutput();
      isAccepted ||= output.length > 0 && pair.rightEvents.some(({ type }) => type === 'keys-changed');
      return output;
    };
    pair.pump();
    assert.equal(wasAccepted, !early);
    assert.equal(pair.leftEvents.at(-1)?.type, 'authenticated');
  });
}
