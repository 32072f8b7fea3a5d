import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatForward, parseForward, parseStdioForward } from './forward-spec.ts';

test('forwardings are read by the number of their fields and which are paths', () => {
  for (const [text, printed] of [
    ['8080:h:80', '8080 [h]:80'],
    ['127.0.0.1:8080:h:80', '[127.0.0.1]:8080 [h]:80'],
    ['[::1]:8080:[::2]:80', '[::1]:8080 [::2]:80'],
    ['*:8080:h:80', '[*]:8080 [h]:80'],
    [':8080:h:80', '[]:8080 [h]:80'],
    ['8080:/run/s', '8080 /run/s'],
    ['h:8080:/run/s', '[h]:8080 /run/s'],
    ['/run/a:/run/b', '/run/a /run/b'],
    ['/run/a:h:80', '/run/a [h]:80'],
    ['/run/a\\:b:h:80', '/run/a:b [h]:80'],
  ] as const) {
    const forward = parseForward(text, 'local');
    assert.ok(forward !== undefined, text);
    assert.equal(formatForward(forward), printed, text);
  }
});

test('a SOCKS forwarding has a listening end only', () => {
  assert.deepEqual(parseForward('1080', 'dynamic'), { listen: { kind: 'tcp', port: 1080 }, connect: 'socks' });
  assert.deepEqual(parseForward('h:1080', 'remote'), {
    listen: { kind: 'tcp', host: 'h', port: 1080 },
    connect: 'socks',
  });
  assert.equal(parseForward('1080', 'local'), undefined);
});

test('forwardings with wrong ports, too many fields or open brackets are refused', () => {
  for (const bad of [
    '0:h:80',
    '8080:h:0',
    '8080:h:65536',
    '8080::80',
    'a:b:c',
    '1:2:3:4:5',
    '[::1:80:h:80',
    '',
    ':',
    'x'.repeat(2000),
  ]) {
    assert.equal(parseForward(bad, 'local'), undefined, bad);
  }
  assert.ok(parseForward('0:h:80', 'remote') !== undefined, 'the server picks a port');
});

test('-W takes host and port or the path of a socket', () => {
  assert.deepEqual(parseStdioForward('h:80'), { kind: 'tcp', host: 'h', port: 80 });
  assert.deepEqual(parseStdioForward('[::1]:80'), { kind: 'tcp', host: '::1', port: 80 });
  assert.deepEqual(parseStdioForward('/run/s'), { kind: 'socket', path: '/run/s' });
  for (const bad of ['h', 'h:0', ':80', 'h:80:1']) assert.equal(parseStdioForward(bad), undefined, bad);
});
