import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCommandLine } from './command-line.ts';

test('the options of sshd become a mode and lines of configuration', () => {
  const read = readCommandLine(['-De', '-p', '2222', '-h', '/k', '-o', 'PidFile=none', '-f/c', '-dd', '-g', '5']);
  assert.ok('mode' in read);
  assert.equal(read.mode, 'serve');
  assert.equal(read.detach, false);
  assert.equal(read.debugLevel, 2);
  assert.equal(read.configFile, '/c');
  assert.deepEqual(read.lines, [{ port: 2222 }, 'HostKey /k', 'PidFile=none', 'LoginGraceTime 5']);
});

test('-C names the connection that -T speaks of, comma-separated and repeated', () => {
  const read = readCommandLine(['-T', '-C', 'user=a,addr=1.2.3.4', '-C', 'host=h']);
  assert.ok('mode' in read);
  assert.deepEqual(read.connection, { user: 'a', addr: '1.2.3.4', host: 'h' });
});

test('wrong options of sshd are refused with their reason', () => {
  for (const [argv, problem, showsUsage] of [
    [['-p', '0'], 'Bad port number.', false],
    [['-p', '65536'], 'Bad port number.', false],
    [['-g', 'soon'], 'Invalid login grace time.', false],
    [['-Z'], 'unknown option -- Z', true],
    [['-f'], 'option requires an argument -- f', true],
    [['x'], 'Extra argument x.', false],
    [['-C', 'nonsense'], 'Invalid test mode specification nonsense', false],
    [['-C', 'user=a,shoe=b'], 'Invalid test mode specification shoe=b', false],
  ] as const) {
    assert.deepEqual(readCommandLine(argv), { problem, showsUsage });
  }
});
