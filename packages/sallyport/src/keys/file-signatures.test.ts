import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { test } from 'node:test';
import { keyError } from '@sallyport/testing/key-error';
import { skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import type { VerifyOptions } from '../keys.ts';
import {
  AllowedSigners,
  createCertificate,
  createRevocationList,
  formatPrivateKey,
  formatPublicKey,
  generatePrivateKey,
  parseRevocationList,
  parseSignature,
  signMessage,
  verifyMessage,
} from '../keys.ts';

const key = generatePrivateKey();
const line = formatPublicKey(key);
const message = Buffer.from('what was signed\n');
const refused = (reason: RegExp): ((error: unknown) => boolean) => keyError('signature-refused', reason);

const byKey: VerifyOptions = { namespace: 'file', keys: [line] };

test('a signature verifies over bytes and over a stream of them, for keys of every type', async () => {
  const types = [{}, { type: 'ecdsa', curve: 'nistp521' }, { type: 'rsa', bits: 2048 }] as const;
  for (const wanted of types) {
    const own = generatePrivateKey(wanted);
    const signature = await signMessage(own, message, { namespace: 'file', hash: 'sha256' });
    const { hash, namespace, key: named } = parseSignature(signature);
    assert.deepEqual([hash, namespace, named], ['sha256', 'file', own.publicKey]);
    const signer = await verifyMessage(message, signature, { namespace: 'file', keys: [own] });
    assert.deepEqual(signer, own.publicKey);
    await using folder = await TemporaryFolder.create();
    const file = createReadStream(await folder.write('file', message), { highWaterMark: 3 });
    assert.deepEqual(await verifyMessage(file, Buffer.from(signature), { namespace: 'file', keys: [own] }), signer);
  }
});

test('another message, namespace or key, or a revoked one, is refused', async () => {
  const signature = await signMessage(key, message, { namespace: 'file' });
  await assert.rejects(verifyMessage(Buffer.from('other'), signature, byKey), refused(/incorrect signature/));
  await assert.rejects(verifyMessage(message, signature, { ...byKey, namespace: 'git' }), refused(/namespace file/));
  const other = verifyMessage(message, signature, { namespace: 'file', keys: [generatePrivateKey()] });
  await assert.rejects(other, refused(/none of those trusted/));
  await assert.rejects(verifyMessage(message, signature, { namespace: 'file', keys: [] }), refused(/none/));
  const revoked = parseRevocationList(createRevocationList({ keys: [key] }));
  await assert.rejects(verifyMessage(message, signature, { ...byKey, revoked }), refused(/revoked/));
  for (const text of ['', 'rubbish', signature.slice(10), signature.split('\n').toSpliced(2, 1).join('\n')]) {
    await assert.rejects(verifyMessage(message, text, byKey), keyError('key-malformed'));
  }
  await assert.rejects(signMessage(key, message, { namespace: '' }), TypeError);
});

test('allowed_signers say who, for what and when', async () => {
  const signers = new AllowedSigners(
    [
      '# people',
      `alice@example.com,al* namespaces="file,git" ${line}`,
      `bob valid-before="20200101Z" ${line}`,
      'carol rubbish',
    ].join('\n'),
  );
  assert.deepEqual(signers.problems, [{ line: 4, reason: 'missing key' }]);
  const signature = await signMessage(key, message, { namespace: 'file' });
  const by = (principal: string, at?: Date): VerifyOptions => ({
    namespace: 'file',
    signers,
    principal,
    ...(at === undefined ? {} : { at }),
  });
  assert.deepEqual(await verifyMessage(message, signature, by('alice@example.com')), key.publicKey);
  await verifyMessage(message, signature, by('bob', new Date(0)));
  await assert.rejects(verifyMessage(message, signature, by('bob')), refused(/expired/));
  await assert.rejects(verifyMessage(message, signature, by('mallory')), refused(/no line allows/));
  const mail = await signMessage(key, message, { namespace: 'mail' });
  await assert.rejects(
    verifyMessage(message, mail, { ...by('alice@example.com'), namespace: 'mail' }),
    refused(/not allowed in this namespace/),
  );
  assert.deepEqual(signers.principalsOf(key.publicKey), ['alice@example.com', 'al*']);
  assert.deepEqual(signers.principalsOf(generatePrivateKey().publicKey), []);
});

test('a certificate signs for its principals where its authority is allowed, and never as its plain key', async () => {
  const authority = generatePrivateKey();
  const certificate = await createCertificate(authority, {
    kind: 'user',
    key,
    keyId: 'x',
    principals: ['dora'],
    validBefore: Number.POSITIVE_INFINITY,
  });
  const signature = await signMessage(key, message, { namespace: 'file', certificate });
  const signers = new AllowedSigners(`* cert-authority ${formatPublicKey(authority)}`);
  const found = await verifyMessage(message, signature, { namespace: 'file', signers, principal: 'dora' });
  assert.deepEqual(found, certificate);
  const other = verifyMessage(message, signature, { namespace: 'file', signers, principal: 'eve' });
  await assert.rejects(other, refused(/not a listed principal/));
  await assert.rejects(verifyMessage(message, signature, byKey), refused(/none of those trusted/));
  const foreign = signMessage(authority, message, { namespace: 'file', certificate });
  await assert.rejects(foreign, TypeError);
});

test('stock ssh-keygen and we verify each other', skipUnless('openssh-client'), async () => {
  await using folder = await TemporaryFolder.create();
  const signers = await folder.write('signers', `me ${line}\n`);
  const ours = await folder.write('ours.sig', await signMessage(key, message, { namespace: 'file' }));
  const args = ['-Y', 'verify', '-f', signers, '-I', 'me', '-n', 'file', '-s', ours];
  assert.equal((await runProgram('ssh-keygen', args, { input: message })).code, 0);
  const path = await folder.write('key', await formatPrivateKey(key), 0o600);
  const made = await runProgram('ssh-keygen', ['-Y', 'sign', '-f', path, '-n', 'file'], { input: message });
  assert.deepEqual(await verifyMessage(message, made.stdout, byKey), key.publicKey);
});
