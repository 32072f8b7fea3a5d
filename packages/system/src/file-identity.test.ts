import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { closeDescriptor, makePipe } from './descriptors.ts';
import { fileIdentity } from './file-identity.ts';

test('a file is the same by its path and by a descriptor, and another one is not', () => {
  const fd = openSync('/etc/passwd', 'r');
  try {
    assert.equal(fileIdentity(fd), fileIdentity('/etc/passwd'));
    assert.notEqual(fileIdentity(fd), fileIdentity('/etc'));
  } finally {
    closeSync(fd);
  }
});

test('the ends of a pipe are the same, and two pipes are not', () => {
  const [first, second] = [makePipe(), makePipe()];
  try {
    assert.equal(fileIdentity(first.readFd), fileIdentity(first.writeFd));
    assert.notEqual(fileIdentity(first.readFd), fileIdentity(second.readFd));
  } finally {
    for (const { readFd, writeFd } of [first, second]) for (const fd of [readFd, writeFd]) closeDescriptor(fd);
  }
});
