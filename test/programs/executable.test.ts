// The multi-call executable itself: what it says when no program is meant.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ourProgram } from '@sallyport/testing/our-programs';

const executable = ourProgram('sallyport');

test('sallyport without the name of a program prints its usage and ends with 255', () => {
  const { status, stdout, stderr } = spawnSync(executable, [], { encoding: 'utf8' });
  assert.equal(status, 255);
  assert.equal(stdout, '');
  assert.match(stderr, /^usage: sallyport program \[argument \.\.\.\]\nprograms: /);
});

test('sallyport with an unknown program prints its usage and ends with 255', () => {
  const { status, stderr } = spawnSync(executable, ['telnet', 'localhost'], { encoding: 'utf8' });
  assert.equal(status, 255);
  assert.match(stderr, /^usage: /);
});

test('sallyport does not obey a bunfig.toml of the current folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bunfig-'));
  writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./preload.js"]\n');
  writeFileSync(join(folder, 'preload.js'), "require('node:fs').writeFileSync('obeyed', '');\n");
  spawnSync(executable, [], { cwd: folder });
  const obeyed = existsSync(join(folder, 'obeyed'));
  rmSync(folder, { recursive: true });
  assert.equal(obeyed, false);
});
