import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { signerWith } from '@sallyport/testing/certify';
import { keySamples } from '@sallyport/testing/key-samples';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { isCertificate } from './certificate.ts';
import { judgeSigner, parseAllowedSignersLine, principalsOfSigner } from './formats/allowed-signers.ts';
import { decodePrivateKeyFile } from './formats/private-key-file.ts';
import { parseAnyPublicLine } from './formats/public-line.ts';
import { armorSshsig, dearmorSshsig, decodeSshsig, signDigest, sshsigHash, verifySshsig } from './sshsig.ts';

const crypto = createCryptoProvider();
const utc = ({ year, month, day }: { year: number; month: number; day: number }): number =>
  Date.UTC(year, month - 1, day) / 1000;
const now = Date.UTC(2026, 0, 1) / 1000;
const [sample] = keySamples;
assert.ok(sample);
const privateKey = decodePrivateKeyFile(utf8Encode(sample.privateFile)).open(crypto, new Uint8Array(0));
assert.ok(privateKey);
const signer = signerWith(crypto, privateKey);
const digest = crypto.digest('sha512', utf8Encode('hello\n'));
const certificate = parseAnyPublicLine(certificateSamples[0]?.line ?? '').key;
assert.ok(isCertificate(certificate));

/** Made by the stock ssh-keygen 9.2 with the first key sample over "hello\n". */
const stockSignature = `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgg+6gDq6EHZ2njy5oNnfeyXGR58
OEsFXXkO8x6Ayx0vwAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
OQAAAEBp4n8ao5OCKSL8Jv8LYn4kZ9SPXUzmtoqA3MvjLA6mfqfyzUd+6f/h4cff3rPKzf
ZMDVBOS8tTqfjxg14m9coC
-----END SSH SIGNATURE-----
`;

const signed = (changes: Partial<Parameters<typeof signDigest>[0]> = {}): Promise<Uint8Array> =>
  signDigest({ signer, namespace: 'file', hash: 'sha512', digest, ...changes });

test('a signature of the stock program is right, and ours is the same to the byte (PROTOCOL.sshsig)', async () => {
  const sshsig = decodeSshsig(dearmorSshsig(stockSignature));
  assert.deepEqual([sshsig.namespace, sshsig.hash], ['file', 'sha512']);
  assert.equal(verifySshsig(crypto, sshsig, digest), true);
  assert.equal(verifySshsig(crypto, sshsig, crypto.digest('sha512', utf8Encode('hello'))), false);
  assert.equal(armorSshsig(await signed()), stockSignature);
});

test('a signature counts for its namespace and its hash only', async () => {
  const sshsig = decodeSshsig(await signed());
  assert.equal(verifySshsig(crypto, sshsig, digest), true);
  assert.equal(verifySshsig(crypto, { ...sshsig, namespace: 'git' }, digest), false);
  assert.equal(verifySshsig(crypto, { ...sshsig, hash: 'sha256' }, digest), false);
  assert.equal(sshsigHash('sha1'), undefined);
});

test('every truncation of a signature is an error and every changed byte an error or a wrong signature', async () => {
  for (const blob of [await signed(), await signed({ certificate })]) {
    for (let length = 0; length < blob.length; length++) {
      assert.throws(() => decodeSshsig(blob.subarray(0, length)), DecodeError);
    }
    for (let at = 0; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      assert.equal(isRight(changed), false, `byte ${at}`);
    }
  }
});

/** The version may go down to 0, and a certificate's own signature is the business of who trusts its authority. */
function isRight(blob: Uint8Array): boolean {
  try {
    const sshsig = decodeSshsig(blob);
    const isSame = !isCertificate(sshsig.key) || Buffer.from(sshsig.key.blob).equals(certificate.blob);
    return isSame && blob[9] === 1 && verifySshsig(crypto, sshsig, digest);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    return false;
  }
}

test('armor: what is no signature says so; blanks inside and text behind do not matter', () => {
  const blob = dearmorSshsig(stockSignature);
  assert.deepEqual(
    dearmorSshsig(`${stockSignature.replaceAll('\n', '\r\n').replace('\r\n-----END', '\n-----END')}more`),
    blob,
  );
  assert.throws(() => dearmorSshsig(` ${stockSignature}`), /missing header/);
  assert.throws(() => dearmorSshsig(stockSignature.slice(0, -30)), /missing footer/);
  assert.throws(() => dearmorSshsig(stockSignature.replace('U1NI', 'U1N!')), DecodeError);
  assert.throws(() => decodeSshsig(Uint8Array.from([...blob, 0])), /trailing data/);
});

test('versions to come and other hashes are refused', () => {
  const make = (version: number, hash: string): Uint8Array =>
    new Writer()
      .raw(utf8Encode('SSHSIG'))
      .uint32(version)
      .string(signer.publicKey.blob)
      .string('n')
      .string('')
      .string(hash)
      .string('')
      .bytes();
  assert.throws(() => decodeSshsig(make(2, 'sha512')), /version 2 is larger/);
  assert.throws(() => decodeSshsig(make(1, 'sha1')), /unsupported hash/);
  assert.ok(decodeSshsig(make(1, 'sha256')));
});

function entry(line: string): Extract<ReturnType<typeof parseAllowedSignersLine>, { kind: 'entry' }> {
  const parsed = parseAllowedSignersLine(line, { localTime: utc });
  assert.equal(parsed.kind, 'entry', line);
  return parsed;
}

function judge(line: string, changes: Partial<Parameters<typeof judgeSigner>[2]> = {}): string {
  const use = { key: signer.publicKey, principal: 'alice@x', namespace: 'git', time: now, ...changes };
  return judgeSigner(crypto, entry(line), use).kind;
}

const key = sample.publicLine;

test('a line allows its key for principals that match and are not negated', () => {
  assert.equal(judge(`alice@x ${key}`), 'allowed');
  assert.equal(judge(`bob@x,*@x ${key}`), 'allowed');
  assert.equal(judge(`*@x,!alice@x ${key}`), 'other');
  assert.equal(judge(`"alice@x" ${key}`), 'allowed');
  assert.equal(judge(`alice@x ${keySamples[1]?.publicLine}`), 'other');
});

test('namespaces and times of a line limit it', () => {
  assert.equal(judge(`* namespaces="file,git" ${key}`), 'allowed');
  assert.equal(judge(`* namespaces="*,!git" ${key}`), 'namespace-refused');
  assert.equal(judge(`* valid-after="20260101" ${key}`), 'allowed');
  assert.equal(judge(`* valid-after="20260102" ${key}`), 'not-yet-valid');
  assert.equal(judge(`* valid-before="20260101" ${key}`), 'allowed');
  assert.equal(judge(`* VALID-BEFORE="20251231" ${key}`), 'expired');
});

test('an authority speaks for its certificates, and a plain key does not', () => {
  const authority = `* cert-authority ${key}`;
  const use = { key: certificate, principal: 'alice' };
  assert.equal(judge(authority, use), 'allowed');
  assert.equal(judge(authority, { ...use, principal: 'carol' }), 'certificate-refused');
  assert.equal(judge(authority, { ...use, time: 0 }), 'certificate-refused');
  assert.equal(judge(authority), 'other');
  assert.equal(judge(`* ${key}`, use), 'other');
  const forged = { ...certificate, principals: ['carol'], signedPart: new Uint8Array(1) };
  assert.equal(judge(authority, { ...use, key: forged, principal: 'carol' }), 'certificate-refused');
});

test('principals of a key are those of its line, of a certificate its own that the line names', () => {
  const found = (line: string, use: Parameters<typeof principalsOfSigner>[2]): unknown =>
    principalsOfSigner(crypto, entry(line), use);
  assert.deepEqual(found(`a,b* ${key}`, { key: signer.publicKey, time: now }), {
    kind: 'found',
    principals: ['a', 'b*'],
  });
  assert.deepEqual(found(`al*,carol cert-authority ${key}`, { key: certificate, time: now }), {
    kind: 'found',
    principals: ['alice'],
  });
  assert.deepEqual(found(`carol cert-authority ${key}`, { key: certificate, time: now }), { kind: 'none-valid' });
  assert.deepEqual(found(`* valid-before="20200101" ${key}`, { key: signer.publicKey, time: now }), {
    kind: 'expired',
    limit: Date.UTC(2020, 0, 1) / 1000,
  });
  assert.deepEqual(found(`* cert-authority ${key}`, { key: certificate, time: 0 }), { kind: 'none-valid' });
  assert.deepEqual(found(`* ${keySamples[1]?.publicLine}`, { key: certificate, time: now }), { kind: 'other' });
});

test('lines that are not understood are refused with the reason of OpenSSH', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['a', 'missing key'],
    ['a namespaces="b"', 'missing key'],
    ['a namespaces="b" xx', 'invalid key'],
    ['a namespaces="x', 'invalid options'],
    [`a foo=bar ${key}`, 'bad options: missing start quote'],
    [`a foo="bar" ${key}`, 'bad options: unknown key option'],
    [`a foo ${key}`, 'bad options: unknown key option'],
    [`a namespaces="x",namespaces="y" ${key}`, 'bad options: multiple "namespaces" clauses'],
    [`a valid-after="x" ${key}`, 'bad options: invalid "valid-after" time'],
    [`a valid-after="20200101",valid-after="20200101" ${key}`, 'bad options: multiple "valid-after" clauses'],
    [
      `a valid-after="20200101",valid-before="20190101" ${key}`,
      'bad options: "valid-before" time is before "valid-after"',
    ],
    [`a cert-authority, ${key}`, 'bad options: unexpected end-of-options'],
    [`"a ${key}`, 'invalid line'],
  ];
  for (const [line, reason] of rows) {
    assert.deepEqual(parseAllowedSignersLine(line, { localTime: utc }), { kind: 'refused', reason }, line);
  }
  assert.equal(parseAllowedSignersLine('damaged', { localTime: utc, principal: 'a' }).kind, 'passed-over');
  for (const line of ['', '  # a comment', '\r\n'])
    assert.equal(parseAllowedSignersLine(line, { localTime: utc }).kind, 'passed-over');
});
