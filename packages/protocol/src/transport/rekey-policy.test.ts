import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rekeyPackets } from './limits.ts';
import { cipherLimitBytes, type DirectionUse, RekeyPolicy } from './rekey-policy.ts';

const gcm = 'aes128-gcm@openssh.com';
const chacha = 'chacha20-poly1305@openssh.com';
const unused: DirectionUse = { packets: 0, bytes: 0 };
const used = (bytes: number, packets = 1): DirectionUse => ({ bytes, packets });

describe('RekeyPolicy', () => {
  test('has the limits of the ciphers: 2^32 blocks of AES, 1 GiB of chacha20 (RFC 4344 section 3.2)', () => {
    assert.equal(cipherLimitBytes(gcm), 2 ** 36);
    assert.equal(cipherLimitBytes('aes256-ctr'), 2 ** 36);
    assert.equal(cipherLimitBytes(chacha), 2 ** 30);
    const policy = new RekeyPolicy({});
    policy.keysChanged(chacha, gcm);
    assert.equal(policy.wornOut(used(2 ** 30 - 1), used(2 ** 36 - 1)), false);
    assert.equal(policy.wornOut(used(2 ** 30), unused), true);
    assert.equal(policy.wornOut(unused, used(2 ** 36)), true);
  });

  test('takes a smaller limit of the owner, and no larger one', () => {
    const small = new RekeyPolicy({ bytes: 1000 });
    small.keysChanged(gcm, gcm);
    assert.equal(small.wornOut(used(999), used(999)), false);
    assert.equal(small.wornOut(used(1000), unused), true);
    assert.equal(small.wornOut(unused, used(1000)), true);
    const large = new RekeyPolicy({ bytes: 2 ** 50 });
    large.keysChanged(gcm, gcm);
    assert.equal(large.wornOut(used(2 ** 36), unused), true);
  });

  test('lets one packet through however small the limit is', () => {
    const policy = new RekeyPolicy({ bytes: 0 });
    policy.keysChanged(gcm, gcm);
    assert.equal(policy.wornOut(unused, unused), false);
    assert.equal(policy.wornOut(used(0), unused), true);
  });

  test('has a limit of packets that no option lifts (RFC 4344 section 3.1)', () => {
    const policy = new RekeyPolicy({});
    policy.keysChanged(gcm, gcm);
    for (const wornOut of [policy.wornOut.bind(policy), policy.packetsWornOut.bind(policy)]) {
      assert.equal(wornOut(used(0, rekeyPackets - 1), unused), false);
      assert.equal(wornOut(used(0, rekeyPackets), unused), true);
      assert.equal(wornOut(unused, used(0, rekeyPackets)), true);
    }
  });

  test('counts the age of keys from the first time it is told after they changed', () => {
    const policy = new RekeyPolicy({ intervalMs: 1000 });
    policy.keysChanged(gcm, gcm);
    assert.equal(policy.deadline(50), 50);
    assert.equal(policy.agedOut(300), false);
    assert.equal(policy.deadline(300), 1300);
    assert.equal(policy.agedOut(1299), false);
    assert.equal(policy.agedOut(1300), true);
    policy.keysChanged(gcm, gcm);
    assert.equal(policy.agedOut(1300), false);
    assert.equal(policy.deadline(1300), 2300);
  });

  test('has no deadline without an interval', () => {
    const policy = new RekeyPolicy({});
    policy.keysChanged(gcm, gcm);
    assert.equal(policy.deadline(5), undefined);
    assert.equal(policy.agedOut(1e15), false);
  });
});
