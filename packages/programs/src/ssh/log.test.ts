import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProgramLog, verboseLevel } from './log.ts';

test('lines of a level that is wanted are written with CR LF, debug lines with their level', () => {
  const written: string[] = [];
  const log = new ProgramLog((fd, text) => written.push(`${fd}:${text}`));
  log.log('error', 'a');
  log.log('verbose', 'not yet');
  log.level = 'debug2';
  log.log('debug1', 'b');
  log.log('debug3', 'never');
  assert.deepEqual(written, ['2:a\r\n', '2:debug1: b\r\n']);
});

test('nothing is said at level quiet, and ~v and ~V change the level by one', () => {
  const written: string[] = [];
  const log = new ProgramLog((_fd, text) => written.push(text));
  log.level = 'quiet';
  log.log('fatal', 'x');
  assert.deepEqual(written, []);
  assert.equal(log.change(1), 'fatal');
  assert.equal(log.change(-1), 'quiet');
  assert.equal(log.change(-1), 'quiet');
  log.level = 'debug3';
  assert.equal(log.change(1), 'debug3');
});

test('-E appends to a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-log-'));
  try {
    const path = join(folder, 'log');
    for (const line of ['one', 'two']) {
      const log = new ProgramLog();
      log.appendTo(path);
      log.log('info', line);
    }
    assert.equal(readFileSync(path, 'utf8'), 'one\r\ntwo\r\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('-v, -vv and more are debug levels', () => {
  assert.deepEqual([0, 1, 2, 3].map(verboseLevel), [undefined, 'debug1', 'debug2', 'debug3']);
});
