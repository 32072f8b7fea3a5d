import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayColumns, displayName, fitToColumns, showsUtf8 } from './display-name.ts';

const shown = (text: string, isUtf8 = true): string => displayName(Buffer.from(text, 'utf8'), isUtf8);
const shownBytes = (...bytes: number[]): string => displayName(Uint8Array.from(bytes), true);

test('Escape sequences, line ends and format characters of a name are shown as octal bytes', () => {
  assert.equal(shown('a\x1b[31mb'), 'a\\033[31mb');
  assert.equal(shown('a\r\n\x7f'), 'a\\015\\012\\177');
  assert.equal(shown('a\u0085b'), 'a\\302\\205b');
  assert.equal(shown('a\u202eb'), 'a\\342\\200\\256b');
});

test('Text beyond ASCII is shown where the locale is UTF-8, and as octal bytes elsewhere', () => {
  assert.equal(shown('Grüße 日本'), 'Grüße 日本');
  assert.equal(shown('日', false), '\\346\\227\\245');
});

test('Broken UTF-8 costs its first byte, and the next character survives', () => {
  assert.equal(shownBytes(0x6c, 0xe9), 'l\\351');
  assert.equal(shownBytes(0xe9, 0x61, 0x62, 0x63), '\\351abc');
  assert.equal(shownBytes(0xe6, 0x97, 0xc3, 0xbc), '\\346\\227ü');
  assert.equal(shownBytes(0xed, 0xa0, 0x80), '\\355\\240\\200');
  assert.equal(shownBytes(0xef, 0xbf, 0xbd), '\\357\\277\\275');
});

test('Wide characters take two columns and marks none; half a character is never shown', () => {
  assert.equal(displayColumns('日本'), 4);
  assert.equal(displayColumns('e\u0301'), 1);
  assert.equal(displayColumns('😀'), 2);
  assert.equal(fitToColumns('日本語', 5), '日本 ');
  assert.equal(fitToColumns('ab', 4), 'ab  ');
  assert.equal(fitToColumns('abc', 0), '');
});

test('The character set of the locale comes from LC_ALL, LC_CTYPE or LANG, the first that is not empty', () => {
  assert.equal(showsUtf8({ LANG: 'de_DE.UTF-8' }), true);
  assert.equal(showsUtf8({ LANG: 'C.utf8', LC_CTYPE: 'POSIX' }), false);
  assert.equal(showsUtf8({ LANG: 'C', LC_ALL: 'en_US.UTF-8@euro' }), true);
  assert.equal(showsUtf8({ LC_ALL: '', LANG: 'en_US.ISO-8859-1' }), false);
  assert.equal(showsUtf8({}), false);
});
