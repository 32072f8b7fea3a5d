import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyError } from '@sallyport/testing/key-error';
import { skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import {
  createCertificate,
  createRevocationList,
  formatPublicKey,
  generatePrivateKey,
  parseRevocationList,
  readRevocationList,
} from '../keys.ts';

const key = generatePrivateKey();

test('a list revokes the keys that it names, and no others', () => {
  for (const file of [createRevocationList({ keys: [key] }), `# old\n${formatPublicKey(key)}\n`]) {
    const list = parseRevocationList(file);
    assert.equal(list.revokes(key), true);
    assert.equal(list.revokes(key.publicKey), true);
    assert.equal(list.revokes(generatePrivateKey()), false);
  }
  assert.equal(parseRevocationList(createRevocationList({})).revokes(key), false);
});

test('a list that is empty, damaged or not there is an error and never an empty list', async () => {
  const whole = createRevocationList({ keys: [key], comment: 'x' });
  for (const file of ['', ' \n', 'rubbish', whole.slice(0, -1), new Uint8Array([...whole, 0]), whole.slice(0, 20)]) {
    assert.throws(() => parseRevocationList(file), keyError('key-malformed'));
  }
  await using folder = await TemporaryFolder.create();
  await assert.rejects(readRevocationList(folder.file('none')), keyError('local-failed', /ENOENT/));
  const empty = await folder.write('empty', '');
  await assert.rejects(readRevocationList(empty), keyError('key-malformed'));
});

test('the bytes of a list may change after it was parsed', () => {
  const file = createRevocationList({ keys: [key] });
  const list = parseRevocationList(file);
  file.fill(0);
  assert.equal(list.revokes(key), true);
});

test('numbers that are none make no list', () => {
  for (const serial of [0, -1, 1.5, 2n ** 64n, { from: 9, to: 8 }]) {
    assert.throws(() => createRevocationList({ certificates: [{ serials: [serial] }] }), RangeError);
  }
  assert.throws(() => createRevocationList({ version: -1 }), RangeError);
});

test('stock ssh-keygen finds in a list what was put there', skipUnless('openssh-client'), async () => {
  await using folder = await TemporaryFolder.create();
  const authority = generatePrivateKey();
  const certificate = await createCertificate(authority, {
    kind: 'user',
    key,
    keyId: 'bob',
    principals: ['bob'],
    serial: 41,
    validBefore: Number.POSITIVE_INFINITY,
  });
  const path = await folder.write('bob-cert.pub', `${formatPublicKey(certificate)}\n`);
  const ask = async (serials: readonly number[]): Promise<string> => {
    const content = { version: 3, comment: 'a list', certificates: [{ authority, serials }] };
    const list = await folder.write('krl', createRevocationList(content));
    return (await runProgram('ssh-keygen', ['-Q', '-f', list, path])).stdout.toString();
  };
  assert.match(await ask([40, 41]), /: REVOKED\n/);
  assert.match(await ask([40, 42]), /: ok\n/);
});
