import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { findProgram } from '@sallyport/testing/peers';
import { mayLookAt, processStanding } from './process-standing.ts';

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
  assert.match(own ?? '', /^Uid:.*\nGid:/);
  assert.equal(standingBehind('cd /; umask 0; exec'), own);
});

for (const [what, words] of [
  ['a limit of file sizes', 'ulimit -f 1000; exec'],
  ['a limit of processor time', 'ulimit -t 1000; exec'],
  ['a nice value', 'exec nice -n 3'],
  ['a zone of time', 'TZ=Pacific/Kiritimati exec'],
  ['a library before all others', 'LD_PRELOAD=libc.so.6 exec'],
] as const) {
  test(`${what} is another standing`, { skip }, () => {
    const other = standingBehind(words);
    assert.match(other, /^Uid:/);
    assert.notEqual(other, own);
  });
}

test('a process may look at itself, and not at what is not there', () => {
  assert.deepEqual([mayLookAt(process.pid), mayLookAt(0)], [true, false]);
});

test('nobody tells his standing where rules of landlock(7) may be', { skip: skip || noSetpriv }, () => {
  assert.equal(standingBehind('exec setpriv --no-new-privs'), 'undefined');
});
