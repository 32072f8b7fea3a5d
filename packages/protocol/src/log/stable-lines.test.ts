import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visible } from './log.ts';
import { peerText, stableLines } from './stable-lines.ts';

const peer = { address: '192.0.2.7', port: 4711 };
const local = { address: '192.0.2.1', port: 22 };

test('log lines that tools match read as they do from OpenSSH 10.5', () => {
  const alice = { ...peer, user: 'alice', standing: 'authenticating' } as const;
  const nobody = { ...peer, user: 'nobody2', standing: 'invalid' } as const;
  const lines = [
    [
      stableLines.accepted('publickey', alice, 'ED25519 SHA256:x'),
      'info',
      'Accepted publickey for alice from 192.0.2.7 port 4711 ssh2: ED25519 SHA256:x',
    ],
    [
      stableLines.failed('password', alice, { loud: true }),
      'info',
      'Failed password for alice from 192.0.2.7 port 4711 ssh2',
    ],
    [
      stableLines.failed('publickey', alice, { loud: false }),
      'verbose',
      'Failed publickey for alice from 192.0.2.7 port 4711 ssh2',
    ],
    [
      stableLines.failed('none', nobody, { loud: false }),
      'info',
      'Failed none for invalid user nobody2 from 192.0.2.7 port 4711 ssh2',
    ],
    [stableLines.invalidUser(nobody), 'info', 'Invalid user nobody2 from 192.0.2.7 port 4711'],
    [stableLines.connectionClosed(alice), 'info', 'Connection closed by authenticating user alice 192.0.2.7 port 4711'],
    [stableLines.connectionClosed(peer), 'info', 'Connection closed by 192.0.2.7 port 4711'],
    [
      stableLines.disconnected({ ...alice, standing: 'accepted' }),
      'info',
      'Disconnected from user alice 192.0.2.7 port 4711',
    ],
    [
      stableLines.receivedDisconnect(peer, 11, 'disconnected by user'),
      'info',
      'Received disconnect from 192.0.2.7 port 4711:11: disconnected by user',
    ],
    [stableLines.receivedDisconnect(peer, 2, 'x'), 'error', 'Received disconnect from 192.0.2.7 port 4711:2: x'],
    [
      stableLines.tooManyFailures(nobody),
      'error',
      'maximum authentication attempts exceeded for invalid user nobody2 from 192.0.2.7 port 4711 ssh2',
    ],
    [
      stableLines.cannotNegotiate(peer, 'cipher', ['a', 'b']),
      'info',
      'Unable to negotiate with 192.0.2.7 port 4711: no matching cipher found. Their offer: a,b',
    ],
    [stableLines.connectionFrom(peer, local), 'verbose', 'Connection from 192.0.2.7 port 4711 on 192.0.2.1 port 22'],
    [stableLines.rootRefused(peer), 'info', 'ROOT LOGIN REFUSED FROM 192.0.2.7 port 4711'],
    [
      stableLines.dropped(3, peer, local),
      'info',
      'drop connection #3 from [192.0.2.7]:4711 on [192.0.2.1]:22 past Maxstartups',
    ],
  ] as const;
  for (const [line, level, text] of lines) assert.deepEqual(line, { level, text });
});

test('log lines show control characters of a user name, so that no line can be forged', () => {
  const forged = { ...peer, user: 'x\nAccepted password for root from 1.2.3.4', standing: 'invalid' } as const;
  const { text } = stableLines.invalidUser(forged);
  assert.ok(!text.includes('\n'));
  assert.equal(
    peerText({ ...peer, user: '\u001b[2J', standing: 'authenticating' }),
    'authenticating user \\033[2J 192.0.2.7 port 4711',
  );
  assert.equal(visible('a\\b'), 'a\\\\b');
});
