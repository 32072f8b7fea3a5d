import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchAddressList, matchHostAndAddress, matchNetworkList, matchPattern, matchPatternList } from './patterns.ts';

test('matchPattern follows * and ? over the whole text', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['', '', true],
    ['', '*', true],
    ['', '?', false],
    ['a', '', false],
    ['abc', 'abc', true],
    ['abc', 'a?c', true],
    ['abc', 'a*', true],
    ['abc', '*c', true],
    ['abc', '*b', false],
    ['abc', '***', true],
    ['abc', '?*?*?', true],
    ['ab', '?*?*?', false],
    ['aab', '*ab', true],
    ['mississippi', 'm*iss*p*i', true],
    ['ABC', 'abc', false],
  ];
  for (const [text, pattern, expected] of rows)
    assert.equal(matchPattern(text, pattern), expected, `${text} ${pattern}`);
});

test('matchPattern agrees with the regular expression of the same meaning', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b') }),
      fc.string({ unit: fc.constantFrom('a', 'b', '*', '?') }),
      (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        assert.equal(matchPattern(text, pattern), expression.test(text));
      },
    ),
  );
});

test('matchPattern takes no exponential time on many stars', () => {
  assert.equal(matchPattern('a'.repeat(2000), `${'*a'.repeat(1000)}b`), false);
});

test('matchPatternList lets a negation outweigh every match, before or after it', () => {
  assert.equal(matchPatternList('host.example', '*.example,!host.example'), 'negated');
  assert.equal(matchPatternList('host.example', '!host.example,*.example'), 'negated');
  assert.equal(matchPatternList('other.example', '!host.example,*.example'), 'match');
  assert.equal(matchPatternList('x', '!y'), 'none');
  assert.equal(matchPatternList('host', 'HOST'), 'none');
  assert.equal(matchPatternList('host', 'HOST', { lowerCasePatterns: true }), 'match');
  assert.equal(matchPatternList('host', `host,${'a'.repeat(1025)}`), 'none');
});

test('matchAddressList matches networks, addresses and wildcards of both families', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['10.1.2.3', '10.0.0.0/8', 'match'],
    ['11.1.2.3', '10.0.0.0/8', 'none'],
    ['10.1.2.3', '!10.1.2.3,10.0.0.0/8', 'negated'],
    ['10.1.2.3', '10.0.0.0/8,!10.1.0.0/16', 'negated'],
    ['10.1.2.3', '10.1.*', 'match'],
    ['10.1.2.3', '0.0.0.0/0', 'match'],
    ['10.1.2.3', '::/0', 'none'],
    ['::1', '::1', 'match'],
    ['::1', '0:0:0:0:0:0:0:1', 'match'],
    ['2001:db8::5', '2001:db8::/32', 'match'],
    ['2001:db9::5', '2001:db8::/32', 'none'],
    ['::ffff:10.1.2.3', '10.0.0.0/8', 'match'],
    ['10.1.2.3', '::ffff:10.0.0.0/104', 'match'],
    ['10.1.2.3', '10.1.2.3/8', 'invalid'],
    ['10.1.2.3', '10.0.0.0/33', 'invalid'],
    ['10.1.2.3', '10.1.2.3,,x', 'invalid'],
    ['10.1.2.3', '10.1.2.3,10.1.2.0/8', 'invalid'],
    ['10.1.2.3', '', 'invalid'],
    ['fe80::1%eth0', 'fe80::/10', 'none'],
    ['fe80::1%eth0', 'fe80::1%eth0', 'match'],
    ['host', '*', 'none'],
    ['10.1.2.3', 'host,10.1.2.3/', 'none'],
    ['1::2', '1:2:3:4:5:6:7:8:9', 'none'],
    ['1::2', '1::0:2::', 'none'],
    ['1.2.3.4', '01.2.3.4', 'none'],
    ['1.2.3.4', '1.2.3.400', 'none'],
  ];
  for (const [address, list, expected] of rows)
    assert.equal(matchAddressList(address, list), expected, `${address} in ${list}`);
  assert.equal(matchAddressList(undefined, '10.0.0.0/8,*.example'), 'none');
  assert.equal(matchAddressList(undefined, '10.0.0.1/8'), 'invalid');
});

test('matchAddressList finds an address in every network made from its own prefix', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 0xffffffffn }), fc.integer({ min: 0, max: 32 }), (value, prefixBits) => {
      const dotted = (n: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (n >> shift) & 255n).join('.');
      const hostBits = BigInt(32 - prefixBits);
      const base = (value >> hostBits) << hostBits;
      assert.equal(matchAddressList(dotted(value), `${dotted(base)}/${prefixBits}`), 'match');
      if (base !== value) assert.equal(matchAddressList(dotted(value), `${dotted(value)}/${prefixBits}`), 'invalid');
    }),
  );
});

test('matchHostAndAddress takes either name, and a negation by either refuses', () => {
  const peer = { host: 'Web.Example', address: '192.0.2.7' };
  assert.equal(matchHostAndAddress(peer, '*.example'), true);
  assert.equal(matchHostAndAddress(peer, '192.0.2.0/24'), true);
  assert.equal(matchHostAndAddress(peer, '*.example,!192.0.2.7'), false);
  assert.equal(matchHostAndAddress(peer, '192.0.2.0/24,!WEB.example'), false);
  assert.equal(matchHostAndAddress(peer, '*.other'), false);
  assert.equal(matchHostAndAddress(peer, '*.example,192.0.2.1/24'), 'invalid');
});

test('a list of networks has no wildcards, no negation and no empty entry', () => {
  assert.equal(matchNetworkList('10.1.2.3', '192.0.2.1,10.0.0.0/8'), true);
  assert.equal(matchNetworkList('::ffff:10.1.2.3', '10.0.0.0/8'), true);
  assert.equal(matchNetworkList('11.1.2.3', '10.0.0.0/8,2001:db8::/32'), false);
  assert.equal(matchNetworkList('no address', '10.0.0.0/8'), false);
  assert.equal(matchNetworkList(undefined, '10.0.0.0/8'), false);
  for (const list of ['', '10.*', '!10.0.0.0/8', '10.0.0.0/8,', '10.0.0.1/8', 'host']) {
    assert.equal(matchNetworkList('10.1.2.3', list), 'invalid', list);
  }
});
