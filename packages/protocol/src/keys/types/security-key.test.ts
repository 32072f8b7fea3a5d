import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { base64Decode } from '../../wire/base64.ts';
import { concatBytes } from '../../wire/bytes.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { encodeOpensshKeyV1 } from '../formats/openssh-key-v1.ts';
import { decodePrivateKeyFile } from '../formats/private-key-file.ts';
import { parsePublicLine } from '../formats/public-line.ts';
import { decodePublicKey, examineSignature, verifySignature } from '../public-key.ts';
import { securityKeyFlags, securityKeySignature } from './security-key.ts';

const crypto = createCryptoProvider();

/** Made by the stock ssh-keygen with its dummy authenticator: a key and the signature of `to be signed` (-Y, test). */
const samples = [
  {
    label: 'ED25519-SK',
    file: `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAATgAAABpzay1zc2
gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAACBMR8HBH8W1iTyexoUx1LPzrSF/MwhPZCrt3EFx
UgJJ+QAAAAhzc2g6dGVzdAAAAKie929NnvdvTQAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3
NoLmNvbQAAACBMR8HBH8W1iTyexoUx1LPzrSF/MwhPZCrt3EFxUgJJ+QAAAAhzc2g6dGVz
dAEAAABADKYk4wz3uDToSenwOfIPaBlFaAaUVUSb6NwwKFr+AchMR8HBH8W1iTyexoUx1L
PzrSF/MwhPZCrt3EFxUgJJ+QAAAAAAAAAEdGVzdAE=
-----END OPENSSH PRIVATE KEY-----
`,
    line:
      'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIExHwcEfxbWJPJ7GhTHUs/OtIX8zCE9kKu3c' +
      'QXFSAkn5AAAACHNzaDp0ZXN0 test',
    signature:
      'AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAQPLt3/bZZGGcpndYx+gBOBtZD1ot3d6sgUozqBhb1pnsnAZnUbKKbf4kA84Vl1Dc' +
      'jUCbpF5kJmhAo6Uxg4CJMwEBEjRWeA==',
  },
  {
    label: 'ECDSA-SK',
    file: `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAgwAAACJzay1lY2
RzYS1zaGEyLW5pc3RwMjU2QG9wZW5zc2guY29tAAAACG5pc3RwMjU2AAAAQQTcnzsDbBT0
b8HcP3smFkn4NIakePitnJhQijIuVj+19mVfIry0GhHiz1QeE2gC09yhJZ8Rwm2EwHcwtA
PZu08TAAAACHNzaDp0ZXN0AAABgJ2KbPydimz8AAAAInNrLWVjZHNhLXNoYTItbmlzdHAy
NTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBNyfOwNsFPRvwdw/eyYWSfg0hqR4+K
2cmFCKMi5WP7X2ZV8ivLQaEeLPVB4TaALT3KElnxHCbYTAdzC0A9m7TxMAAAAIc3NoOnRl
c3QBAAAA4y0tLS0tQkVHSU4gRUMgUFJJVkFURSBLRVktLS0tLQpNSGNDQVFFRUlPVXgxc3
JkVWpERmdmY3J3anZpQnc1SmxGODRGNDAxMGkvSk5KemtiTGs0b0FvR0NDcUdTTTQ5CkF3
RUhvVVFEUWdBRTNKODdBMndVOUcvQjNEOTdKaFpKK0RTR3BIajRyWnlZVUlveUxsWS90Zl
psWHlLOHRCb1IKNHM5VUhoTm9BdFBjb1NXZkVjSnRoTUIzTUxRRDJidFBFdz09Ci0tLS0t
RU5EIEVDIFBSSVZBVEUgS0VZLS0tLS0KAAAAAAAAAAR0ZXN0AQ==
-----END OPENSSH PRIVATE KEY-----
`,
    line:
      'sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABB' +
      'BNyfOwNsFPRvwdw/eyYWSfg0hqR4+K2cmFCKMi5WP7X2ZV8ivLQaEeLPVB4TaALT3KElnxHCbYTAdzC0A9m7TxMAAAAIc3NoOnRlc3Q= test',
    signature:
      'AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAABKAAAAIQD6J1oSQG2BW2NWtLcJvkg9n/DTV+h2QWVnXoC9vauV3gAA' +
      'ACEApHbJxmEpUhsUG0eWRWFKKpMtHlLIDWDc1uatza8FBLkBEjRWeA==',
  },
] as const;

/** PROTOCOL.sshsig: what `ssh-keygen -Y sign -n test` signs for a message. */
function signedBySshKeygen(message: string): Uint8Array {
  const hash = crypto.digest('sha512', utf8Encode(message));
  const fields = new Writer().string('test').string('').string('sha512').string(hash).bytes();
  return concatBytes(utf8Encode('SSHSIG'), fields);
}

for (const { label, file, line, signature } of samples) {
  test(`keys of type ${label} are read and written, and hold no secret that signs (PROTOCOL.u2f)`, () => {
    const key = decodePrivateKeyFile(utf8Encode(file)).open(crypto, new Uint8Array());
    assert.ok(key);
    assert.deepEqual(key.publicKey.blob, parsePublicLine(line).key.blob);
    assert.deepEqual(decodePublicKey(key.publicKey.blob), key.publicKey);
    const { application, flags } = key.securityKey ?? assert.fail();
    assert.deepEqual([application, flags], ['ssh:test', securityKeyFlags.userPresence]);
    const again = decodePrivateKeyFile(utf8Encode(encodeOpensshKeyV1(crypto, key))).open(crypto, new Uint8Array());
    assert.deepEqual(again?.securityKey, key.securityKey);
    assert.throws(() => key.sign(crypto, key.publicKey.type, new Uint8Array(1)), /not usable/);
    key.wipe();
    assert.equal(key.securityKey, undefined);
  });

  test(`signatures of a token of type ${label} say what the token knew`, () => {
    const { key } = parsePublicLine(line);
    const blob = base64Decode(signature);
    const data = signedBySshKeygen('to be signed');
    const facts = examineSignature(crypto, { key, data, signature: blob });
    assert.deepEqual(facts, { securityKey: { userPresent: true, userVerified: false, counter: 0x12345678 } });
    for (let at = 0; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at] = (changed[at] as number) ^ 1;
      assert.equal(verifySignature(crypto, { key, data, signature: changed }), false, `byte ${at}`);
      assert.equal(verifySignature(crypto, { key, data, signature: blob.subarray(0, at) }), false, `length ${at}`);
    }
    assert.equal(verifySignature(crypto, { key, data, signature: concatBytes(blob, new Uint8Array(1)) }), false);
    assert.equal(verifySignature(crypto, { key, data: signedBySshKeygen('else'), signature: blob }), false);
  });
}

/** A P-256 key that plays the authenticator of a browser (Web Authentication, section 6.3.3). */
function browserSignature(options: {
  readonly data: Uint8Array;
  readonly clientData?: string;
  readonly origin?: string;
  readonly flags?: number;
  readonly extensions?: Uint8Array;
}) {
  const { data, origin = 'https://example.org', flags = 1, extensions = new Uint8Array() } = options;
  const application = 'ssh:web';
  const parts = crypto.generateKey('ecdsa', { curve: 'nistp256' });
  if (parts.kind !== 'ecdsa') throw new Error('not an ECDSA key');
  const challenge = Buffer.from(data).toString('base64url');
  const usual = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${origin}","crossOrigin":false}`;
  const clientData = utf8Encode(options.clientData ?? usual);
  const message = new Writer()
    .raw(crypto.digest('sha256', utf8Encode(application)))
    .byte(flags)
    .uint32(7)
    .raw(extensions)
    .raw(crypto.digest('sha256', clientData))
    .bytes();
  const raw = crypto.signingKey(parts)?.sign('sha256', message) ?? assert.fail();
  const algorithm = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';
  const head = securityKeySignature(algorithm, { raw, flags, counter: 7 });
  const tail = new Writer().string(origin).string(clientData).string(extensions).bytes();
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = new Writer().string(type).string('nistp256').string(parts.publicPoint).string(application).bytes();
  return { key: decodePublicKey(blob), data, signature: concatBytes(head, tail) };
}

test('a signature made in a browser is taken when its words are about the data', () => {
  const data = utf8Encode('data ~~~ with all of base64url ???');
  const facts = examineSignature(crypto, browserSignature({ data }));
  assert.deepEqual(facts, { securityKey: { userPresent: true, userVerified: false, counter: 7 } });
  const extensions = utf8Encode('extensions');
  assert.ok(verifySignature(crypto, browserSignature({ data, flags: 0x85, extensions })));
});

test('a signature that nobody touched the token for counts only for those who look closer', () => {
  const untouched = browserSignature({ data: utf8Encode('data'), flags: 0 });
  assert.equal(verifySignature(crypto, untouched), false);
  assert.equal(examineSignature(crypto, untouched)?.securityKey?.userPresent, false);
});

test('browser signatures about other data, of another form or with flags that do not fit are refused', () => {
  const data = utf8Encode('data');
  const refused = [
    { data, clientData: '{"challenge":"ZGF0YQ","type":"webauthn.get","origin":"https://example.org"}' },
    { data, clientData: '{"type":"webauthn.create","challenge":"ZGF0YQ","origin":"https://example.org"}' },
    { data, clientData: '{"type":"webauthn.get","challenge":"ZGF0YQ","origin":"https://evil.org"}' },
    { data, clientData: '' },
    { data, origin: 'https://example.org","crossOrigin":true,"x":"' },
    { data, flags: 0x41 },
    { data, flags: 0x81 },
    { data, extensions: utf8Encode('e') },
  ];
  for (const one of refused) assert.equal(verifySignature(crypto, browserSignature(one)), false, JSON.stringify(one));
  const right = browserSignature({ data });
  assert.equal(verifySignature(crypto, { ...right, data: utf8Encode('else') }), false);
  assert.equal(verifySignature(crypto, { ...right, algorithm: 'sk-ecdsa-sha2-nistp256@openssh.com' }), false);
});
