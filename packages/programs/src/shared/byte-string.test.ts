import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '@sallyport/testing/program';
import { argumentBytes, byteString, byteStringOf, bytesOf, textOf } from './byte-string.ts';

test('Bytes go to byte strings and back, and text goes through UTF-8', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.deepEqual(Uint8Array.from(bytesOf(byteStringOf(bytes))), bytes);
  assert.equal(byteString('ü'), '\xc3\xbc');
  assert.equal(textOf('\xc3\xbc'), 'ü');
  assert.equal(textOf('\xfc'), undefined);
});

test('Arguments that are UTF-8 are taken as the runtime gives them', () => {
  assert.deepEqual(argumentBytes(['a', 'ü']), ['a', '\xc3\xbc']);
});

test('Bytes of an argument that are no UTF-8 are read from the system', async () => {
  const module = new URL('./byte-string.js', import.meta.url).href;
  const evaluate = process.versions['bun'] === undefined ? '--input-type=module -e' : '-e';
  const code = `const { argumentBytes } = await import("${module}");
    process.stdout.write(JSON.stringify(argumentBytes(process.argv.slice(1))))`;
  const script = `exec "$0" ${evaluate} "$1" -- a "$(printf 'x\\377y')" "$(printf '\\303\\274')"`;
  const { stdout } = await runProgram('/bin/sh', ['-c', script, process.execPath, code]);
  assert.deepEqual(JSON.parse(stdout.toString()), ['a', 'x\xffy', '\xc3\xbc']);
});
