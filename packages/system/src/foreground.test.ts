import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { closeDescriptor } from './descriptors.ts';
import { isForeground } from './foreground.ts';
import { openPty } from './pty.ts';

test('A file and a terminal of somebody else are not this process foreground', () => {
  const file = openSync('/dev/null', 'w');
  assert.equal(isForeground(file), false);
  closeSync(file);
  const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  assert.equal(isForeground(pty.slaveFd), false);
  closeDescriptor(pty.slaveFd);
  closeDescriptor(pty.masterFd);
});
