import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { keySamples } from '@sallyport/testing/key-samples';
import fc from 'fast-check';
import {
  formatKnownHostsLine,
  type HostKeyFinding,
  hashHostsField,
  hostsFieldMatches,
  keyOfKnownHostsLine,
  knownHostsName,
  lookUpHostKey,
  parseKnownHosts,
  parseKnownHostsLine,
} from './known-hosts.ts';
import { parsePublicLine } from './public-line.ts';

const crypto = createCryptoProvider();
const keys = keySamples.map((sample) => parsePublicLine(sample.publicLine).key);
const texts = keySamples.map((sample) => sample.publicLine.split(' ').slice(0, 2).join(' '));
const [key, otherKey] = keys;
assert.ok(key && otherKey);

function lookUp(file: readonly string[], host = 'web.example', port = 22): HostKeyFinding {
  assert.ok(key);
  return lookUpHostKey(crypto, parseKnownHosts(file.join('\n'), 'file'), { host, port, key });
}

test('known_hosts lines have an optional marker, hosts, a key and an optional comment', () => {
  const [text = ''] = texts;
  const [type, base64] = text.split(' ');
  const plain = { marker: undefined, hosts: 'a,b', type, base64, comment: '' };
  assert.deepEqual(parseKnownHostsLine(`a,b ${text}`), plain);
  assert.deepEqual(parseKnownHostsLine(`\ta,b\t ${text}  x y \r\n`), { ...plain, comment: 'x y' });
  assert.deepEqual(parseKnownHostsLine(`@revoked a,b ${text}`), { ...plain, marker: 'revoked' });
  assert.deepEqual(parseKnownHostsLine(`@cert-authority\ta,b ${text}`), { ...plain, marker: 'cert-authority' });
  for (const blank of ['', ' ', '\r\n', '# a b c', '\t#']) assert.equal(parseKnownHostsLine(blank), 'blank');
});

test('lines with several or unknown markers, without a key, or of SSH 1 are malformed', () => {
  const [text = ''] = texts;
  const lines = [`@revoked @cert-authority a ${text}`, `@other a ${text}`, `@revoked ${text}`, 'a', 'a ssh-ed25519'];
  lines.push('a 1024 35 12345678', `@ a ${text}`, '@revoked', '@revoked a');
  for (const line of lines) assert.notEqual(keyOrText(line), 'key', line);
});

function keyOrText(line: string): string {
  const entry = parseKnownHostsLine(line);
  if (typeof entry === 'string') return entry;
  return keyOfKnownHostsLine(entry) === undefined ? 'undecodable' : 'key';
}

test('a host is recorded in lower case, with its port unless it is 22', () => {
  assert.equal(knownHostsName('Web.Example'), 'web.example');
  assert.equal(knownHostsName('Web.Example', 22), 'web.example');
  assert.equal(knownHostsName('::1', 2222), '[::1]:2222');
});

test('patterns, negation and ports in the hosts field decide what it matches', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['web.example', 'web.example', true],
    ['Web.Example', 'web.example', true],
    ['*.example,!web.example', 'web.example', false],
    ['*.example,!web.example', 'db.example', true],
    ['web.example', '[web.example]:2222', false],
    ['[web.example]:2222', '[web.example]:2222', true],
    ['[web.example]:2222', 'web.example', false],
    ['[*.example]:*', '[web.example]:2222', true],
    ['192.0.2.0/24', '192.0.2.1', false],
    ['?eb.example', 'web.example', true],
  ];
  for (const [hosts, name, expected] of rows) assert.equal(hostsFieldMatches(crypto, hosts, name), expected, hosts);
});

test('hashed names of the stock ssh-keygen match, and damaged ones match nothing', () => {
  const stock = '|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=';
  assert.equal(hostsFieldMatches(crypto, stock, '192.168.1.61'), true);
  assert.equal(hostsFieldMatches(crypto, stock, '192.168.1.62'), false);
  const damaged = ['|', '|1|', '|1||', '|1|AAAA|AAAA', `${stock}|x`, stock.replace('|1|', '|2|'), stock.slice(0, -1)];
  damaged.push('|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|', `x,${stock}`);
  for (const hosts of damaged) assert.equal(hostsFieldMatches(crypto, hosts, '192.168.1.61'), false, hosts);
});

test('a hashed name matches the name it was made of and is different each time', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (name) => {
      const hashed = hashHostsField(crypto, name);
      assert.match(hashed, /^\|1\|[^|]{28}\|[^|]{28}$/);
      assert.equal(hostsFieldMatches(crypto, hashed, name), true);
      assert.equal(hostsFieldMatches(crypto, hashed, `${name}x`), false);
      assert.notEqual(hashHostsField(crypto, name), hashed);
    }),
    { numRuns: 20 },
  );
});

test('a key on record is found, under a plain, a hashed and a pattern name', () => {
  for (const hosts of ['web.example', hashHostsField(crypto, 'web.example'), '*.example', 'db,web.example']) {
    const finding = lookUp(['', `x ${texts[1]}`, `${hosts} ${texts[0]}`], 'WEB.example');
    assert.equal(finding.status, 'found');
    assert.equal(finding.line?.number, 3);
    assert.equal(finding.line.file, 'file');
  }
});

test('a host with other keys only has changed, whatever their type, and the last of them is named', () => {
  const finding = lookUp([`web.example ${texts[1]}`, `web.example ${texts[2]}`, `x ${texts[3]}`]);
  assert.equal(finding.status, 'changed');
  assert.equal(finding.line?.number, 2);
  assert.deepEqual(
    finding.otherTypes.map((line) => line.number),
    [1, 2],
  );
});

test('a key that is on record beside others is found', () => {
  const finding = lookUp([`web.example ${texts[1]}`, `web.example ${texts[0]}`, `web.example ${texts[2]}`]);
  assert.equal(finding.status, 'found');
  assert.equal(finding.line?.number, 2);
  assert.equal(finding.otherTypes.length, 2);
});

test('a @revoked line outweighs a line that holds the key, before or after it, plain or hashed', () => {
  for (const hosts of ['*', 'web.example', hashHostsField(crypto, 'web.example')]) {
    const lines = [`web.example ${texts[0]}`, `@revoked ${hosts} ${texts[0]}`];
    for (const file of [lines, lines.toReversed(), lines.slice(1)]) {
      const finding = lookUp(file);
      assert.equal(finding.status, 'revoked');
      assert.equal(finding.line?.marker, 'revoked');
    }
  }
  assert.equal(lookUp([`@revoked other ${texts[0]}`]).status, 'unknown');
  assert.equal(lookUp([`@revoked * ${texts[1]}`]).status, 'unknown');
});

test('a @cert-authority line says nothing about a plain key', () => {
  assert.equal(lookUp([`@cert-authority * ${texts[0]}`]).status, 'unknown');
  assert.equal(lookUp([`@cert-authority * ${texts[1]}`]).status, 'unknown');
});

test('an unknown host is told the other names that have its key', () => {
  const file = [
    `db.example,10.0.0.1 ${texts[0]}`,
    `${hashHostsField(crypto, 'x')} ${texts[0]}`,
    `@revoked y ${texts[0]}`,
  ];
  const finding = lookUp(file);
  assert.equal(finding.status, 'unknown');
  assert.equal(finding.line, undefined);
  assert.deepEqual(
    finding.otherNames.map((line) => line.number),
    [1, 2],
  );
});

test('ports are part of the name', () => {
  const file = [`web.example ${texts[1]}`, `[web.example]:2222 ${texts[0]}`];
  assert.equal(lookUp(file, 'web.example', 2222).status, 'found');
  assert.equal(lookUp(file, 'web.example', 22).status, 'changed');
  assert.equal(lookUp(file, 'web.example', 2223).status, 'unknown');
});

test('lines whose key is damaged, of another type than they say, or cut off are passed over', () => {
  const [type = '', base64 = ''] = (texts[1] ?? '').split(' ');
  const lines = [
    `web.example ${type} ${base64.slice(4)}`,
    `web.example ssh-ed25519 ${base64}`,
    'web.example',
    'web.example ',
  ];
  for (const line of lines) assert.equal(lookUp([line]).status, 'unknown', line);
  assert.equal(lookUp([...lines, `web.example ${texts[0]}`]).status, 'found');
});

test('every truncation of a line is no other key', () => {
  const line = `web.example ${texts[0]}`;
  for (let length = 0; length < line.length; length++) {
    assert.equal(lookUp([line.slice(0, length)]).status, 'unknown');
  }
});

test('a written line is read back', () => {
  const line = formatKnownHostsLine('a,b', key, 'c');
  assert.equal(line, `a,b ${texts[0]} c`);
  const entry = parseKnownHostsLine(line);
  assert.ok(typeof entry === 'object');
  assert.deepEqual(keyOfKnownHostsLine(entry), key);
});
