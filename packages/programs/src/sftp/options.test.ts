import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionError, UsageError } from '../shared/option-table.ts';
import { parseHostPath, parsePlaceUri, parseUserHost } from '../shared/remote-place.ts';
import { parseArguments } from './options.ts';
import { absolutePath, baseName, compareBytes, joinPath, withoutFolder } from './paths.ts';

const usual = ['-oForwardX11 no', '-oPermitLocalCommand no', '-oClearAllForwardings yes'];

test('what concerns the connection goes to ssh as it was given, between what sftp always says', () => {
  const { sshArguments, destination } = parseArguments(['-4C', '-i', 'key', '-oPort=7', '-v', '-P', '22', 'u@h']);
  const given = ['-4', '-C', '-i', 'key', '-o', 'Port=7', '-v'];
  assert.deepEqual(sshArguments, [...usual, ...given, '-oForwardAgent no', '-oPort 22', '-l', 'u']);
  assert.deepEqual(destination, { user: 'u', host: 'h', port: undefined, path: '' });
});

test('a destination is a host with or without a path, or a URI', () => {
  const place = (text: string): unknown => {
    const { destination, port } = parseArguments([text]);
    return [destination?.user, destination?.host, port, destination?.path];
  };
  assert.deepEqual(place('h'), [undefined, 'h', undefined, '']);
  assert.deepEqual(place('u@v@h:a:b'), ['u@v', 'h', undefined, 'a:b']);
  assert.deepEqual(place('h:'), [undefined, 'h', undefined, '.']);
  assert.deepEqual(place('[::1]:/x'), [undefined, '::1', undefined, '/x']);
  assert.deepEqual(place('u@[::1]'), ['u', '::1', undefined, '']);
  assert.deepEqual(place('sftp://u@h:2222/a%20b'), ['u', 'h', 2222, 'a b']);
  assert.deepEqual(place('sftp://h//etc'), [undefined, 'h', undefined, '/etc']);
  assert.deepEqual(place('SFTP://h/'), [undefined, 'h', undefined, '']);
  for (const bad of ['sftp://', 'sftp://h:x/', 'sftp://h/%zz', 'sftp://h/%00']) {
    assert.throws(() => parseArguments([bad]), UsageError, bad);
  }
  assert.throws(() => parseArguments(['u@:x']), { message: 'Missing hostname' });
});

test('places of other forms are none', () => {
  assert.equal(parseHostPath('/a:b'), undefined);
  assert.equal(parseHostPath(':b'), undefined);
  assert.deepEqual(parseUserHost('[h]'), { user: undefined, host: 'h' });
  assert.equal(parsePlaceUri('scp://h/x', 'sftp'), undefined);
  assert.equal(parsePlaceUri('scp://u@h/x', 'scp')?.user, 'u');
});

test('a batch is quiet and shows no progress; -N makes it say what it does', () => {
  const batch = parseArguments(['-b', '-', 'h']);
  assert.deepEqual([batch.quiet, batch.showsProgress, batch.batchFile], [true, false, '-']);
  assert.ok(batch.sshArguments.includes('-obatchmode yes'));
  assert.equal(parseArguments(['-N', '-b', 'x', 'h']).quiet, false);
  const quiet = parseArguments(['-q', 'h']);
  assert.deepEqual([quiet.quiet, quiet.showsProgress, quiet.sshArguments.includes('-q')], [true, false, true]);
});

test('flags and numbers of transfers', () => {
  const all = parseArguments(['-afpr', '-B', '1000', '-R', '7', '-l', '8', 'h', 'to']);
  assert.deepEqual([all.resume, all.sync, all.preserve, all.recursive], [true, true, true, true]);
  assert.deepEqual([all.bufferBytes, all.requests, all.limitBytesPerSecond, all.target], [1000, 7, 1024, 'to']);
  const sized = parseArguments(['-X', 'nrequests=9', '-X', 'buffer=64K', '-s', '/x/y', 'h']);
  assert.deepEqual([sized.requests, sized.bufferBytes, sized.subsystem], [9, 65536, '/x/y']);
  assert.deepEqual(parseArguments(['-D', 'prog "a b" c']).server?.words, ['prog', 'a b', 'c']);
});

test('what cannot be meant is refused in the words of OpenSSH', () => {
  const refused: readonly (readonly [readonly string[], string])[] = [
    [['-1'], 'SSH protocol v.1 is no longer supported'],
    [['-P', '0'], 'Bad port "0"'],
    [['-B', '0'], 'Invalid buffer size "0"'],
    [['-R', 'x'], 'Invalid number of requests "x"'],
    [['-X', 'foo=1'], 'Invalid -X option'],
    [['-X', 'nrequests=0'], 'Invalid number of requests "0": too small'],
    [['-X', 'buffer=x'], 'Invalid buffer size "x": Invalid argument'],
    [['-b', 'a', '-b', 'b'], 'Batch file already specified.'],
    [['-D', '"x'], 'Failed to parse -D arg'],
  ];
  for (const [argv, message] of refused) {
    assert.throws(() => parseArguments([...argv, 'h']), new OptionError(message), message);
  }
  for (const argv of [[], ['a', 'b', 'c'], ['-h'], ['-l', '0', 'h'], ['-Z', 'h']]) {
    assert.throws(() => parseArguments(argv), UsageError, argv.join(' '));
  }
});

test('paths are joined and taken apart at slashes', () => {
  assert.equal(joinPath('/', 'a'), '/a');
  assert.equal(joinPath('', 'a'), 'a');
  assert.equal(absolutePath('/x', '/h'), '/x');
  assert.equal(absolutePath('x', '/h'), '/h/x');
  assert.deepEqual(['/a/b/', 'a', '/', '', '..'].map(baseName), ['b', 'a', '/', '.', '..']);
  assert.equal(withoutFolder('/h/u/x', '/h/u'), 'x');
  assert.equal(withoutFolder('/h/ux', '/h/u'), 'x');
  assert.equal(withoutFolder('/x', '/'), 'x');
  assert.equal(withoutFolder('/y', '/h'), '/y');
  assert.deepEqual(['\xff', 'a', 'b', 'a'].toSorted(compareBytes), ['a', 'a', 'b', '\xff']);
});
