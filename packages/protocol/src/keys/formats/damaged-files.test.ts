import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { signerWith } from '@sallyport/testing/certify';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples } from '@sallyport/testing/key-samples';
import { samplePrivateKey } from '@sallyport/testing/sample-private-key';
import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { hexEncode } from '../../wire/base64.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8DecodeReversibly, utf8Encode } from '../../wire/utf8.ts';
import { type Certificate, isCertificate } from '../certificate.ts';
import { checkCertificate } from '../certificate-check.ts';
import type { PrivateKey } from '../private-key.ts';
import type { PublicKey } from '../public-key.ts';
import { armorSshsig, dearmorSshsig, decodeSshsig, signDigest, verifySshsig } from '../sshsig.ts';
import { judgeSigner, parseAllowedSignersLine } from './allowed-signers.ts';
import { parseAuthorizedKeysLine } from './authorized-keys.ts';
import { encodePpk } from './encode-ppk.ts';
import { hashHostsField, lookUpHostAuthority, lookUpHostKey, parseKnownHosts } from './known-hosts.ts';
import { privateKeyCiphers } from './openssh-key-seal.ts';
import { encodeOpensshKeyV1 } from './openssh-key-v1.ts';
import { encodePem } from './pem-private.ts';
import { decodePrivateKeyFile } from './private-key-file.ts';
import { decodePublicFile, encodePublicFile, publicFileFormats } from './public-files.ts';
import { parseAnyPublicLine } from './public-line.ts';
import { ssh2PrivateKey } from './ssh2-private.ts';

// Every format, cut at every byte and with every byte changed: an error, or a reading that does no harm.

const real = createCryptoProvider();
const passphrase = utf8Encode('open sesame');
const nothing = new Uint8Array(0);

/** The provider with a memory for what passphrases give; costs out of all proportion give another key. */
function patientCrypto(): CryptoProvider {
  const known = new Map<string, Uint8Array | undefined>();
  const remember = <Made extends Uint8Array | undefined>(
    what: readonly unknown[],
    cost: number,
    make: () => Made,
  ): Made | Uint8Array => {
    if (cost > 1) return new Uint8Array(Number(what.at(-1)));
    const name = JSON.stringify(what);
    const value = known.has(name) ? (known.get(name)?.slice() as Made) : make();
    known.set(name, value?.slice());
    return value;
  };
  return {
    ...real,
    bcryptPbkdf: (secret, salt, options) => {
      const { rounds, lengthBytes } = options;
      const what = ['bcrypt', hexEncode(secret), hexEncode(salt), rounds, lengthBytes];
      return remember(what, rounds / 4, () => real.bcryptPbkdf(secret, salt, options));
    },
    pbkdf2: (digest, secret, options) => {
      const { salt, iterations, lengthBytes } = options;
      const what = [digest, hexEncode(secret), hexEncode(salt), iterations, lengthBytes];
      return remember(what, iterations / 20_000, () => real.pbkdf2(digest, secret, options));
    },
    argon2: (variant, secret, options) => {
      const { lengthBytes, memoryKib, passes, lanes, salt } = options;
      const what = [variant, hexEncode(secret), hexEncode(salt), memoryKib, passes, lanes, lengthBytes];
      return remember(what, (memoryKib * passes) / 20_000, () => real.argon2(variant, secret, options));
    },
  };
}

const crypto = patientCrypto();

interface Damage {
  readonly bytes: Uint8Array;
  readonly what: string;
}

function* damagesOf(file: Uint8Array): Generator<Damage> {
  for (let length = 0; length < file.length; length++) yield { bytes: file.slice(0, length), what: `cut at ${length}` };
  for (let at = 0; at < file.length; at++) {
    for (const mask of [1 << (at % 8), 0x95]) {
      const bytes = file.slice();
      bytes[at] = (bytes[at] as number) ^ mask;
      yield { bytes, what: `byte ${at} xor ${mask}` };
    }
  }
}

/** The reading of every damaged file is undefined, a DecodeError, or what `judge` bears. */
function damageAll<Reading>(
  file: string,
  read: (bytes: Uint8Array) => Reading | undefined,
  judge: (reading: Reading, what: string) => void,
): void {
  const whole = utf8Encode(file);
  const undamaged = read(whole);
  assert.ok(undamaged !== undefined);
  judge(undamaged, 'undamaged');
  for (const { bytes, what } of damagesOf(whole)) {
    let reading: Reading | undefined;
    try {
      reading = read(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, `${what}: ${error instanceof Error ? error.stack : String(error)}`);
      continue;
    }
    if (reading !== undefined) judge(reading, what);
  }
}

function openPrivate(bytes: Uint8Array): PrivateKey | undefined {
  return decodePrivateKeyFile(bytes).open(crypto, passphrase);
}

const privateText = (key: PrivateKey): string => encodeOpensshKeyV1(crypto, key, { comment: '' });

/** The numbers and the public half, whatever the comment. */
function samePrivate(key: PrivateKey, original: PrivateKey, what: string): void {
  assert.deepEqual(key.publicKey.blob, original.publicKey.blob, what);
  assert.ok(key.isConsistent(crypto), what);
  const data = utf8Encode('x');
  const algorithm = key.publicKey.type === 'ssh-rsa' ? 'rsa-sha2-512' : key.publicKey.type;
  if (key.publicKey.type !== 'ssh-dss') assert.ok(key.sign(crypto, algorithm, data).length > 0, what);
}

before(async () => {
  await crypto.prepareArgon2();
});

for (const name of ['ed25519', 'ecdsa256', 'rsa1024']) {
  const key = samplePrivateKey(crypto, name);
  const check = (opened: PrivateKey, what: string): void => samePrivate(opened, key, `${name} ${what}`);

  test(`a damaged openssh-key-v1 file of ${name} is an error or the same key`, () => {
    damageAll(privateText(key), openPrivate, check);
    const comment = 'protected';
    for (const { name: cipher } of privateKeyCiphers) {
      const isAuthenticated = /gcm|poly1305/.test(cipher);
      if (name !== 'ed25519' && !isAuthenticated && cipher !== 'aes256-ctr') continue;
      const text = encodeOpensshKeyV1(crypto, key, { passphrase, rounds: 1, cipher, comment });
      damageAll(text, openPrivate, (opened, what) => {
        check(opened, `${cipher} ${what}`);
        if (isAuthenticated) assert.equal(opened.comment, comment, what);
      });
    }
  });

  test(`a damaged PuTTY file of ${name} is an error or the same key with the same comment`, () => {
    for (const version of [2, 3] as const) {
      for (const secret of [nothing, passphrase]) {
        const text = encodePpk(crypto, key, { version, passphrase: secret, passes: 1, comment: 'protected' });
        damageAll(text ?? '', openPrivate, (opened, what) => {
          check(opened, what);
          assert.equal(opened.comment, 'protected', what);
        });
      }
    }
  });

  test(`a damaged PEM or PKCS#8 file of ${name} is an error or a key that is whole`, () => {
    for (const variant of ['PEM', 'PKCS8'] as const) {
      for (const secret of [nothing, passphrase]) {
        const text = encodePem(crypto, key, { variant, passphrase: secret });
        if (text === undefined) continue;
        // Neither has a checksum: another seed of Ed25519 is another key. RSA and ECDSA have the public half as well.
        damageAll(text, openPrivate, (opened, what) => {
          assert.ok(opened.isConsistent(crypto), what);
          if (name === 'rsa1024') assert.deepEqual(opened.publicKey.blob, key.publicKey.blob, what);
        });
      }
    }
  });

  test(`a damaged public file or line of ${name} is an error or a key of its type`, () => {
    const { publicKey } = key;
    const check = (read: PublicKey | Certificate, what: string): void => {
      assert.equal(read.type, publicKey.type, what);
      assert.ok(isCertificate(read) || read.blob.length <= publicKey.blob.length, what);
    };
    const line = keySamples.find((sample) => sample.name === name)?.publicLine ?? '';
    damageAll(line, (bytes) => parseAnyPublicLine(utf8DecodeReversibly(bytes)).key, check);
    for (const format of publicFileFormats) {
      const text = encodePublicFile(publicKey, format, 'a comment');
      if (text !== undefined) damageAll(text, (bytes) => decodePublicFile(bytes, format), check);
    }
  });
}

test('a damaged DSA or SSH2 file is an error or the same key', () => {
  damageAll(dsaSample.ppk, openPrivate, (key) => assert.ok(key.isConsistent(crypto)));
  const read = (bytes: Uint8Array): PrivateKey | undefined => ssh2PrivateKey.decode(bytes).open(crypto, nothing);
  damageAll(dsaSample.ssh2, read, (key) => assert.ok(key.isConsistent(crypto)));
});

test('a damaged certificate line is an error, is refused, or is the same certificate', () => {
  for (const { name, line } of certificateSamples.filter(({ name }) =>
    ['user-ed25519', 'user-rsa512'].includes(name),
  )) {
    const original = parseAnyPublicLine(line).key;
    const read = (bytes: Uint8Array) => parseAnyPublicLine(utf8DecodeReversibly(bytes)).key;
    damageAll(line, read, (key, what) => {
      assert.ok(isCertificate(key), what);
      const use = { certificate: key, kind: key.kind, principal: undefined, now: 1_770_000_000 } as const;
      if (checkCertificate(crypto, use).ok) assert.deepEqual(key.blob, original.blob, `${name} ${what}`);
    });
  }
});

test('a damaged signature file is an error, is wrong, or is the same signature (PROTOCOL.sshsig)', async () => {
  const key = samplePrivateKey(crypto, 'ed25519');
  const digest = crypto.digest('sha512', utf8Encode('message'));
  const signer = signerWith(crypto, key);
  const blob = await signDigest({ signer, namespace: 'file', hash: 'sha512', digest });
  damageAll(
    armorSshsig(blob),
    (bytes) => dearmorSshsig(utf8DecodeReversibly(bytes)),
    (read, what) => {
      let isRight = false;
      try {
        isRight = verifySshsig(crypto, decodeSshsig(read), digest);
      } catch (error) {
        assert.ok(error instanceof DecodeError, what);
      }
      if (isRight) assert.deepEqual(read, blob, what);
    },
  );
});

const [firstLine, secondLine] = keySamples.map(({ publicLine }) => publicLine.split(' ').slice(0, 2).join(' '));
const first = samplePrivateKey(crypto, 'ed25519').publicKey;

test('a damaged line of authorized_keys is refused, is of another key, or keeps every restriction', () => {
  const line = `restrict,from="10.0.0.0/8",command="id",expiry-time="20300101Z" ${firstLine} a comment`;
  const read = (bytes: Uint8Array) => parseAuthorizedKeysLine(utf8DecodeReversibly(bytes));
  damageAll(line, read, (entry, what) => {
    if (entry.kind !== 'entry' || hexEncode(entry.key.blob) !== hexEncode(first.blob)) return;
    const { permissions, command, from, expiryTimes, restricted } = entry.options;
    assert.ok(restricted && command !== undefined && from !== undefined, what);
    assert.equal(expiryTimes.length, 1, what);
    assert.equal(permissions.pty, false, what);
  });
});

test('a damaged line of known_hosts trusts no other key, and a revoked one never', () => {
  const other = samplePrivateKey(crypto, 'ecdsa256').publicKey;
  const query = (key: PublicKey) => ({ host: 'web.example', port: 22, key });
  const certificate = certificateSamples.map(({ line }) => parseAnyPublicLine(line).key).find(isCertificate);
  assert.ok(certificate);
  for (const hosts of ['web.example,10.0.0.1', hashHostsField(crypto, 'web.example')]) {
    const read = (bytes: Uint8Array) => parseKnownHosts(utf8DecodeReversibly(bytes), 'file');
    damageAll(`${hosts} ${firstLine} comment\n`, read, (lines, what) => {
      assert.notEqual(lookUpHostKey(crypto, lines, query(other)).status, 'found', what);
    });
    damageAll(`@revoked ${hosts} ${firstLine}\n`, read, (lines, what) => {
      assert.notEqual(lookUpHostKey(crypto, lines, query(first)).status, 'found', what);
    });
    damageAll(`@cert-authority ${hosts} ${secondLine}\n`, read, (lines, what) => {
      assert.notEqual(lookUpHostKey(crypto, lines, query(other)).status, 'found', what);
      const finding = lookUpHostAuthority(crypto, lines, { host: 'web.example', port: 22, certificate });
      assert.notEqual(finding.status, 'trusted', what);
    });
  }
});

test('a damaged line of allowed_signers allows nobody else and nothing else', () => {
  const line = `alice@example.org namespaces="git",valid-before="20200101Z" ${firstLine}`;
  const localTime = () => 0;
  const read = (bytes: Uint8Array) => parseAllowedSignersLine(utf8DecodeReversibly(bytes), { localTime });
  const other = samplePrivateKey(crypto, 'ecdsa256').publicKey;
  const use = { key: first, principal: 'alice@example.org', namespace: 'git', time: 1_500_000_000 };
  damageAll(line, read, (entry, what) => {
    if (entry.kind !== 'entry') return;
    const wrong = [{ principal: 'mallory@example.org' }, { namespace: 'file' }, { key: other }, { time: 9e12 }];
    for (const change of wrong) {
      assert.notEqual(judgeSigner(crypto, entry, { ...use, ...change }).kind, 'allowed', what);
    }
  });
});
