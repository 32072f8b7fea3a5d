import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandStartFolder, isLogged, readSftpServerCommandLine } from './command-line.ts';

const nothing = {
  startFolder: undefined,
  logToStderr: false,
  logLevel: 'error',
  facility: 'AUTH',
  umask: undefined,
  query: undefined,
};

test('options of sftp-server are read as OpenSSH reads them', () => {
  assert.deepEqual(readSftpServerCommandLine(['-c', 'ignored']), nothing);
  const argv = [
    '-eR',
    '-l',
    'debug2',
    '-flocal3',
    '-u',
    '0027',
    '-P',
    'open,close',
    '-p',
    'stat',
    '-d',
    '/%u',
    '-Q',
    'x',
  ];
  assert.deepEqual(readSftpServerCommandLine(argv), {
    startFolder: '/%u',
    logToStderr: true,
    logLevel: 'debug2',
    facility: 'LOCAL3',
    umask: 0o27,
    query: 'x',
    readOnly: true,
    deny: ['open', 'close'],
    allow: ['stat'],
  });
});

test('wrong options are problems, some with a sentence', () => {
  for (const argv of [['-z'], ['-h'], ['-l'], ['-d']])
    assert.deepEqual(readSftpServerCommandLine(argv), { problem: undefined });
  for (const mask of ['8', '', '1000', '-1', '0x1', ' 7'])
    assert.deepEqual(readSftpServerCommandLine(['-u', mask]), { problem: `Invalid umask "${mask}"` });
  assert.ok('problem' in readSftpServerCommandLine(['-l', 'toString']));
});

test('levels are compared as OpenSSH does, and QUIET logs nothing', () => {
  const at = (level: string): ReturnType<typeof readSftpServerCommandLine> => readSftpServerCommandLine(['-l', level]);
  const shows = (level: string, line: 'error' | 'info' | 'verbose' | 'debug1'): boolean => {
    const read = at(level);
    return !('problem' in read) && isLogged(read, line);
  };
  assert.deepEqual([shows('QUIET', 'error'), shows('ERROR', 'error'), shows('ERROR', 'info')], [false, true, false]);
  assert.deepEqual(
    [shows('VERBOSE', 'verbose'), shows('VERBOSE', 'debug1'), shows('DEBUG', 'debug1')],
    [true, false, true],
  );
});

test('the start folder knows %u, %d and %%', () => {
  const account = { name: 'me', home: '/home/me' };
  assert.equal(expandStartFolder('%d/a/%u/%%', account), '/home/me/a/me/%');
  assert.equal(expandStartFolder('/x/%h', account), undefined);
  assert.equal(expandStartFolder('~/${HOME}', account), '~/${HOME}');
});
