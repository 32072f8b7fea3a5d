import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTerminalModes, encodeTerminalModes, terminalModeByOpcode, terminalModes } from './terminal-modes.ts';

test('terminal modes are encoded as opcode and uint32, ended by zero (RFC 4254 section 8)', () => {
  const bytes = encodeTerminalModes([
    { opcode: 1, argument: 3 },
    { opcode: 129, argument: 38400 },
  ]);
  assert.deepEqual([...bytes], [1, 0, 0, 0, 3, 129, 0, 0, 150, 0, 0]);
});

test('decoding gives back every mode of the table, in order', () => {
  const modes = terminalModes.map(({ opcode }, index) => ({ opcode, argument: index * 0x01010101 }));
  assert.deepEqual(decodeTerminalModes(encodeTerminalModes(modes)), modes);
});

test('decoding stops at the end mark, at an opcode from 160 on and at an argument that is cut off', () => {
  const one = [53, 0, 0, 0, 1];
  const expected = [{ opcode: 53, argument: 1 }];
  for (const tail of [[], [0], [0, ...one], [160, 0, 0, 0, 1], [255], [54], [54, 0, 0, 0]]) {
    assert.deepEqual(decodeTerminalModes(Uint8Array.from([...one, ...tail])), expected, `tail ${tail.join(' ')}`);
  }
});

test('an opcode below 160 that no row names is kept (RFC 4254 section 8)', () => {
  assert.deepEqual(decodeTerminalModes(Uint8Array.of(100, 0, 0, 0, 9, 0)), [{ opcode: 100, argument: 9 }]);
  assert.equal(terminalModeByOpcode(100), undefined);
  assert.equal(terminalModeByOpcode(42)?.name, 'IUTF8');
});

test('a modes string of a megabyte gives a bounded list', () => {
  assert.equal(decodeTerminalModes(new Uint8Array(1024 * 1024).fill(1)).length, 256);
});

test('opcodes and names of the table are unique', () => {
  assert.equal(new Set(terminalModes.map(({ opcode }) => opcode)).size, terminalModes.length);
  assert.equal(new Set(terminalModes.map(({ name }) => name)).size, terminalModes.length);
});

test('encoding refuses an opcode that has no argument', () => {
  for (const opcode of [0, 160, 255]) assert.throws(() => encodeTerminalModes([{ opcode, argument: 0 }]));
});
