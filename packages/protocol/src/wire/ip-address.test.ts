import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpAddress, parseIpAddress } from './ip-address.ts';

test('addresses are written in their shortest usual form (RFC 5952 section 4)', () => {
  const same = ['0.0.0.0', '192.0.2.255', '::', '::1', '1::', '2001:db8::1', '2001:db8:0:1:1:1:1:1', 'fe80::1%eth0'];
  for (const text of [...same, '1:0:0:2::3', 'ff02::1:ff00:0']) {
    const address = parseIpAddress(text);
    assert.ok(address);
    const written = formatIpAddress(address);
    assert.deepEqual(parseIpAddress(written), address, `${text} became ${written}`);
    if (same.includes(text)) assert.equal(written, text);
  }
});
