import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { closeDescriptor } from './descriptors.ts';
import { openPty } from './pty.ts';
import { hideEcho } from './terminal-echo.ts';

function modes(path: string): string {
  return execFileSync('stty', ['-F', path, '-a'], { encoding: 'utf8', timeout: 10_000 });
}

test('hideEcho turns echo off, leaves every other mode, and brings it back', () => {
  const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  const before = modes(pty.path);
  assert.match(before, / echo /);
  const restore = hideEcho(pty.slaveFd);
  assert.ok(restore);
  assert.equal(modes(pty.path), before.replace(' echo ', ' -echo '));
  restore();
  assert.equal(modes(pty.path), before);
  for (const fd of [pty.masterFd, pty.slaveFd]) closeDescriptor(fd);
});

test('what is no terminal has no echo to hide', () => {
  const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  for (const fd of [pty.masterFd, pty.slaveFd]) closeDescriptor(fd);
  assert.equal(hideEcho(pty.slaveFd), undefined);
});
