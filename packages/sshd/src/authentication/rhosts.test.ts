import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trustsPeer } from './rhosts.ts';

const peer = { hosts: ['client.example.org', '192.0.2.7'], clientUser: 'alice', user: 'alice' };

test('a host is trusted by its name or address, for the same user unless the line names another', () => {
  for (const text of [
    'client.example.org',
    '192.0.2.7',
    'CLIENT.example.org alice',
    '# c\n\nother\n192.0.2.7\talice\n',
  ]) {
    assert.equal(trustsPeer(text, peer), true, text);
  }
  assert.equal(trustsPeer('client.example.org', { ...peer, clientUser: 'bob' }), false);
  assert.equal(trustsPeer('client.example.org bob', { ...peer, clientUser: 'bob' }), true);
  assert.equal(trustsPeer('client.example.org bob', peer), false);
});

test('wildcards, netgroups, comments and long lines trust nobody', () => {
  for (const text of [
    '+',
    '+ +',
    '+ alice',
    'client.example.org +',
    '@all',
    '+@all alice',
    'client.example.org @all',
    '#client.example.org',
    '',
    `client.example.org alice ${'x'.repeat(2000)}`,
  ]) {
    assert.equal(trustsPeer(text, peer), false, text);
  }
});

test('the first line that names the client decides', () => {
  assert.equal(trustsPeer('-client.example.org\n192.0.2.7', peer), false);
  assert.equal(trustsPeer('client.example.org -alice\n192.0.2.7', peer), false);
  assert.equal(trustsPeer('192.0.2.7\n-client.example.org', peer), true);
});
