import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionError, UsageError } from '../shared/option-table.ts';
import { parseArguments } from './options.ts';

const always = [
  '-x',
  '-oPermitLocalCommand=no',
  '-oClearAllForwardings=yes',
  '-oRemoteCommand=none',
  '-oRequestTTY=no',
];

test('What concerns the connection is handed on to ssh in order, and a copy forwards no agent unless asked to', () => {
  const { sshArguments, directArguments } = parseArguments(
    '-4 -C -c aes128-ctr -i key -F conf -J jump -o A=b -oC=d -B -q -v -A a b'.split(' '),
  );
  const given = '-4 -C -c aes128-ctr -i key -F conf -J jump -o A=b -o C=d -oBatchmode=yes -q -v -A'.split(' ');
  assert.deepEqual(sshArguments, [...always, ...given, '-oForwardAgent=no']);
  assert.deepEqual(directArguments, given);
});

test('Our own options are read', () => {
  const invocation = parseArguments(
    '-rpdTR -P 2222 -l 800 -X nrequests=7 -X buffer=64k -S ssh -D srv a b c'.split(' '),
  );
  const { recursive, preserve, toFolder, checksNames, direct, port, limitBytesPerSecond } = invocation;
  assert.deepEqual([recursive, preserve, toFolder, checksNames, direct], [true, true, true, false, true]);
  assert.deepEqual(
    [port, limitBytesPerSecond, invocation.requests, invocation.bufferBytes],
    [2222, 102_400, 7, 65_536],
  );
  assert.deepEqual([invocation.sshProgram, invocation.server, invocation.operands], ['ssh', 'srv', ['a', 'b', 'c']]);
  assert.deepEqual([invocation.role, invocation.protocol], ['client', 'sftp']);
});

test('-O and -s choose the protocol, the later one wins; -3 takes -R back', () => {
  const protocolOf = (text: string): string => parseArguments(`${text} a b`.split(' ')).protocol;
  assert.deepEqual(
    [protocolOf('-O'), protocolOf('-O -s'), protocolOf('-M scp'), protocolOf('-M sftp')],
    ['scp', 'sftp', 'scp', 'sftp'],
  );
  assert.equal(parseArguments(['-R', '-3', 'a', 'b']).direct, false);
});

test('The roles of the server end take one path, and -- ends the options', () => {
  const sink = parseArguments(['-v', '-r', '-t', '--', '-x']);
  assert.deepEqual([sink.role, sink.protocol, sink.operands], ['sink', 'scp', ['-x']]);
  assert.equal(parseArguments(['-f', 'a']).role, 'source');
});

test('Wrong use is refused in the words of OpenSSH', () => {
  const refusals: Readonly<Record<string, string>> = {
    '-1 a b': 'SSH protocol v.1 is no longer supported',
    '-P x a b': 'bad port "x"',
    '-P 0 a b': 'bad port "0"',
    '-X foo=1 a b': 'Invalid -X option',
    '-X nrequests=0 a b': 'Invalid number of requests "0": too small',
    '-X buffer=x a b': 'Invalid buffer size "x": Invalid argument',
    '-X buffer=9G a b': 'Invalid buffer size "9G": Numerical result out of range',
    '-M x a b': 'Unsupported mode for -M',
  };
  for (const [text, message] of Object.entries(refusals)) {
    assert.throws(() => parseArguments(text.split(' ')), { constructor: OptionError, message });
  }
  for (const text of ['a', '-l 0 a b', '-Z a b', '-P'])
    assert.throws(() => parseArguments(text.split(' ')), UsageError);
});
