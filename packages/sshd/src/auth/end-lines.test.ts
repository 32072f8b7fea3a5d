import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '@sallyport/protocol/failure/failure';
import { failure } from '@sallyport/protocol/failure/failure';
import type { PeerName } from '@sallyport/protocol/log/stable-lines';
import { endLines } from './end-lines.ts';

const address = { address: '192.0.2.1', port: 4022 };
const alice: PeerName = { ...address, user: 'alice', standing: 'authenticating' };
const eve: PeerName = { ...address, user: 'eve', standing: 'invalid' };

function lines(why: Failure, peer: PeerName): readonly string[] {
  return endLines({ failure: why }, peer).map(({ level, text }) => `${level}: ${text}`);
}

test('each way to end before authentication has the lines of OpenSSH', () => {
  const from = '192.0.2.1 port 4022';
  const offer = { what: 'cipher', theirs: ['3des-cbc', 'arc\nfour'] };
  for (const [why, peer, expected] of [
    [failure('connection-lost'), address, [`info: Connection closed by ${from}`]],
    [failure('connection-lost'), eve, [`info: Connection closed by invalid user eve ${from}`]],
    [
      failure('too-many-authentication-failures'),
      alice,
      [
        `error: maximum authentication attempts exceeded for alice from ${from} ssh2`,
        `info: Disconnecting authenticating user alice ${from}: Too many authentication failures`,
      ],
    ],
    [failure('identification-invalid'), address, [`error: banner exchange: Connection from ${from}: invalid format`]],
    [failure('identification-too-long'), address, [`error: banner exchange: Connection from ${from}: invalid format`]],
    [
      failure('protocol-version-unsupported'),
      address,
      [
        'error: Protocol major versions differ: 2 vs. 1',
        `error: banner exchange: Connection from ${from}: could not read protocol version`,
      ],
    ],
    [
      failure('no-common-algorithm', undefined, offer),
      address,
      [`info: Unable to negotiate with ${from}: no matching cipher found. Their offer: 3des-cbc,arc\\012four`],
    ],
    [
      failure('mac-incorrect'),
      address,
      [`fatal: ssh_dispatch_run_fatal: Connection from ${from}: message authentication code incorrect`],
    ],
    [
      failure('message-unexpected', 'Change of username\nor service not allowed'),
      alice,
      [`info: Disconnecting authenticating user alice ${from}: Change of username\\012or service not allowed`],
    ],
  ] as const) {
    assert.deepEqual(lines(why, peer), expected, why.code);
  }
});

test('a peer that says goodbye is quoted, loudly unless it was the user (RFC 4253 section 11.1)', () => {
  const of = (reason: number): readonly string[] =>
    endLines(
      { failure: failure('disconnected-by-peer'), disconnect: { reason, description: 'so\r\nlong' } },
      alice,
    ).map(({ level, text }) => `${level}: ${text}`);
  const gone = 'info: Disconnected from authenticating user alice 192.0.2.1 port 4022';
  assert.deepEqual(of(11), ['info: Received disconnect from 192.0.2.1 port 4022:11: so\\015\\012long', gone]);
  assert.deepEqual(of(2), ['error: Received disconnect from 192.0.2.1 port 4022:2: so\\015\\012long', gone]);
});
