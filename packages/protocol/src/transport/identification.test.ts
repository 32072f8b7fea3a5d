import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Role } from '../algorithms/roles.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import {
  IdentificationReader,
  type IdentificationRefusal,
  identificationLine,
  lineEnd,
  type PeerIdentification,
} from './identification.ts';
import { InputBuffer } from './input-buffer.ts';

type Found = PeerIdentification | IdentificationRefusal | undefined;

/** Reads as `role` what comes in pieces of so many bytes. */
function read(role: Role, text: string | Uint8Array, pieceBytes = Infinity): { found: Found; rest: string } {
  const bytes = typeof text === 'string' ? utf8Encode(text) : text;
  const input = new InputBuffer();
  const reader = new IdentificationReader(role);
  let found: Found;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    input.append(bytes.subarray(at, Math.min(bytes.length, at + pieceBytes)));
    found ??= reader.read(input);
  }
  return { found, rest: utf8Decode(input.view(0, input.length)) };
}

function accepted(role: Role, text: string): PeerIdentification {
  const { found } = read(role, text);
  assert.ok(found !== undefined && 'line' in found, `${text} is accepted`);
  return found;
}

function refused(role: Role, text: string | Uint8Array): { code: string; reply: string } {
  const { found } = read(role, text);
  assert.ok(found !== undefined && 'failed' in found, `${String(text.slice(0, 40))} is refused`);
  return { code: found.failed.code, reply: utf8Decode(found.reply) };
}

const invalid = { code: 'identification-invalid', reply: 'Invalid SSH identification string.\r\n' };
const silently = (refusal: { readonly code: string }): unknown => ({ code: refusal.code, reply: '' });

describe('the peer’s identification (RFC 4253 section 4.2)', () => {
  test('is the line without its end, whether that is CR LF or LF alone', () => {
    for (const end of ['\r\n', '\n']) {
      const { text, software, line } = accepted('server', `SSH-2.0-OpenSSH_10.5 with comment${end}`);
      assert.equal(text, 'SSH-2.0-OpenSSH_10.5 with comment');
      assert.equal(software, 'OpenSSH_10.5 with comment');
      assert.deepEqual(line, utf8Encode(text));
    }
  });

  test('may come byte by byte, and leaves what follows it', () => {
    for (const pieceBytes of [1, 3, Infinity]) {
      const { found, rest } = read('server', 'SSH-2.0-x\r\npackets', pieceBytes);
      assert.ok(found !== undefined && 'line' in found);
      assert.equal(rest, 'packets');
    }
    assert.equal(read('server', 'SSH-2.0-x\r').found, undefined);
  });

  test('may say 1.99 for 2.0 (RFC 4253 section 5.1), and any 2.x as OpenSSH has it', () => {
    for (const version of ['2.0', '1.99', '2.00', '2.1']) accepted('client', `SSH-${version}-x\r\n`);
  });

  test('is refused for another protocol version, in OpenSSH’s words to a client', () => {
    const reply = 'Protocol major versions differ.\r\n';
    for (const version of ['1.5', '1.0', '3.0', '20.0', '0.0']) {
      const refusal = refused('server', `SSH-${version}-x\r\n`);
      assert.deepEqual(refusal, { code: 'protocol-version-unsupported', reply });
      assert.deepEqual(refused('client', `SSH-${version}-x\r\n`), silently(refusal));
    }
  });

  test('is refused when it is malformed', () => {
    const lines = ['SSH-2.0\n', 'SSH-2.0-\n', 'SSH-\n', 'SSH-2-x\n', 'SSH-x.y-z\n', 'SSH-2.-x\n', 'SSH- 2.0-x\n'];
    for (const line of lines) {
      assert.deepEqual(refused('server', line), invalid);
      assert.deepEqual(refused('client', line), silently(invalid));
    }
  });

  test('is refused with NUL in it, or with CR before its end', () => {
    for (const line of ['SSH-2.0-a\0b\r\n', '\0', 'SSH-2.0-a\rb\r\n', 'SSH-2.0-a\r\r\n', 'SSH-2.0-a\rb']) {
      assert.deepEqual(refused('server', line), invalid);
    }
  });

  test('keeps bytes that are not ASCII for the exchange hash', () => {
    const { line, text } = accepted('client', 'SSH-2.0-ü\r\n');
    assert.deepEqual(line, utf8Encode('SSH-2.0-ü'));
    assert.equal(text, 'SSH-2.0-ü');
  });

  test('may be longer than the RFC allows, but no longer than OpenSSH reads', () => {
    accepted('server', `SSH-2.0-${'x'.repeat(300)}\r\n`);
    accepted('server', `SSH-2.0-${'x'.repeat(8192 - 8)}\n`);
    const tooLong = { code: 'identification-too-long', reply: invalid.reply };
    assert.deepEqual(refused('server', `SSH-2.0-${'x'.repeat(8192 - 7)}\n`), tooLong);
    assert.deepEqual(refused('server', 'x'.repeat(100_000)), tooLong);
    assert.equal(read('server', 'x'.repeat(8192)).found, undefined);
  });
});

describe('lines before the identification', () => {
  test('are allowed to a server and kept for its client', () => {
    const { before, text } = accepted('client', 'hello\r\nworld\n\nSSH-2.0-x\r\n');
    assert.deepEqual(before, ['hello', 'world', '']);
    assert.equal(text, 'SSH-2.0-x');
  });

  test('are at most 1024', () => {
    assert.equal(accepted('client', `${'line\n'.repeat(1024)}SSH-2.0-x\n`).before.length, 1024);
    assert.equal(refused('client', `${'line\n'.repeat(1025)}SSH-2.0-x\n`).code, 'identification-too-long');
  });

  test('are refused from a client: HTTP, TLS and PROXY headers are no SSH', () => {
    const clientHello = new Uint8Array([0x16, 3, 1, 0, 0x55, 1, 0, 0, 0x51, 3, 3]);
    for (const header of ['GET / HTTP/1.1\r\n', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 22\r\n', '\r\n', clientHello]) {
      assert.deepEqual(refused('server', header), invalid);
    }
  });
});

describe('our identification', () => {
  test('is at most 255 characters with CR LF', () => {
    const longest = `SSH-2.0-${'x'.repeat(253 - 8)}`;
    assert.equal(identificationLine(longest).length + lineEnd.length, 255);
    assert.throws(() => identificationLine(`${longest}x`), RangeError);
  });

  test('is printable ASCII and of protocol 2.0', () => {
    for (const text of ['', 'SSH-2.0-', 'SSH-1.99-x', 'SSH-2.0-é', 'SSH-2.0-a\n', 'SSH-2.0-a\0', 'SSH-2.0- x', 'x']) {
      assert.throws(() => identificationLine(text), RangeError, JSON.stringify(text));
    }
    assert.equal(utf8Decode(identificationLine('SSH-2.0-Sallyport_0.1 note')), 'SSH-2.0-Sallyport_0.1 note');
  });
});
