import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatHostAndPort,
  isSafeHostName,
  isSafeUserName,
  parseDestination,
  parseHostAndPort,
  parseJumpHost,
  parseSshUri,
} from './destination.ts';

test('a destination is [user@]host, split at the last @, or a URI', () => {
  assert.deepEqual(parseDestination('host'), { host: 'host' });
  assert.deepEqual(parseDestination('a@b@host'), { user: 'a@b', host: 'host' });
  assert.deepEqual(parseDestination('host:22'), { host: 'host:22' });
  assert.deepEqual(parseDestination('ssh://u@h:2222/'), { user: 'u', host: 'h', port: 2222 });
  for (const bad of ['', '@h', 'u@']) assert.equal(parseDestination(bad), undefined, bad);
});

test('a URI may have a user with parameters and percent signs, brackets and a port, but no path', () => {
  assert.deepEqual(parseSshUri('ssh://u%40x;fingerprint=y@h'), { user: 'u@x', host: 'h' });
  assert.deepEqual(parseSshUri('ssh://[::1]:22'), { host: '::1', port: 22 });
  for (const bad of [
    'ssh://',
    'ssh://h/x',
    'ssh://h:0',
    'ssh://h:65536',
    'ssh://h%41',
    'ssh://u%00@h',
    'ssh://u%zz@h',
    'ssh://h?q',
  ]) {
    assert.equal(parseSshUri(bad), undefined, bad);
  }
});

test('jump hosts and addresses take a port after the name or the brackets', () => {
  assert.deepEqual(parseJumpHost('u@h:22'), { user: 'u', host: 'h', port: 22 });
  assert.deepEqual(parseJumpHost('[fe80::1]:22'), { host: 'fe80::1', port: 22 });
  assert.deepEqual(parseHostAndPort('::1'), { host: '::1' });
  assert.deepEqual(parseHostAndPort('[::1]'), { host: '::1' });
  for (const bad of ['', ':22', '[::1', '[]:22', '[::1]x', 'h:', 'h:0', 'h]'])
    assert.equal(parseHostAndPort(bad), undefined, bad);
  assert.equal(formatHostAndPort('::1', 22), '[::1]:22');
});

test('names that a shell or a terminal could take for something else are not safe', () => {
  for (const bad of ['-oProxyCommand=x', 'a`b', 'a$b', 'a;b', 'a b', 'a\nb', 'a\u001bb', 'a\\b', "a'b"]) {
    assert.equal(isSafeHostName(bad), false, bad);
  }
  assert.ok(isSafeHostName('host-1.example.org') && isSafeHostName('fe80::1%eth0'));
  for (const bad of ['-l', 'a -b', 'a\\', 'a|b', '${FOO}', 'x\u0007y', 'a"b'])
    assert.equal(isSafeUserName(bad), false, bad);
  assert.ok(isSafeUserName('user:style') && isSafeUserName('DOMAIN\\user') && isSafeUserName('first last'));
});
