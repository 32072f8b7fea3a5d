import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { errorCodes } from './error-codes.ts';
import { functions, libraries } from './functions.ts';
import { addressOf, call, check, checkNumber, lastErrno, nativeFunction } from './libc.ts';
import { loadBun } from './load-bun.ts';
import { loadKoffi } from './load-koffi.ts';
import type { Loader } from './loader.ts';
import { bytesAt, cString, pointerIn, putPointer, stringArray, stringAt, stringsAt } from './memory.ts';
import { errorCodeOf, errorNumber, errorText, SystemError } from './system-error.ts';

const errnoOf = { close: errorNumber('EBADF'), chdir: errorNumber('ENOENT') };
const isBun = process.versions['bun'] !== undefined;

test('Every function of the table but those of libcrypto exists on this machine and can be bound', () => {
  const rows = Object.entries(functions).filter(([, row]) => row.library !== 'crypto');
  const missing = rows.filter(([name]) => nativeFunction(name as keyof typeof functions) === undefined);
  assert.deepEqual(missing, []);
});

test('The loader of this runtime answers undefined for a function that does not exist', () => {
  const loader: Loader = isBun ? loadBun() : loadKoffi();
  assert.equal(loader.bind('no_such_function_anywhere', { library: 'c', result: 'int', arguments: [] }), undefined);
  assert.equal(libraries.c[0], 'libc.so.6');
});

test('A failing call leaves its error number behind, also when memory is allocated between calls', () => {
  const others: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const path = cString(`/no-such-folder-${'x'.repeat(i % 100)}`);
    // Read before anything else runs: a call of the runtime's own that fails in between would leave its number.
    const closed = call('close', -1);
    const afterClose = lastErrno();
    const entered = call('chdir', path);
    const afterChdir = lastErrno();
    assert.deepEqual([closed, entered], [-1, -1]);
    if (afterClose !== errnoOf.close) others.push(afterClose);
    if (afterChdir !== errnoOf.chdir) others.push(afterChdir);
  }
  // Such a call was seen once in some million: Node's, which was refused memory.
  assert.ok(others.length <= 1, `other numbers: ${others.join(' ')}`);
});

test('check throws a SystemError with code, number, call and the sentence of the C library', () => {
  const isEbadf = (error: unknown): boolean =>
    error instanceof SystemError &&
    error.code === 'EBADF' &&
    error.errno === 9 &&
    error.syscall === 'dup' &&
    error.message === 'dup: Bad file descriptor';
  assert.throws(() => check('dup', -1), isEbadf);
  assert.throws(() => checkNumber('posix_spawn_file_actions_addclose', Buffer.alloc(512), -1), { code: 'EBADF' });
});

test('Results wider than 32 bits and addresses are exact numbers', () => {
  const bytes = Buffer.from('abcdefgh\0');
  assert.equal(call('memcpy', bytes, bytes, 0), addressOf(bytes));
  assert.equal(call('strlen', addressOf(bytes) + 2), 6);
  assert.equal(call('getgid'), process.getgid?.());
});

test('Strings and arrays of strings survive the way to C and back', () => {
  assert.equal(stringAt(addressOf(cString('Grüße'))), 'Grüße');
  const texts = ['-sh', '', 'zwölf', 'x'.repeat(5000)];
  const array = stringArray(texts);
  assert.deepEqual(stringsAt(addressOf(array)), texts);
  assert.equal(stringAt(pointerIn(array, 0)), '-sh');
  assert.deepEqual([...bytesAt(addressOf(Buffer.from([1, 2, 3])), 3)], [1, 2, 3]);
  const structure = Buffer.alloc(16);
  putPointer(structure, 8, 0x7fff_1234_5678);
  assert.equal(pointerIn(structure, 8), 0x7fff_1234_5678);
});

test('A string with a zero byte inside is refused', () => {
  assert.throws(() => cString('etc\0passwd'), { code: 'EINVAL' });
});

test('The error codes have the numbers and sentences of this C library', () => {
  const script = 'import errno,os\nfor n in sorted(errno.errorcode): print(n, os.strerror(n), sep="|")';
  let lines: string[];
  try {
    lines = execFileSync('python3', ['-c', script], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } })
      .trim()
      .split('\n');
  } catch {
    lines = [];
  }
  for (const line of lines) {
    const [number, text] = line.split('|') as [string, string];
    assert.equal(errorText(errorCodeOf(Number(number))), text);
  }
  assert.equal(errorCodes.ECONNREFUSED[0], 111);
  assert.equal(errorText('ECONNREFUSED'), 'Connection refused');
  assert.equal(errorCodeOf(4000), 'E4000');
  assert.equal(errorText('E4000'), 'Unknown error 4000');
});
