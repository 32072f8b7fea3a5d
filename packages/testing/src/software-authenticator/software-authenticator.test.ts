// The software authenticator by itself: what it says over the wire, byte by byte where that is short.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReady } from '@sallyport/system/descriptors';
import { TemporaryFolder } from '../temporary-folder.ts';
import { SoftwareAuthenticator, statuses } from './authenticator.ts';
import { AuthenticatorSocket } from './authenticator-socket.ts';
import { type Cbor, decodeCbor, encodeCbor } from './cbor.ts';
import { HidReader, hidCommands, hidReports } from './ctap-hid.ts';
import { socketTransport } from './socket-transport.ts';

test('values of CBOR are as short as can be, and maps in canonical order (RFC 8949 section 4.2.3)', () => {
  const map = new Map<number | string, Cbor>([
    ['b', [0, 23, 24, 256, 65_536]],
    [-1, new Uint8Array([1])],
    [2, true],
  ]);
  assert.equal(encodeCbor(map).toString('hex'), 'a302f5204101616285001718181901001a00010000');
  assert.deepEqual(decodeCbor(encodeCbor(map)).value, new Map([...map].reverse().map(([k, v]) => [k, plain(v)])));
});

function plain(value: Cbor): Cbor {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

test('messages of more than one report come together again (CTAP 2.1 section 11.2.4)', () => {
  const payload = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
  const message = { channel: 0x01020304, command: hidCommands.cbor, payload };
  const reports = hidReports(message);
  assert.deepEqual([reports.length, reports.every(({ length }) => length === 64)], [4, true]);
  const reader = new HidReader();
  const written = Buffer.concat(reports.flatMap((report) => [Buffer.of(0), report]));
  assert.deepEqual(reader.receive(written.subarray(0, 100)), []);
  assert.deepEqual(reader.receive(written.subarray(100)), [message]);
});

test('what it does not know, and what a test prepared, is answered so', async () => {
  const prepared = Buffer.of(0x7f);
  const token = new SoftwareAuthenticator({ answers: { 0x04: prepared } });
  assert.deepEqual(await token.answer(Buffer.of(0x77)), Buffer.of(statuses.invalidCommand));
  assert.deepEqual(await token.answer(Buffer.of(0x04)), prepared);
});

test('a socket of it is a descriptor that has nothing to read before it is asked', async () => {
  await using folder = await TemporaryFolder.create();
  await using socket = await AuthenticatorSocket.listen(folder.file('token'), new SoftwareAuthenticator());
  const transport = socketTransport([socket.path], 100);
  const { functions } = transport;
  assert.equal(functions.length, 32);
  assert.ok(!functions.subarray(0, 8).every((byte) => byte === 0));
  const [descriptor] = transport.paths();
  assert.equal(isReady(Number(descriptor), 'readable', 0), false);
});
