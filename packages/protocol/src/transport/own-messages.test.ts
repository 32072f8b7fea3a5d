import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureCatalogue } from '../failure/catalogue.ts';
import { failure } from '../failure/failure.ts';
import * as messages from '../messages/transport.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { decodeExtensionInfo, encodeExtensionInfo } from './extension-info.ts';
import { maximumDisconnectText, maximumExtensions } from './limits.ts';
import { decodeDisconnect, encodeDisconnect, encodePing, encodePong, pongEvent } from './own-messages.ts';

describe('EXT_INFO (RFC 8308 section 2.3)', () => {
  test('is read as it is written, values as copies', () => {
    const extensions = new Map([
      ['server-sig-algs', utf8Encode('ssh-ed25519')],
      ['ping@openssh.com', utf8Encode('0')],
    ]);
    const payload = encodeExtensionInfo(extensions);
    const decoded = decodeExtensionInfo(payload);
    payload.fill(0);
    assert.deepEqual(decoded, extensions);
  });

  test('may be empty, and may repeat a name, of which the first counts', () => {
    assert.equal(decodeExtensionInfo(new Uint8Array([7, 0, 0, 0, 0])).size, 0);
    const pairs = new Writer().string('a').string('1').string('a').string('2').bytes();
    const payload = messages.extensionInfo.encode({ count: 2, extensions: pairs });
    assert.deepEqual(decodeExtensionInfo(payload), new Map([['a', utf8Encode('1')]]));
  });

  test('is refused when it announces too many extensions, other than it has, or is cut', () => {
    const one = new Writer().string('a').string('1').bytes();
    const many = new Writer();
    for (let i = 0; i <= maximumExtensions; i++) many.raw(one);
    const refused = [
      messages.extensionInfo.encode({ count: 2, extensions: one }),
      messages.extensionInfo.encode({ count: 0, extensions: one }),
      messages.extensionInfo.encode({ count: 2 ** 32 - 1, extensions: one }),
      messages.extensionInfo.encode({ count: maximumExtensions + 1, extensions: many.bytes() }),
      messages.extensionInfo.encode({ count: 1, extensions: one.subarray(0, -1) }),
      new Uint8Array([7, 0, 0]),
    ];
    for (const payload of refused) assert.throws(() => decodeExtensionInfo(payload), DecodeError);
  });
});

describe('DISCONNECT (RFC 4253 section 11.1)', () => {
  test('carries the reason and description of a failure, and is not sent for those without a reason', () => {
    for (const [code, row] of Object.entries(failureCatalogue)) {
      const encoded = encodeDisconnect(failure(code as keyof typeof failureCatalogue));
      if (!('disconnectReason' in row)) assert.equal(encoded, undefined);
      else
        assert.deepEqual(decodeDisconnect(encoded as Uint8Array), {
          reason: row.disconnectReason,
          description: row.description,
        });
    }
  });

  test('is kept up to a length when the peer writes much', () => {
    const payload = messages.disconnect.encode({ reason: 2, description: 'x'.repeat(100_000), language: '' });
    assert.equal(decodeDisconnect(payload).description.length, maximumDisconnectText);
  });
});

describe('PING and PONG (PROTOCOL section 1.9)', () => {
  test('a PONG has the data of its PING', () => {
    const data = utf8Encode('once');
    const event = pongEvent(encodePong(encodePing(data)));
    assert.deepEqual(event, { type: 'pong-received', data });
  });

  test('a malformed one is refused', () => {
    assert.throws(() => encodePong(new Uint8Array([192, 0, 0, 0, 5, 1])), DecodeError);
    assert.throws(() => pongEvent(new Uint8Array([193, 0, 0, 0, 0, 1])), DecodeError);
  });
});
