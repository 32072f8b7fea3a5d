import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from './config-error.ts';
import { completeSshOptions } from './defaults.ts';
import { expand, maximumExpandedLength } from './percent.ts';
import { connectionTokens, expandSshOptions, expandValue } from './ssh-tokens.ts';

const tokens = { letters: 'hp', values: { h: 'host%p', p: '22', u: 'root' } };
const environment = (name: string): string | undefined => (name === 'FOO' ? '${BAR}%h' : undefined);
const home = (user: string): string | undefined =>
  user === '' ? '/home/me' : user === 'bob' ? '/home/bob/' : undefined;

test('tokens, variables and ~ are replaced once, never in what replaced them', () => {
  assert.equal(expand('%h:%p%%', { tokens }), 'host%p:22%');
  assert.equal(expand('a${FOO}b', { tokens, environment }), 'a${BAR}%hb');
  assert.equal(expand('~/x', { home }), '/home/me/x');
  assert.equal(expand('~bob//x', { home }), '/home/bob/x');
  assert.equal(expand('~', { home }), '/home/me/');
  assert.equal(expand('a~', { home }), 'a~');
  assert.equal(expand('${FOO}%h~', {}), '${FOO}%h~');
});

test('an unknown token, an unset or open variable and an unknown user are problems', () => {
  for (const [text, problem] of [
    ['%u', 'unknown key %u'],
    ['%x', 'unknown key %x'],
    ['a%', 'invalid format'],
    ['${BAR}', 'env var ${BAR} has no value'],
    ['${FOO', "environment variable is missing closing '}'"],
    ['${}', 'zero-length environment variable'],
    ['~nobody', 'no such user nobody'],
  ] as const) {
    assert.deepEqual(expand(text, { tokens, environment, home }), { problem }, text);
  }
  assert.ok(isProblem(expand('%h'.repeat(maximumExpandedLength), { tokens })));
});

test('options of a connection are expanded as their rows say, and only once they are used where rows say so', () => {
  const names = { known: ['a'], defaults: ['a'] };
  const algorithms = { ciphers: names, macs: names, keyExchanges: names, signatures: names, caSignatures: names };
  const values = connectionTokens({
    host: '192.0.2.1',
    originalHost: 'work',
    port: 2222,
    remoteUser: 'bob',
    localUser: 'alice',
    localHostName: 'desk.example.org',
    home: '/home/me',
    uid: 1000,
    jumpHosts: [{ user: 'u', host: 'j', port: 22 }],
    sha1: (text) => `sha1(${text})`,
  });
  const by = { tokens: values, environment, home };
  const options = completeSshOptions(
    {
      RemoteCommand: 'echo %n %h %p %r %u %d %i %k %l %L %j',
      ControlPath: '~/%C',
      IdentityFile: ['~/%r'],
      LocalForward: [{ listen: { kind: 'socket', path: '/tmp/%p' }, connect: { kind: 'tcp', host: '%h', port: 1 } }],
    },
    algorithms,
  );
  const expanded = expandSshOptions(options, by);
  assert.ok(!isProblem(expanded));
  assert.equal(
    expanded.RemoteCommand,
    'echo work 192.0.2.1 2222 bob alice /home/me 1000 work desk.example.org desk u@j:22',
  );
  assert.equal(expanded.ControlPath, '/home/me/sha1(desk.example.org192.0.2.12222bobu@j:22)');
  assert.deepEqual(expanded.IdentityFile, ['~/%r']);
  assert.equal(expandValue('IdentityFile', '~/%r', by), '/home/me/bob');
  assert.deepEqual(expanded.LocalForward[0]?.listen, { kind: 'socket', path: '/tmp/2222' });
  assert.deepEqual(expanded.UserKnownHostsFile, ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2']);
  assert.deepEqual(expandSshOptions({ ...options, RemoteCommand: '%K' }, by), { problem: 'unknown key %K' });
  const literal = expandSshOptions({ ...options, User: '%x' }, { ...by, literal: ['User'] });
  assert.ok(!isProblem(literal) && literal.User === '%x');
});
