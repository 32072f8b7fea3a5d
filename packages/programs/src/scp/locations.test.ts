import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseName, below, isAcceptableUser, parsePlace, targetName, withoutSlashes } from './locations.ts';

const remote = (host: string, path: string, rest: { readonly user?: string; readonly port?: number } = {}): object => ({
  kind: 'remote',
  user: rest.user,
  host,
  port: rest.port,
  path,
});

test('A colon divides host and path, unless a slash or nothing stands before it', () => {
  const places: Readonly<Record<string, object>> = {
    'host:path': remote('host', 'path'),
    'user@host:a:b': remote('host', 'a:b', { user: 'user' }),
    'a@b@host:': remote('host', '.', { user: 'a@b' }),
    '[::1]:/x': remote('::1', '/x'),
    'u@[fe80::1%eth0]:x': remote('fe80::1%eth0', 'x', { user: 'u' }),
    './a:b': { kind: 'local', path: './a:b' },
    '/a:b': { kind: 'local', path: '/a:b' },
    ':b': { kind: 'local', path: ':b' },
    'a b': { kind: 'local', path: 'a b' },
    '-oProxyCommand=x': { kind: 'local', path: '-oProxyCommand=x' },
    '@host:x': { kind: 'bad-place' },
    'u@:x': { kind: 'bad-place' },
    'h\xff:x': { kind: 'bad-place' },
    'host:\xff': remote('host', '\xff'),
  };
  for (const [text, place] of Object.entries(places)) assert.deepEqual(parsePlace(text), place, text);
});

test('A URI has a user, a port and a path below the home, or below the root behind two slashes', () => {
  const places: Readonly<Record<string, object>> = {
    'scp://host': remote('host', '.'),
    'scp://user@host:22/a/b': remote('host', 'a/b', { user: 'user', port: 22 }),
    'SCP://host//etc/x%20y': remote('host', '/etc/x y'),
    'scp://host/%ff': remote('host', '\xff'),
    'scp://[::1]:2222/': remote('::1', '.', { port: 2222 }),
    'scp://host/a%00b': { kind: 'bad-uri' },
    'scp://host/a%2': { kind: 'bad-uri' },
    'scp://host:99999/a': { kind: 'bad-uri' },
    'scp:///a': { kind: 'bad-uri' },
    'scp://host?x/a': { kind: 'bad-uri' },
  };
  for (const [text, place] of Object.entries(places)) assert.deepEqual(parsePlace(text), place, text);
});

test('User names that a shell could take apart are refused', () => {
  for (const name of ['a b', "a'b", 'a"b', 'a`b', 'a#b', 'ü', '']) assert.equal(isAcceptableUser(name), false, name);
  for (const name of ['a', 'DOMAIN\\user', 'a.b-c_d', 'a@b']) assert.equal(isAcceptableUser(name), true, name);
});

test('Names and paths are joined and split at slashes', () => {
  assert.deepEqual(['a/b//', '/', 'a', '..'].map(baseName), ['b', '/', 'a', '..']);
  assert.equal(targetName('x/..'), '.');
  assert.equal(targetName('x/../'), '.');
  assert.equal(withoutSlashes('//'), '/');
  assert.deepEqual([below('', 'x'), below('/', 'x'), below('a', 'x'), below('a/', 'x')], ['x', '/x', 'a/x', 'a/x']);
});
