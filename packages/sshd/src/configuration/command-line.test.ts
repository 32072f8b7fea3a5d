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
  assert.deepEqual(read.lines, ['Port 2222', 'HostKey /k', 'PidFile=none', 'LoginGraceTime 5']);
});

test('-C names the connection that -T speaks of, comma-separated and repeated', () => {
  const read = readCommandLine(['-T', '-C', 'user=a,addr=1.2.3.4', '-C', 'host=h']);
  assert.ok('mode' in read);
  assert.deepEqual(read.connection, { user: 'a', addr: '1.2.3.4', host: 'h' });
});

test('wrong options of sshd are refused with their reason', () => {
  assert.deepEqual(readCommandLine(['-p', '0']), { problem: 'Bad port number.' });
  assert.deepEqual(readCommandLine(['-p', '65536']), { problem: 'Bad port number.' });
  assert.deepEqual(readCommandLine(['-Z']), { problem: 'unknown option -- Z' });
  assert.deepEqual(readCommandLine(['-f']), { problem: 'option requires an argument -- f' });
  assert.deepEqual(readCommandLine(['x']), { problem: 'Extra argument x.' });
  assert.deepEqual(readCommandLine(['-C', 'nonsense']), { problem: 'Invalid test mode specification nonsense' });
});
