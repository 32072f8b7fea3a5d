import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keySamples } from '@sallyport/testing/key-samples';
import fc from 'fast-check';
import {
  type AuthorizedKeysLine,
  judgeKeyUse,
  maximumAuthorizedKeysLineLength,
  parseAuthorizedKeysLine,
} from './authorized-keys.ts';
import type { KeyOptions } from './key-options.ts';

const publicLine = keySamples[0]?.publicLine ?? '';

function optionsOf(options: string): KeyOptions {
  const line = parseAuthorizedKeysLine(`${options} ${publicLine}`);
  assert.equal(line.kind, 'entry', line.kind === 'refused' ? line.reason : options);
  assert.ok(line.kind === 'entry');
  return line.options;
}

function refusalOf(line: string): string {
  const parsed: AuthorizedKeysLine = parseAuthorizedKeysLine(line);
  assert.equal(parsed.kind, 'refused', line);
  return parsed.kind === 'refused' ? parsed.reason : '';
}

test('a line without options gives every permission and demands nothing', () => {
  const line = parseAuthorizedKeysLine(` \t${publicLine}\r\n`);
  assert.ok(line.kind === 'entry');
  assert.equal(line.comment, 'sample of ed25519');
  assert.equal(line.key.type, 'ssh-ed25519');
  assert.ok(Object.values(line.options.permissions).every((permitted) => permitted));
  assert.equal(line.options.command, undefined);
  assert.equal(line.options.touchRequired, true);
});

test('empty lines and comments are blank', () => {
  for (const line of ['', '\n', ' \t', '# comment', '  # comment', '\r\n']) {
    assert.equal(parseAuthorizedKeysLine(line).kind, 'blank', JSON.stringify(line));
  }
});

test('options with values are taken out of their quotes', () => {
  const options = optionsOf(
    'command="echo \\"a, b\\" c",from="10.0.0.0/8,!*.example",environment="A=1=2",Environment="B=",' +
      'principals="x,y",cert-authority,tunnel="3",expiry-time="20300101Z",expiry-time="202901010000"',
  );
  assert.equal(options.command, 'echo "a, b" c');
  assert.equal(options.from, '10.0.0.0/8,!*.example');
  assert.deepEqual(options.environment, [
    { name: 'A', value: '1=2' },
    { name: 'B', value: '' },
  ]);
  assert.equal(options.principals, 'x,y');
  assert.equal(options.certAuthority, true);
  assert.equal(options.tunnelDevice, 3);
  assert.equal(options.expiryTimes.length, 2);
});

test('restrict withdraws every permission, and what follows it gives back', () => {
  const none = optionsOf('restrict');
  assert.ok(Object.values(none.permissions).every((permitted) => !permitted));
  assert.equal(none.restricted, true);
  const some = optionsOf('restrict,pty,X11-Forwarding,tunnel="any"');
  assert.deepEqual(some.permissions, {
    agentForwarding: false,
    portForwarding: false,
    x11Forwarding: true,
    pty: true,
    userRc: false,
    tunnel: true,
  });
  assert.equal(optionsOf('pty,restrict').permissions.pty, false);
  assert.equal(optionsOf('restrict,pty,no-pty').permissions.pty, false);
});

test('each permission is switched off and on by its own name', () => {
  const rows = [
    ['agent-forwarding', 'agentForwarding'],
    ['port-forwarding', 'portForwarding'],
    ['x11-forwarding', 'x11Forwarding'],
    ['pty', 'pty'],
    ['user-rc', 'userRc'],
  ] as const;
  for (const [name, key] of rows) {
    const off = optionsOf(`no-${name}`).permissions;
    assert.deepEqual(
      Object.entries(off).filter(([, permitted]) => !permitted),
      [[key, false]],
    );
    assert.equal(optionsOf(`NO-${name.toUpperCase()},${name}`).permissions[key], true);
  }
});

test('permitopen and permitlisten take hosts, bracketed addresses, ports and stars', () => {
  const options = optionsOf(
    'permitopen="[::1]:80",permitopen="host:*",permitlisten="8080",permitlisten="localhost:22"',
  );
  assert.deepEqual(options.permitOpen, [
    { host: '::1', port: 80 },
    { host: 'host', port: '*' },
  ]);
  assert.deepEqual(options.permitListen, [
    { host: '*', port: 8080 },
    { host: 'localhost', port: 22 },
  ]);
});

test('FIDO flags are read, also switched off', () => {
  assert.equal(optionsOf('no-touch-required').touchRequired, false);
  assert.equal(optionsOf('verify-required').verifyRequired, true);
});

test('the first of several values of an environment name stays', () => {
  assert.deepEqual(optionsOf('environment="A=1",environment="A=2"').environment, [{ name: 'A', value: '1' }]);
});

test('a malformed, repeated or unknown option refuses its line', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['future-option', 'unknown key option'],
    ['no-restrict', 'unknown key option'],
    ['no-cert-authority', 'unknown key option'],
    ['pty="yes"', 'unknown key option'],
    ['command', 'unknown key option'],
    ['command=ls', 'missing start quote'],
    ['command="ls"x', 'unknown key option'],
    ['command="a",command="b"', 'multiple "command" clauses'],
    ['from="a",from="b"', 'multiple "from" clauses'],
    ['principals="a",principals="b"', 'multiple "principals" clauses'],
    ['pty,', 'unexpected end-of-options'],
    [',pty', 'unknown key option'],
    ['pty,,no-pty', 'unknown key option'],
    ['environment="A"', 'invalid environment string'],
    ['environment="=x"', 'invalid environment string'],
    ['environment="A-B=x"', 'invalid environment string'],
    ['expiry-time="soon"', 'invalid expires time'],
    ['expiry-time=""', 'invalid expires time'],
    ['permitopen="host"', 'invalid permission hostname'],
    ['permitopen=":80"', 'invalid permission hostname'],
    ['permitopen="host:0"', 'invalid permission port'],
    ['permitopen="host:65536"', 'invalid permission port'],
    ['permitopen="host:"', 'invalid permission port'],
    ['permitlisten="0"', 'invalid permission port'],
    ['tunnel="-1"', 'invalid tun device'],
    ['tunnel=""', 'invalid tun device'],
    ['tunnel="2147483647"', 'invalid tun device'],
  ];
  for (const [options, reason] of rows)
    assert.equal(refusalOf(`${options} ${publicLine}`), `bad key options: ${reason}`);
});

test('quotes that stay open, keys that are no keys, null characters and long lines refuse the line', () => {
  assert.match(refusalOf(`command="x ${publicLine}`), /unbalanced/);
  assert.match(refusalOf(`command="x\\" ${publicLine}`), /unbalanced/);
  assert.match(refusalOf('pty ssh-ed25519 AAAA'), /no key/);
  assert.match(refusalOf('ssh-ed25519 AAAA'), /bad key options/);
  assert.match(refusalOf(`pty, no-pty ${publicLine}`), /end-of-options/);
  assert.match(refusalOf(`\uFEFF${publicLine}`), /bad key options/);
  assert.match(refusalOf(`${publicLine}\0`), /null/);
  assert.match(refusalOf(publicLine.padEnd(maximumAuthorizedKeysLineLength + 1, 'x')), /too long/);
  assert.equal(parseAuthorizedKeysLine(publicLine.padEnd(maximumAuthorizedKeysLineLength, 'x')).kind, 'entry');
});

test('options may hold tabs and blanks inside quotes, and a tab ends them', () => {
  const line = parseAuthorizedKeysLine(`command="a\tb c",pty\t${publicLine}`);
  assert.ok(line.kind === 'entry');
  assert.equal(line.options.command, 'a\tb c');
});

test('too many environment entries and addresses are refused', () => {
  const many = (count: number, option: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => option(index)).join(',');
  const short = publicLine.split(' ').slice(0, 2).join(' ');
  assert.match(refusalOf(`${many(5000, () => 'pty')} ${short}`), /too long/);
  assert.equal(optionsOf(many(300, (index) => `environment="A${index}="`)).environment.length, 300);
});

test('any text parses to one of the three kinds, and changed lines never gain a permission unseen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      assert.match(parseAuthorizedKeysLine(text).kind, /^(?:blank|refused)$/);
    }),
  );
  const line = `restrict,command="true" ${publicLine}`;
  for (let at = 0; at < line.indexOf(' '); at++) {
    const changed = parseAuthorizedKeysLine(`${line.slice(0, at)}~${line.slice(at + 1)}`);
    if (changed.kind === 'entry') assert.equal(changed.options.permissions.pty, false);
  }
  for (let length = 0; length < line.length - 1; length++) {
    const cut = parseAuthorizedKeysLine(line.slice(0, length));
    if (cut.kind === 'entry') assert.equal(cut.options.command, 'true');
  }
});

test('judgeKeyUse obeys the earliest expiry and the source list', () => {
  const use = { host: 'h.example', address: '192.0.2.1', now: 1_000_000_000, localTime: () => 1_000_000_001 };
  assert.equal(judgeKeyUse(optionsOf('pty'), use), 'allowed');
  assert.equal(judgeKeyUse(optionsOf('expiry-time="20010909014639Z"'), use), 'expired');
  assert.equal(judgeKeyUse(optionsOf('expiry-time="20010909014640Z"'), use), 'allowed');
  assert.equal(judgeKeyUse(optionsOf('expiry-time="20300101Z",expiry-time="20000101Z"'), use), 'expired');
  assert.equal(judgeKeyUse(optionsOf('expiry-time="20000101"'), use), 'allowed');
  assert.equal(judgeKeyUse(optionsOf('from="*.example"'), use), 'allowed');
  assert.equal(judgeKeyUse(optionsOf('from="192.0.2.0/24"'), use), 'allowed');
  assert.equal(judgeKeyUse(optionsOf('from="*.example,!192.0.2.1"'), use), 'source-refused');
  assert.equal(judgeKeyUse(optionsOf('from="other"'), use), 'source-refused');
  assert.equal(judgeKeyUse(optionsOf('from=""'), use), 'source-list-invalid');
  assert.equal(judgeKeyUse(optionsOf('from="192.0.2.1/24"'), use), 'source-list-invalid');
});
