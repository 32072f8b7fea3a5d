import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TransportPair, testCrypto } from '@sallyport/testing/transport-pair';
import type { TransportEvent } from './events.ts';

const crypto = testCrypto();

const payload = (number: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i === 0 ? number : i & 0xff));

function eventsOf<T extends TransportEvent['type']>(
  events: readonly TransportEvent[],
  type: T,
): Extract<TransportEvent, { readonly type: T }>[] {
  return events.filter((event): event is Extract<TransportEvent, { readonly type: T }> => event.type === type);
}

describe('Transport', () => {
  test('two peers agree on keys and carry payloads both ways (RFC 4253 section 7)', () => {
    const pair = new TransportPair(crypto, {});
    pair.pump();
    for (const role of ['client', 'server'] as const) {
      const [changed] = eventsOf(pair.side(role).events, 'keys-changed');
      assert.equal(changed?.first, true);
      assert.equal(changed?.algorithms.keyExchange, 'mlkem768x25519-sha256');
    }
    assert.deepEqual(
      eventsOf(pair.client.events, 'keys-changed')[0]?.sessionId,
      eventsOf(pair.server.events, 'keys-changed')[0]?.sessionId,
    );
    pair.client.transport.perform({ type: 'send', payload: payload(5, 40) });
    pair.server.transport.perform({ type: 'send', payload: payload(6, 32000) });
    pair.pump();
    assert.deepEqual(pair.server.payloads, [payload(5, 40)]);
    assert.deepEqual(pair.client.payloads, [payload(6, 32000)]);
  });
});
