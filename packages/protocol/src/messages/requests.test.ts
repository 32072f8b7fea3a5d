import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import * as requests from './channel-requests.ts';
import { channelOpen, channelRequest, directTcpipFields } from './connection.ts';
import { globalRequestNames, tcpipForwardFields, tcpipForwardReplyFields } from './global-requests.ts';
import { userauthInfoRequest, userauthRequest } from './userauth.ts';

/** Bytes written as text (in quotes) and hexadecimal numbers. */
function bytes(text: string): Uint8Array {
  const parts = text.match(/'[^']*'|[0-9a-f]{2}/g) ?? [];
  const valuesOf = (part: string): number[] =>
    part.startsWith("'") ? [...utf8Encode(part.slice(1, -1))] : [Number.parseInt(part, 16)];
  return Uint8Array.from(parts.flatMap(valuesOf));
}

interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(data: Uint8Array): T;
}

function vector<T>(codec: Codec<T>, value: T, wire: string): void {
  assert.deepEqual(codec.encode(value), bytes(wire));
  assert.deepEqual(codec.decode(bytes(wire)), value);
}

test('pty-req carries TERM, four sizes and the modes (RFC 4254 section 6.2)', () => {
  vector(
    requests.ptyRequestFields,
    { term: 'vt100', columns: 80, rows: 24, widthPixels: 640, heightPixels: 480, modes: Uint8Array.of(0) },
    "00 00 00 05 'vt100' 00 00 00 50 00 00 00 18 00 00 02 80 00 00 01 e0 00 00 00 01 00",
  );
});

test('env, exec, subsystem, signal and break carry what RFC 4254 section 6 and RFC 4335 say', () => {
  vector(requests.envFields, { name: utf8Encode('A'), value: utf8Encode('bc') }, "00 00 00 01 'A' 00 00 00 02 'bc'");
  vector(requests.execFields, { command: utf8Encode('ls') }, "00 00 00 02 'ls'");
  vector(requests.subsystemFields, { name: 'sftp' }, "00 00 00 04 'sftp'");
  vector(requests.signalFields, { name: 'TERM' }, "00 00 00 04 'TERM'");
  vector(requests.breakFields, { lengthMs: 500 }, '00 00 01 f4');
  vector(requests.shellFields, {}, '');
});

test('window-change, exit-status and exit-signal carry what RFC 4254 sections 6.7 and 6.10 say', () => {
  vector(
    requests.windowChangeFields,
    { columns: 1, rows: 2, widthPixels: 3, heightPixels: 4 },
    '00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04',
  );
  vector(requests.exitStatusFields, { status: 255 }, '00 00 00 ff');
  vector(
    requests.exitSignalFields,
    { name: 'KILL', coreDumped: true, description: '', language: '' },
    "00 00 00 04 'KILL' 01 00 00 00 00 00 00 00 00",
  );
});

test('an exit-status of 0 to 3 or of 5 bytes does not decode', () => {
  for (const length of [0, 1, 2, 3, 5]) {
    assert.throws(() => requests.exitStatusFields.decode(new Uint8Array(length)), DecodeError);
  }
});

test('every tail of a request that is cut off or has a byte too many does not decode', () => {
  const tails: readonly [Codec<unknown>, Uint8Array][] = [
    [requests.ptyRequestFields, new Uint8Array(24)],
    [requests.envFields, new Uint8Array(8)],
    [requests.execFields, new Uint8Array(4)],
    [requests.windowChangeFields, new Uint8Array(16)],
    [requests.exitSignalFields, new Uint8Array(13)],
    [tcpipForwardFields, new Uint8Array(8)],
    [tcpipForwardReplyFields, new Uint8Array(4)],
    [directTcpipFields, new Uint8Array(16)],
  ];
  for (const [codec, whole] of tails) {
    codec.decode(whole);
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => codec.decode(whole.subarray(0, length)), DecodeError);
    }
    assert.throws(() => codec.decode(new Uint8Array(whole.length + 1)), DecodeError);
  }
});

test('channel opens and requests begin with their number and name (RFC 4254 sections 5.1, 5.4 and 7.2)', () => {
  const fields = directTcpipFields.encode({ host: 'h', port: 22, originatorAddress: '::1', originatorPort: 1 });
  assert.deepEqual(fields, bytes("00 00 00 01 'h' 00 00 00 16 00 00 00 03 '::1' 00 00 00 01"));
  vector(
    channelOpen,
    { type: 'session', sender: 1, windowBytes: 2, maximumPacketBytes: 3, fields: new Uint8Array(0) },
    "5a 00 00 00 07 'session' 00 00 00 01 00 00 00 02 00 00 00 03",
  );
  vector(
    channelRequest,
    { recipient: 9, type: 'shell', wantReply: true, fields: new Uint8Array(0) },
    "62 00 00 00 09 00 00 00 05 'shell' 01",
  );
});

test('tcpip-forward carries address and port, its reply the port (RFC 4254 section 7.1)', () => {
  vector(tcpipForwardFields, { address: '', port: 0 }, '00 00 00 00 00 00 00 00');
  vector(tcpipForwardReplyFields, { port: 2222 }, '00 00 08 ae');
  assert.equal(globalRequestNames.cancelTcpipForward, 'cancel-tcpip-forward');
});

test('a userauth request and an information request are as RFC 4252 section 5 and RFC 4256 section 3.2 say', () => {
  vector(
    userauthRequest,
    { user: 'u', service: 's', method: 'none', fields: new Uint8Array(0) },
    "32 00 00 00 01 'u' 00 00 00 01 's' 00 00 00 04 'none'",
  );
  vector(
    userauthInfoRequest,
    { name: '', instruction: 'i', language: '', count: 1, prompts: bytes("00 00 00 01 'p' 00") },
    "3c 00 00 00 00 00 00 00 01 'i' 00 00 00 00 00 00 00 01 00 00 00 01 'p' 00",
  );
});
