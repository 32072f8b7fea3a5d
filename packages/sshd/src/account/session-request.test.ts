import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as requests from '@sallyport/protocol/messages/channel-requests';
import { decodeSessionRequest } from './session-request.ts';

test('session requests decode to typed values (RFC 4254 section 6)', () => {
  const command = Uint8Array.from([0x6c, 0x73, 0xff]);
  assert.deepEqual(decodeSessionRequest('exec', requests.execFields.encode({ command })), {
    type: 'exec',
    command: 'ls\udcff',
  });
  const size = { columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 };
  assert.deepEqual(decodeSessionRequest('window-change', requests.windowChangeFields.encode(size)), {
    type: 'window-change',
    size,
  });
});

test('unknown and malformed session requests are no requests', () => {
  const shell = requests.shellFields.encode({});
  assert.equal(decodeSessionRequest('x11-req', shell), undefined);
  assert.equal(decodeSessionRequest('constructor', shell), undefined);
  assert.equal(decodeSessionRequest('shell', Uint8Array.of(1)), undefined);
  const exec = requests.execFields.encode({ command: Uint8Array.of(1, 2, 3) });
  for (let length = 0; length < exec.length; length++)
    assert.equal(decodeSessionRequest('exec', exec.subarray(0, length)), undefined);
});
