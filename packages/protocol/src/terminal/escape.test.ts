import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { EscapeReader, escapeCommands } from './escape.ts';

const tilde = '~'.charCodeAt(0);

/** What a reader makes of the chunks: text to send, commands in angle brackets. */
function read(chunks: readonly string[], escapeByte = tilde): string {
  const reader = new EscapeReader(escapeByte);
  const outputs = chunks.flatMap((chunk) => reader.read(utf8Encode(chunk)));
  return outputs.map((output) => (output.type === 'send' ? utf8Decode(output.data) : `<${output.command}>`)).join('');
}

test('every command of the table is recognised at the beginning of the session and of a line', () => {
  for (const { byte, command } of escapeCommands) {
    const text = `~${String.fromCharCode(byte)}`;
    assert.equal(read([text]), `<${command}>`);
    assert.equal(read([`ls\r${text}`]), `ls\r<${command}>`);
    assert.equal(read([`ls\n${text}`]), `ls\n<${command}>`);
  }
});

test('an escape character within a line is input', () => {
  assert.equal(read(['cd ~.', '\r']), 'cd ~.\r');
  assert.equal(read([' ~.']), ' ~.');
});

test('the escape character twice is sent once, and is no beginning of a line', () => {
  assert.equal(read(['~~.']), '~.');
  assert.equal(read(['\r~~~.']), '\r~~.');
});

test('an escape character before anything else is sent with it', () => {
  assert.equal(read(['~/bin/x\r']), '~/bin/x\r');
  assert.equal(read(['~\r~?']), '~\r<help>');
});

test('one command may follow another without a newline between', () => {
  assert.equal(read(['~?~#a~?']), '<help><list-channels>a~?');
});

test('an escape that is split over reads is held back until it is known', () => {
  assert.equal(read(['a\r', '~']), 'a\r');
  assert.equal(read(['a\r', '~', '?', 'b']), 'a\r<help>b');
  assert.equal(read(['a\r', '~', 'x']), 'a\r~x');
  assert.equal(read([...'a\r~~b\r~.'].map(String)), 'a\r~b\r<disconnect>');
});

test('nothing is read after disconnect', () => {
  assert.equal(read(['~.rest', 'more']), '<disconnect>');
});

test('another escape character takes the place of the tilde', () => {
  assert.equal(read(['~.\r%.'], '%'.charCodeAt(0)), '~.\r<disconnect>');
});

test('a command character that is the escape character stands for itself', () => {
  assert.equal(read(['BB\rB?'], 'B'.charCodeAt(0)), 'B\r<help>');
});

test('input without an escape is one view of the bytes that came', () => {
  const input = utf8Encode('echo ~ and more\n');
  const outputs = new EscapeReader(tilde).read(input);
  assert.equal(outputs.length, 1);
  assert.ok(outputs[0]?.type === 'send' && outputs[0].data.buffer === input.buffer);
});
