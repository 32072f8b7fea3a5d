import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deterministicCrypto } from '@sallyport/testing/deterministic-crypto';
import { type Protection, preferencesOf } from '@sallyport/testing/protection-matrix';
import { answerQuestion, TransportPair, testCrypto, testTransportOptions } from '@sallyport/testing/transport-pair';
import type { Role } from '../algorithms/roles.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { hexEncode } from '../wire/base64.ts';
import { concatBytes } from '../wire/bytes.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Transport } from './transport.ts';

const crypto = testCrypto();
const roles: readonly Role[] = ['client', 'server'];
const seed = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const hostKey = new PrivateKey({
  kind: 'ed25519',
  seed,
  publicKey: new Uint8Array(Buffer.from('79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664', 'hex')),
});
const keyExchange = { keyExchanges: ['curve25519-sha256'] };

interface Recording {
  /** What each side sent, whole. */
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** A connection of two honest transports that is the same every time. */
function record(protection: Protection): Recording {
  const preferences = { ...keyExchange, ...preferencesOf(protection) };
  const pair = new TransportPair(crypto, {
    preferences,
    hostKey,
    client: { crypto: deterministicCrypto(11) },
    server: { crypto: deterministicCrypto(22) },
  });
  pair.establish();
  for (const role of roles) {
    pair.side(role).transport.perform({ type: 'send', payload: utf8Encode(`^payload of ${role}`) });
  }
  pair.client.transport.perform({ type: 'rekey' });
  pair.client.transport.perform({ type: 'send', payload: utf8Encode('^after the re-key') });
  pair.pump();
  return { client: concatBytes(...pair.client.sentChunks), server: concatBytes(...pair.server.sentChunks) };
}

interface Replay {
  /** Of the transport that is played to. */
  readonly role: Role;
  readonly recording: Recording;
  readonly protection: Protection;
  /** Where the stream is cut. */
  readonly cuts: readonly number[];
}

/** Plays what one side sent to a transport of the other role that has the same randomness. */
function replay({ role, recording, protection, cuts }: Replay): string[] {
  const preferences = { ...keyExchange, ...preferencesOf(protection) };
  const own = deterministicCrypto(role === 'client' ? 11 : 22);
  const transport = new Transport({ ...testTransportOptions(role, { crypto, hostKey, preferences }), crypto: own });
  const stream = role === 'client' ? recording.server : recording.client;
  const seen: string[] = [];
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    transport.receive(stream.subarray(from, to));
    from = to;
    for (let event = transport.nextEvent(); event !== undefined; event = transport.nextEvent()) {
      const rest = event.type === 'payload-received' ? `:${hexEncode(event.payload)}` : '';
      seen.push(`${event.type}${rest}`);
      answerQuestion(transport, event, { crypto, hostKey });
      if (event.type !== 'keys-changed') continue;
      transport.perform({ type: 'authenticated' });
      if (event.first) {
        transport.perform({ type: 'send', payload: utf8Encode(`^payload of ${role}`) });
        if (role === 'client') transport.perform({ type: 'rekey' });
      }
    }
  }
  return seen;
}

describe('a recorded connection', () => {
  test('is the same every time, and the same as when it was first recorded', () => {
    const digests: Readonly<Record<string, string>> = {
      'chacha20-poly1305@openssh.com': '71fe7df7067ca56b51d4ae8daf9921f0486c49c52952d52b3453259e14e3f621',
      'aes128-gcm@openssh.com': 'e8df38f2c726c1fefe92d0d85789770787d7f938930c665f56818d2e340a0ac5',
      'aes256-ctr hmac-sha2-512': '53f457ea5dbecc689a1fdaed1dc2f06efa4c96d5923bf480350fb72b2002f3c1',
    };
    const found = Object.fromEntries(
      Object.keys(digests).map((name) => {
        const [cipher = '', mac = ''] = name.split(' ');
        const { client, server } = record({ cipher, mac });
        return [name, hexEncode(crypto.digest('sha256', client, server))];
      }),
    );
    assert.deepEqual(found, digests);
  });

  // One cipher whose length field is hidden by itself, one that must decrypt a block to read it.
  for (const protection of [
    { cipher: 'chacha20-poly1305@openssh.com', mac: '' },
    { cipher: 'aes128-ctr', mac: 'hmac-sha2-256' },
  ]) {
    for (const role of roles) {
      test(`is understood by a ${role} however it is cut: ${protection.cipher}`, () => {
        const recording = record(protection);
        const { length } = role === 'client' ? recording.server : recording.client;
        const seen = (...cuts: readonly number[]): string[] => replay({ role, recording, protection, cuts });
        const whole = seen();
        assert.equal(whole.filter((event) => event === 'keys-changed').length, 2);
        assert.equal(
          whole.some((event) => event.startsWith('payload-received')),
          true,
        );
        assert.equal(
          whole.some((event) => event.startsWith('ended')),
          false,
        );
        for (let cut = 0; cut <= length; cut++) assert.deepEqual(seen(cut), whole);
        assert.deepEqual(seen(...Array.from({ length }, (_, at) => at)), whole);
      });
    }
  }
});
