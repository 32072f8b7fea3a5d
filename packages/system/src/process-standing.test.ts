import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { processStanding } from './process-standing.ts';

const module = new URL('process-standing.js', import.meta.url).href;

/** The standing of a process that a shell has started after those words. */
function standingBehind(words: string): string {
  const script = `import(${JSON.stringify(module)}).then((m) => process.stdout.write(String(m.processStanding())))`;
  const argv = ['-c', `${words} "$0" "$@"`, process.execPath, '-e', script];
  return execFileSync('/bin/sh', argv, { encoding: 'utf8' });
}

test('processes that a shell starts have our standing, whatever their folder and mask', () => {
  const own = processStanding();
  assert.match(own ?? '', /^Uid:.*\nGid:/);
  assert.equal(standingBehind('cd /; umask 0; exec'), own);
});

test('a limit of file sizes and a nice value are another standing', () => {
  const own = processStanding();
  assert.notEqual(standingBehind('ulimit -f 1000; exec'), own);
  assert.notEqual(standingBehind('exec nice -n 3'), own);
});
