import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScriptedTransportPeer } from '@sallyport/testing/scripted-transport-peer';
import { testCrypto } from '@sallyport/testing/transport-pair';
import type { Role } from '../algorithms/roles.ts';
import { PrivateKey } from '../keys/private-key.ts';
import * as messages from '../messages/transport.ts';
import { Writer } from '../wire/writer.ts';
import { rule, type Situation } from './message-rules.ts';

const crypto = testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const preferences = { keyExchanges: ['curve25519-sha256'], ciphers: ['aes128-gcm@openssh.com'] };
/** A KEXINIT without the markers of strict key exchange. */
const lax = { keyExchanges: preferences.keyExchanges };

const makePeer = (role: Role): ScriptedTransportPeer =>
  new ScriptedTransportPeer(role, { crypto, hostKey, preferences });

function authenticated(role: Role): ScriptedTransportPeer {
  const peer = makePeer(role);
  peer.establish();
  peer.transport.perform({ type: 'authenticated' });
  return peer;
}

/** Up to where the transport expects NEWKEYS. */
function beforeNewKeys(peer: ScriptedTransportPeer): ScriptedTransportPeer {
  if (peer.role === 'client') peer.reply();
  else peer.init();
  return peer;
}

function reExchange(role: Role): ScriptedTransportPeer {
  const peer = authenticated(role);
  peer.kexInit();
  return peer;
}

/** Messages that are well formed; all others are a number and four bytes. */
const bodies: Readonly<Record<number, Uint8Array>> = {
  1: messages.disconnect.encode({ reason: 11, description: 'bye', language: '' }),
  2: messages.ignore.encode({ data: new Uint8Array(3) }),
  3: messages.unimplemented.encode({ sequenceNumber: 0 }),
  4: messages.debug.encode({ alwaysDisplay: true, text: 'text', language: '' }),
  7: new Writer().byte(7).uint32(0).bytes(),
  20: messages.kexInit.encode({
    cookie: new Uint8Array(16),
    keyExchanges: preferences.keyExchanges,
    hostKeyAlgorithms: ['ssh-ed25519'],
    ciphersToServer: preferences.ciphers,
    ciphersToClient: preferences.ciphers,
    macsToServer: [],
    macsToClient: [],
    compressionsToServer: ['none'],
    compressionsToClient: ['none'],
    languagesToServer: [],
    languagesToClient: [],
    firstPacketFollows: false,
    reserved: 0,
  }),
  21: messages.newKeys.encode({}),
  192: messages.ping.encode({ data: new Uint8Array(2) }),
  193: messages.pong.encode({ data: new Uint8Array(2) }),
};

/** What comes of a message: the failure, the event, or what is sent back. */
function outcomeOf(peer: ScriptedTransportPeer, number: number): string {
  const eventsBefore = peer.events.length;
  const sentBefore = peer.received.length;
  peer.send(bodies[number] ?? new Uint8Array([number, 1, 2, 3, 4]));
  if (peer.ended !== undefined) return peer.ended.failure.code;
  const [event] = peer.events.slice(eventsBefore);
  if (event !== undefined) return event.type;
  const sent = peer.numbers.slice(sentBefore);
  return sent.length === 0 ? 'silence' : `sends ${sent.join(' ')}`;
}

interface Case {
  readonly title: string;
  readonly make: (role: Role) => ScriptedTransportPeer;
  /** Outcome to numbers; every number that is not named ends with the last entry's outcome. */
  readonly outcomes: (role: Role) => Readonly<Record<string, string>>;
  readonly otherwise: string;
}

const unassigned = '8-19 22-29';
const valueOf = (role: Role): string => (role === 'client' ? '31' : '30');

// RFC 4253 sections 7.1, 7.3, 11 and 12; PROTOCOL sections 1.9 and 1.10. Bodies of 30 to 49 are malformed here.
const cases: readonly Case[] = [
  {
    title: 'before the first KEXINIT',
    make: (role) => {
      const peer = makePeer(role);
      peer.identify();
      return peer;
    },
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      silence: role === 'client' ? '2-4' : '2-4 20',
      'sends 3': unassigned,
      'sends 30': role === 'client' ? '20' : '',
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'in the first exchange when it is not strict',
    make: (role) => {
      const peer = makePeer(role);
      peer.identify();
      peer.kexInit(lax);
      return peer;
    },
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      silence: '2-4',
      'sends 3': unassigned,
      'message-malformed': valueOf(role),
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'in the first exchange when it is strict',
    make: (role) => {
      const peer = makePeer(role);
      peer.identify();
      peer.kexInit();
      return peer;
    },
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      'message-malformed': valueOf(role),
      'message-unexpected': role === 'client' ? '21 30 32-49' : '21 31-49',
    }),
    otherwise: 'strict-violation',
  },
  {
    title: 'before the first NEWKEYS when the exchange is not strict',
    make: (role) => {
      const peer = makePeer(role);
      peer.identify();
      peer.kexInit(lax);
      return beforeNewKeys(peer);
    },
    outcomes: () => ({
      'disconnected-by-peer': '1',
      silence: '2-4',
      'sends 3': unassigned,
      'keys-changed': '21',
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'before the first NEWKEYS when the exchange is strict',
    make: (role) => {
      const peer = makePeer(role);
      peer.identify();
      peer.kexInit();
      return beforeNewKeys(peer);
    },
    outcomes: () => ({
      'disconnected-by-peer': '1',
      'keys-changed': '21',
      'message-unexpected': '30-49',
    }),
    otherwise: 'strict-violation',
  },
  {
    title: 'under keys before authentication is over',
    make: (role) => {
      const peer = makePeer(role);
      peer.establish();
      return peer;
    },
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      silence: '2-3 192',
      'debug-received': '4',
      'payload-received': '5-6 50-127',
      'extensions-received': role === 'client' ? '7' : '',
      'sends 3': `${role === 'client' ? '' : '7'} ${unassigned} 128-191 194-255`,
      'pong-received': '193',
      'sends 20 30': role === 'client' ? '20' : '',
      'sends 20': role === 'client' ? '' : '20',
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'under keys when authentication is over',
    make: authenticated,
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      silence: '2-3',
      'debug-received': '4',
      'payload-received': '5-6 50-127',
      'sends 3': `7 ${unassigned} 128-191 194-255`,
      'sends 193': '192',
      'pong-received': '193',
      'sends 20 30': role === 'client' ? '20' : '',
      'sends 20': role === 'client' ? '' : '20',
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'when we sent KEXINIT again, which the peer need not have seen',
    make: (role) => {
      const peer = authenticated(role);
      peer.transport.perform({ type: 'rekey' });
      peer.settle();
      return peer;
    },
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      silence: role === 'client' ? '2-3 192' : '2-3 192 20',
      'debug-received': '4',
      'payload-received': '5-6 50-127',
      'sends 3': `7 ${unassigned} 128-191 194-255`,
      'pong-received': '193',
      'sends 30': role === 'client' ? '20' : '',
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'when the peer sent KEXINIT again: nothing but the exchange, as OpenSSH 10.4 has it',
    make: reExchange,
    outcomes: (role) => ({
      'disconnected-by-peer': '1',
      silence: '2-3',
      'debug-received': '4',
      'sends 3': unassigned,
      'message-malformed': valueOf(role),
    }),
    otherwise: 'message-unexpected',
  },
  {
    title: 'before a later NEWKEYS',
    make: (role) => beforeNewKeys(reExchange(role)),
    outcomes: () => ({
      'disconnected-by-peer': '1',
      silence: '2-3',
      'debug-received': '4',
      'sends 3': unassigned,
      'keys-changed': '21',
    }),
    otherwise: 'message-unexpected',
  },
];

/** `5-6 50` as numbers. */
function numbersOf(ranges: string): number[] {
  return ranges
    .split(' ')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** After these the connection is as it was. */
const harmless = new Set(['silence', 'sends 3', 'payload-received', 'debug-received', 'pong-received', 'sends 193']);

describe('every message number from 0 to 255', () => {
  for (const { title, make, outcomes, otherwise } of cases) {
    for (const role of ['client', 'server'] as const) {
      test(`${title} is answered or ends the connection of a ${role} as it should`, () => {
        const expected = new Array<string>(256).fill(otherwise);
        for (const [outcome, ranges] of Object.entries(outcomes(role))) {
          for (const number of numbersOf(ranges)) expected[number] = outcome;
        }
        let peer = make(role);
        const found = expected.map((_, number) => {
          const outcome = outcomeOf(peer, number);
          if (!harmless.has(outcome) || number === 20) peer = make(role);
          return outcome;
        });
        assert.deepEqual(describeAll(found), describeAll(expected));
      });
    }
  }
});

/** Numbers beside outcomes, so that a difference can be read. */
function describeAll(outcomes: readonly string[]): string[] {
  return outcomes.map((outcome, number) => `${number} ${outcome}`);
}

describe('UNIMPLEMENTED (RFC 4253 section 11.4)', () => {
  test('names the sequence number of the message that is not understood', () => {
    const peer = makePeer('server');
    peer.identify();
    peer.kexInit(lax);
    peer.init();
    peer.newKeys();
    peer.send(new Uint8Array([94]), new Uint8Array([150]));
    const last = peer.received.at(-1) as Uint8Array;
    // KEXINIT, the value and NEWKEYS came before: without strictness numbers go on.
    assert.equal(messages.unimplemented.decode(last).sequenceNumber, 4);
    peer.transport.perform({ type: 'reject-payload', sequenceNumber: 3 });
    peer.settle();
    assert.equal(messages.unimplemented.decode(peer.received.at(-1) as Uint8Array).sequenceNumber, 3);
  });
});

test('a number beyond 255 and a message in no range are unexpected', () => {
  const situations: readonly Situation[] = ['before-kex-init', 'first-exchange', 're-exchange', 'open'];
  for (const situation of situations) assert.equal(rule(256, situation), 'unexpected');
  assert.equal(rule(94, 'open'), 'deliver');
});
