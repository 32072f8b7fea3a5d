import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import type { HostSignature } from '../../shared/keysign-service.ts';
import { hostbasedMessages } from '../messages.ts';
import type { VouchingKeysOptions } from './vouching-keys.ts';
import { VouchingKeys } from './vouching-keys.ts';

const crypto = createCryptoProvider();
const publicKeyOf = (...args: Parameters<typeof crypto.generateKey>): PublicKey =>
  new PrivateKey(crypto.generateKey(...args)).publicKey;
const ed25519 = publicKeyOf('ed25519');
const rsa = publicKeyOf('rsa', { bits: 2048 });
const ecdsa = publicKeyOf('ecdsa', { curve: 'nistp256' });

function bench(options: Partial<VouchingKeysOptions> = {}): { readonly keys: VouchingKeys; readonly log: string[] } {
  const log: string[] = [];
  const keys = new VouchingKeys({
    crypto,
    keys: [ecdsa, ed25519, rsa],
    algorithms: defaultSignatureAlgorithms,
    clientUser: 'ann',
    hostName: () => 'client.test',
    sign: () => Promise.resolve({ kind: 'signed', signature: new Uint8Array(3) }),
    missing: { keys: 'no keys', signer: 'no signer' },
    log: (level, line) => log.push(`${level}: ${line}`),
    ...options,
  });
  return { keys, log };
}

function algorithmsOf(keys: VouchingKeys): string[] {
  const found: string[] = [];
  for (let attempt = keys.next(); attempt !== undefined; attempt = keys.next()) {
    assert.equal(attempt.method, 'hostbased');
    if (attempt.method === 'hostbased') found.push(attempt.algorithm);
  }
  return found;
}

describe('VouchingKeys', () => {
  test('tries every key once, in the order of HostbasedAcceptedAlgorithms', () => {
    assert.deepEqual(algorithmsOf(bench().keys), ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512']);
    const algorithms = ['rsa-sha2-256', 'ecdsa-sha2-nistp384', 'ssh-ed25519', 'rsa-sha2-512'];
    assert.deepEqual(algorithmsOf(bench({ algorithms }).keys), ['rsa-sha2-256', 'ssh-ed25519']);
  });

  test('names the host with a dot at its end, and looks the name up once (RFC 4252 section 9)', () => {
    let lookUps = 0;
    const hostName = (): string => `client${++lookUps}.test`;
    const { keys } = bench({ hostName });
    for (const key of [ed25519, ecdsa]) {
      const attempt = keys.next();
      if (attempt?.method !== 'hostbased') assert.fail('no attempt');
      assert.deepEqual([attempt.key, attempt.clientHost, attempt.clientUser], [key.blob, 'client1.test.', 'ann']);
    }
  });

  test('says what is missing when there is no key, and when none fits', () => {
    assert.deepEqual(bench({ keys: [] }).log, ['info: no keys']);
    assert.deepEqual(bench({ algorithms: ['sk-ssh-ed25519@openssh.com'] }).log, [
      `info: ${hostbasedMessages.noAcceptedKey}`,
    ]);
  });

  test('goes on with the next key when a signature is refused, and stops when nobody is there to sign', async () => {
    const answers: HostSignature[] = [{ kind: 'refused', reason: 'not today' }, { kind: 'absent' }];
    const { keys, log } = bench({ sign: () => Promise.resolve(answers.shift() ?? { kind: 'absent' }) });
    keys.next();
    assert.equal(await keys.sign(new Uint8Array(1)), undefined);
    assert.notEqual(keys.next(), undefined);
    assert.equal(await keys.sign(new Uint8Array(1)), undefined);
    assert.equal(keys.next(), undefined);
    const errors = log.filter((line) => line.startsWith('error')).map((line) => line.replace(/SHA256:\S+/, 'FP'));
    assert.deepEqual(errors, [
      'error: sign using hostkey ssh-ed25519 FP failed: not today',
      'error: sign using hostkey ecdsa-sha2-nistp256 FP failed: no signer',
    ]);
  });

  test('escapes what the signer says', async () => {
    const { keys, log } = bench({ sign: () => Promise.resolve({ kind: 'refused', reason: 'a\u001b[2Jb' }) });
    keys.next();
    await keys.sign(new Uint8Array(1));
    assert.ok(
      log.some((line) => line.includes('a\\033[2Jb')),
      log.join('\n'),
    );
  });
});
