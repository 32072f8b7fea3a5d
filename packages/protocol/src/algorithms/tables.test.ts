import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testCrypto } from '@sallyport/testing/transport-pair';
import { cipherOrderWithAesHardware, ciphers, findCipher } from './ciphers.ts';
import { compressions } from './compressions.ts';
import { digests } from './digests.ts';
import { findKeyExchange, keyExchanges } from './key-exchanges.ts';
import { findMac, macs } from './macs.ts';
import { type AlgorithmRow, defaultNames } from './roles.ts';

const crypto = testCrypto();

// OpenSSH 10.5's default lists, from which what we do not have is left out.
const openssh = {
  keyExchangesOfClient: [
    'mlkem768x25519-sha256',
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
  ],
  ciphers: [
    'chacha20-poly1305@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  macs: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
};

describe('the tables of algorithms', () => {
  test('offer what OpenSSH 10.5 offers, in its order', () => {
    assert.deepEqual(defaultNames(keyExchanges, 'client'), openssh.keyExchangesOfClient);
    assert.deepEqual(defaultNames(keyExchanges, 'server'), openssh.keyExchangesOfClient.slice(0, -1));
    for (const role of ['client', 'server'] as const) {
      assert.deepEqual(defaultNames(ciphers, role), openssh.ciphers);
      assert.deepEqual(defaultNames(macs, role), openssh.macs);
      assert.deepEqual(defaultNames(compressions, role), ['none']);
    }
  });

  test('name each algorithm once, and where it is defined', () => {
    for (const table of [keyExchanges, ciphers, macs, compressions] as readonly (readonly AlgorithmRow[])[]) {
      assert.equal(new Set(table.map((row) => row.name)).size, table.length);
      for (const row of table) assert.match(row.reference, /section \d/);
    }
    assert.deepEqual([...cipherOrderWithAesHardware].sort(), ciphers.map((row) => row.name).sort());
  });

  test('find a row by its name, and none by another', () => {
    assert.equal(findCipher('aes256-ctr')?.keyBytes, 32);
    assert.equal(findMac('hmac-sha2-512')?.tagBytes, 64);
    assert.equal(findKeyExchange('ecdh-sha2-nistp384')?.digest, 'sha384');
    for (const find of [findCipher, findMac, findKeyExchange]) assert.equal(find('none'), undefined);
  });

  test('say the sizes that the provider has', () => {
    for (const { name, lengthBytes } of Object.values(digests)) assert.equal(crypto.digest(name).length, lengthBytes);
    for (const mac of macs) {
      const hmac = crypto.hmac(mac.digest, new Uint8Array(mac.keyBytes));
      assert.equal(hmac.lengthBytes, mac.tagBytes);
      hmac.free();
    }
    const [mac] = macs;
    for (const row of ciphers) {
      const keys = { key: new Uint8Array(row.keyBytes), iv: new Uint8Array(row.ivBytes) };
      const cipher = row.create(crypto, { ...keys, mac: { row: mac, key: new Uint8Array(mac.keyBytes) } });
      assert.equal(cipher.blockBytes, row.blockBytes);
      assert.equal(cipher.tagBytes, row.tagBytes === 0 ? mac.tagBytes : row.tagBytes);
      assert.equal(cipher.currentIv().length, row.ivBytes);
      cipher.free();
    }
  });
});
