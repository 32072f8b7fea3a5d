import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { findProgram } from '@sallyport/testing/peers';
import { mayLookAt, ownUmask, processStanding } from './process-standing.ts';

const own = processStanding();
const skip = own === undefined && 'the standing of processes is not told here';
const noSetpriv = findProgram('setpriv') === undefined && 'not on this machine: setpriv';

const module = new URL('process-standing.js', import.meta.url).href;

/** The standing of a process that a shell has started after those words. */
function standingBehind(words: string): string {
  const script = `import(${JSON.stringify(module)}).then((m) => process.stdout.write(String(m.processStanding())))`;
  const argv = ['-c', `${words} "$0" "$@"`, process.execPath, '-e', script];
  return execFileSync('/bin/sh', argv, { encoding: 'utf8' });
}

test('processes that a shell starts have our standing, whatever their folder and mask', { skip }, () => {
  assert.match(own ?? '', /^Uid:.*\nGid:/m);
  assert.equal(standingBehind('cd /; umask 0; exec'), own);
});

for (const [what, words] of [
  ['a limit of file sizes', 'ulimit -f 1000; exec'],
  ['a limit of processor time', 'ulimit -t 1000; exec'],
  ['a nice value', 'exec nice -n 3'],
  ['a zone of time', 'TZ=Pacific/Kiritimati exec'],
  ['a library before all others', 'LD_PRELOAD=libc.so.6 exec'],
  ['libraries from another folder', 'LD_LIBRARY_PATH=/nowhere exec'],
  ['the choice to be ended first', 'exec choom -n 900 --'],
  ['a class of its own for reads and writes', 'exec ionice -c 3'],
  ['another policy of scheduling', 'exec chrt -i 0'],
] as const) {
  const [, program = 'sh'] = /^exec (\w+) /.exec(words) ?? [];
  const missing = findProgram(program) === undefined && `not on this machine: ${program}`;
  test(`${what} is another standing`, { skip: skip || missing }, () => {
    const other = standingBehind(words);
    assert.match(other, /^Uid:/m);
    assert.notEqual(other, own);
  });
}

test('the mask is read as it was set', { skip }, () => {
  const before = process.umask(0o027);
  try {
    assert.equal(ownUmask(), 0o027);
  } finally {
    process.umask(before);
  }
  assert.equal(ownUmask(), before);
});

test('a process may look at itself, and not at what is not there', () => {
  assert.deepEqual([mayLookAt(process.pid), mayLookAt(0)], [true, false]);
});

test('nobody tells his standing where rules of landlock(7) may be', { skip: skip || noSetpriv }, () => {
  assert.equal(standingBehind('exec setpriv --no-new-privs'), 'undefined');
});
