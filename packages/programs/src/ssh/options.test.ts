import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionError, UsageError } from '../shared/option-table.ts';
import { usage } from './messages.ts';
import type { Invocation } from './options.ts';
import { checkNames, parseArguments } from './options.ts';

const parse = (line: string): Invocation => parseArguments(line.split(' '));
const values = (line: string): readonly unknown[] =>
  parse(line).changes.map((change) => (change.how === 'line' ? change.text : [change.name, change.value]));

test('destination, command and options in any place up to the command', () => {
  const one = parse('-p 2222 bob@host -v -l alice ls -l /tmp');
  assert.equal(one.destination.host, 'host');
  assert.equal(one.command, 'ls -l /tmp');
  assert.equal(one.verbosity, 1);
  assert.deepEqual(values('-p 2222 bob@host -v -l alice ls -l /tmp'), [
    ['Port', 2222],
    ['User', 'bob'],
    ['User', 'alice'],
  ]);
});

test('after -- everything is destination and command', () => {
  assert.equal(parse('-- host -v').command, '-v');
  assert.equal(parse('host -- -v x').command, '-v x');
});

test('a URI sets user and port', () => {
  assert.deepEqual(values('ssh://bob@host:2222/ true'), [
    ['User', 'bob'],
    ['Port', 2222],
  ]);
});

test('options become keywords in the order in which they stand', () => {
  assert.deepEqual(values('-o Port=1 -4 -N -tt -e ^A -L 80:h:1 -i k host'), [
    'Port=1',
    ['AddressFamily', 'inet'],
    ['SessionType', 'none'],
    ['RequestTTY', 'no'],
    ['RequestTTY', 'yes'],
    ['RequestTTY', 'force'],
    ['EscapeChar', 1],
    ['LocalForward', [{ listen: { kind: 'tcp', port: 80 }, connect: { kind: 'tcp', host: 'h', port: 1 } }]],
    ['IdentityFile', ['k']],
  ]);
  assert.deepEqual(parse('-W h:22 host').stdioForward, { kind: 'tcp', host: 'h', port: 22 });
});

test('every letter of ssh(1) is known', () => {
  const valued = 'BbcDEeFIiJLlmOopQRSWwP';
  for (const letter of '246AaCfGgKkMNnqsTtVvXxYyZ') assert.doesNotThrow(() => parse(`-${letter} host`), letter);
  for (const letter of valued) assert.throws(() => parse(`-${letter}`), UsageError, letter);
  assert.equal(`1246AaCfGgKkMNnqsTtVvXxYyZ${valued}`.length, 48);
});

test('wrong values are refused in the words of OpenSSH', () => {
  for (const [line, message] of [
    ['-p 0 h', "Bad port '0'"],
    ['-p 65536 h', "Bad port '65536'"],
    ['-p 2000blah h', "Bad port '2000blah'"],
    ['-e ab h', "Bad escape character 'ab'."],
    ['-c nonsense h', "Unknown cipher type 'nonsense'"],
    ['-m nonsense h', "Unknown mac type 'nonsense'"],
    ['-L x h', "Bad local forwarding specification 'x'"],
    ['-R x:y h', "Bad remote forwarding specification 'x:y'"],
    ['-D x h', "Bad dynamic forwarding specification 'x'"],
    ['-W x h', "Bad stdio forwarding specification 'x'"],
    ['-W a:1 -W a:1 h', 'stdio forward already specified'],
    ['-w x h', "Bad tun device 'x'"],
    ['-O x h', 'Invalid multiplex command.'],
    ['-J a;b h', 'Invalid -J argument'],
    ['-J a -J b h', 'Only a single -J option is permitted (use commas to separate multiple jump hosts)'],
    ['-1 h', 'SSH protocol v.1 is no longer supported'],
  ] as const) {
    assert.throws(() => parse(line), { name: 'OptionError', message }, line);
  }
});

test('a wrong use shows the usage', () => {
  assert.throws(() => parseArguments([]), UsageError);
  assert.throws(() => parse('-?'), { message: 'unknown option -- ?' });
  assert.throws(() => parse('ssh://host/path'), UsageError);
  assert.throws(() => parse('@host'), UsageError);
  assert.match(usage, /^usage: ssh /);
});

test('letters whose work is not done yet are told, grave ones apart', () => {
  const one = parse('-D 1080 -X -C -S /s host');
  assert.deepEqual(one.missing, ['-D', '-S']);
  assert.deepEqual(one.passedOver, ['-X']);
  assert.deepEqual(parse('-S none host').missing, []);
});

test('-V and -Q need no destination', () => {
  assert.equal(parse('-V').action, 'version');
  assert.deepEqual([parse('-Q mac').action, parse('-Q mac').query], ['query', 'mac']);
});

test('names with shell or control characters are refused', () => {
  assert.throws(() => checkNames('a;b', undefined), { message: 'hostname contains invalid characters' });
  assert.throws(() => checkNames('host', '${FOO}'), OptionError);
  assert.throws(() => checkNames('host', 'x\u0007y'), { message: 'remote username contains invalid characters' });
  assert.doesNotThrow(() => checkNames('host', 'user:style'));
});
