import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from '../wire/decode-error.ts';
import { Writer } from '../wire/writer.ts';
import { type AgentConstraints, constraintNames, decodeConstraints, encodeConstraints } from './constraints.ts';
import { decodeDestinations, encodeDestinations, maximumDestinations } from './destinations.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const key = Uint8Array.of(1, 2, 3);
const everything: AgentConstraints = {
  lifetimeSeconds: 3600,
  confirm: true,
  securityKeyProvider: 'internal',
  destinations: [
    { from: undefined, to: { user: 'git', host: 'a.example', keys: [{ key, isAuthority: false }] } },
    {
      from: { user: undefined, host: 'a.example', keys: [{ key, isAuthority: false }] },
      to: { user: undefined, host: 'b.example', keys: [{ key, isAuthority: true }] },
    },
  ],
  certificates: { certificatesOnly: true, blobs: [key, Uint8Array.of(4)] },
};

test('a lifetime and a confirmation are a byte each with their value (RFC 9987 section 4.2.6)', () => {
  assert.deepEqual(encodeConstraints({ lifetimeSeconds: 60, confirm: true }), hex('01 0000003c 02'));
  assert.deepEqual(decodeConstraints(hex('02 01 0000003c')), { lifetimeSeconds: 60, confirm: true });
  assert.deepEqual(encodeConstraints({}), new Uint8Array(0));
});

test('every constraint is read as it was written', () => {
  assert.deepEqual(decodeConstraints(encodeConstraints(everything)), everything);
});

test('a constraint that is unknown, cut off or stands twice refuses all of them', () => {
  const unknown = new Writer().byte(255).string('no-such-constraint@example.org').bytes();
  const twice = hex('01 00000001 01 00000001');
  for (const wrong of [hex('03'), hex('00'), hex('01 0000'), hex('02 02'), twice, unknown, hex('ff')]) {
    assert.throws(() => decodeConstraints(wrong), DecodeError);
  }
  const whole = encodeConstraints(everything);
  for (const name of ['lifetimeSeconds', 'confirm', 'securityKeyProvider', 'destinations', 'certificates'] as const) {
    const one = encodeConstraints({ [name]: everything[name] });
    assert.throws(() => decodeConstraints(Uint8Array.from([...whole, ...one])), DecodeError, name);
  }
});

test('destinations are strings in strings with reserved fields (PROTOCOL.agent section 2)', () => {
  const destination = { to: { host: 'h', keys: [{ key: Uint8Array.of(9), isAuthority: true }] } };
  const from = '00000000 00000000 00000000';
  const to = '00000000 00000001 68 00000000 00000001 09 01';
  const body = `0000000c ${from} 00000013 ${to} 00000000`;
  assert.deepEqual(encodeDestinations([destination]), hex(`0000002b ${body}`));
});

test('destinations that would allow more than they say are refused', () => {
  const host = { host: 'h', keys: [{ key, isAuthority: false }] };
  const wrong = [
    [{ to: { host: '', keys: [] } }],
    [{ to: { host: 'h', keys: [] } }],
    [{ to: { host: '', keys: host.keys } }],
    [{ from: { ...host, user: 'u' }, to: host }],
    [{ from: { host: '', user: 'u', keys: [] }, to: host }],
    Array.from({ length: maximumDestinations + 1 }, () => ({ to: host })),
  ];
  for (const [index, destinations] of wrong.entries()) {
    assert.throws(() => decodeDestinations(encodeDestinations(destinations)), DecodeError, `${index}`);
  }
  assert.throws(() => decodeDestinations(new Uint8Array(0)), DecodeError);
});

test('constraints with a byte changed or cut off are read or refused, never anything else', () => {
  const whole = encodeConstraints(everything);
  for (let at = 0; at < whole.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ mask;
      for (const input of [changed, whole.slice(0, at)]) {
        try {
          decodeConstraints(input);
        } catch (error) {
          assert.ok(error instanceof DecodeError);
        }
      }
    }
  }
  assert.equal(constraintNames.destinations, 'restrict-destination-v00@openssh.com');
});
