import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexDecode, hexEncode } from '@sallyport/protocol/wire/base64';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { createCryptoProvider } from './index.ts';
import { x25519 } from './key-agreement.ts';

const crypto = createCryptoProvider();
const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

test('HMAC gives the tags of RFC 4231 section 4.2 and 4.7, whatever way the message is cut', () => {
  const first = crypto.hmac('sha256', filled(20, 0x0b));
  const expected = 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7';
  assert.equal(first.lengthBytes, 32);
  assert.equal(hexEncode(first.compute([utf8Encode('Hi There')])), expected);
  assert.equal(hexEncode(first.compute([utf8Encode('Hi '), new Uint8Array(0), utf8Encode('There')])), expected);
  const large = crypto.hmac('sha512', filled(131, 0xaa));
  assert.equal(
    hexEncode(large.compute([utf8Encode('Test Using Larger Than Block-Size Key - Hash Key First')])),
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  );
});

test('HMAC-MD5 and HMAC-SHA1 give the tags of RFC 2202 section 2 and 3', () => {
  const data = utf8Encode('what do ya want for nothing?');
  assert.equal(hexEncode(crypto.hmac('md5', utf8Encode('Jefe')).compute([data])), '750c783e6ab0b503eaa86e310a5db738');
  const sha1 = crypto.hmac('sha1', utf8Encode('Jefe'));
  assert.equal(hexEncode(sha1.compute([data])), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  sha1.free();
});

test('Digests of "abc" are those of RFC 1321 and FIPS 180-4, at once and in pieces', () => {
  const expected = {
    md5: '900150983cd24fb0d6963f7d28e17f72',
    sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    sha512:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  } as const;
  for (const [name, value] of Object.entries(expected) as [keyof typeof expected, string][]) {
    assert.equal(hexEncode(crypto.digest(name, utf8Encode('a'), utf8Encode('bc'))), value);
    const hasher = crypto.hasher(name);
    hasher.update(utf8Encode('ab'));
    hasher.update(utf8Encode('c'));
    assert.equal(hexEncode(hasher.digest()), value);
  }
  assert.equal(crypto.digest('sha256').constructor, Uint8Array);
});

test('AES-GCM gives test cases 4 and 16 of the GCM specification', () => {
  const plain =
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39';
  const cases = [
    {
      key: 'feffe9928665731c6d6a8f9467308308',
      sealed:
        '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
      tag: '5bc94fbc3221a5db94fae95ae7121a47',
    },
    {
      key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
      sealed:
        '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
      tag: '76fc6ece0f4e1768cddf8853bb2d551b',
    },
  ];
  const nonce = hexDecode('cafebabefacedbaddecaf888');
  const associated = hexDecode('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  for (const { key, sealed, tag } of cases) {
    const cipher = crypto.aesGcm(hexDecode(key));
    const target = { data: hexDecode(plain), tag: new Uint8Array(16) };
    cipher.seal(nonce, associated, target);
    assert.equal(hexEncode(target.data), sealed);
    assert.equal(hexEncode(target.tag), tag);
    assert.equal(cipher.open(nonce, associated, target), true);
    assert.equal(hexEncode(target.data), plain);
    cipher.free();
  }
});

test('AES in counter mode gives the vectors of NIST SP 800-38A section F.5, in one piece and cut', () => {
  const iv = hexDecode('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
  const plain = hexDecode(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  );
  const expected =
    '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee';
  for (const cut of [0, 1, 17, 63]) {
    const data = plain.slice();
    const stream = crypto.aesCtr(hexDecode('2b7e151628aed2a6abf7158809cf4f3c'), iv);
    stream.apply(data.subarray(0, cut));
    stream.apply(data.subarray(cut));
    stream.free();
    assert.equal(hexEncode(data), expected);
  }
});

test('Block ciphers of key files give the vectors of NIST SP 800-38A section F.2 and F.5 and undo themselves', () => {
  const block = hexDecode('6bc1bee22e409f96e93d7e117393172a');
  const counter = hexDecode('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
  const iv = hexDecode('000102030405060708090a0b0c0d0e0f');
  const key128 = hexDecode('2b7e151628aed2a6abf7158809cf4f3c');
  const key192 = hexDecode('8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b');
  const key256 = hexDecode('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4');
  const cases = [
    { name: 'aes128-ctr', key: key128, iv: counter, sealed: '874d6191b620e3261bef6864990db6ce' },
    { name: 'aes192-ctr', key: key192, iv: counter, sealed: '1abc932417521ca24f2b0459fe7e6e0b' },
    { name: 'aes256-ctr', key: key256, iv: counter, sealed: '601ec313775789a5b7a7f504bbf3d228' },
    { name: 'aes128-cbc', key: key128, iv, sealed: '7649abac8119b246cee98e9b12e9197d' },
    { name: 'aes192-cbc', key: key192, iv, sealed: '4f021db243bc633d7178183a9fa071e8' },
    { name: 'aes256-cbc', key: key256, iv, sealed: 'f58c4c04d6e5f1ba779eabfb5f7bfbd6' },
  ] as const;
  for (const { name, key, iv: start, sealed } of cases) {
    const data = crypto.blockCipher(name, key, { iv: start, decrypt: false, data: block });
    assert.equal(hexEncode(data), sealed, name);
    assert.deepEqual(crypto.blockCipher(name, key, { iv: start, decrypt: true, data }), block, name);
  }
  // Three equal keys make it single DES: the CBC example of FIPS 81.
  const des = hexDecode('0123456789abcdef');
  const tripled = concatBytes(des, des, des);
  const text = hexDecode('4e6f772069732074');
  const sealed = crypto.blockCipher('3des-cbc', tripled, {
    iv: hexDecode('1234567890abcdef'),
    decrypt: false,
    data: text,
  });
  assert.equal(hexEncode(sealed), 'e5c7cdde872bf27c');
});

test('chacha20-poly1305@openssh.com uses the block function of RFC 8439 section 2.3.2 and the MAC of section 2.5', () => {
  // Sequence number 0 with keys of zeros: key stream blocks 0 and 1 of RFC 8439 appendix A.1.
  const blockZero = '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7';
  const blockOne = '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed';
  const cipher = crypto.chachaPoly(new Uint8Array(64));
  const packet = new Uint8Array(4 + 32);
  const tag = new Uint8Array(16);
  cipher.seal(0, packet, tag);
  assert.equal(hexEncode(packet), blockZero.slice(0, 8) + blockOne);
  assert.equal(cipher.packetLength(0, packet), 0);
  assert.equal(cipher.open(0, packet, tag), true);
  assert.deepEqual(packet, new Uint8Array(36));
  cipher.free();
});

test('X25519 gives the public values and the shared secret of RFC 7748 section 6.1', () => {
  const alice = x25519(hexDecode('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
  const bob = x25519(hexDecode('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
  assert.equal(hexEncode(alice.publicValue), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  assert.equal(hexEncode(bob.publicValue), 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  assert.equal(hexEncode(alice.agree(bob.publicValue) ?? new Uint8Array()), secret);
  assert.equal(hexEncode(bob.agree(alice.publicValue) ?? new Uint8Array()), secret);
});

test('Ed25519 gives the signatures of RFC 8032 section 7.1', () => {
  const cases = [
    {
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: '',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      message: 'af82',
      signature:
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    },
  ];
  for (const { seed, publicKey, message, signature } of cases) {
    const parts = { kind: 'ed25519', seed: hexDecode(seed), publicKey: hexDecode(publicKey) } as const;
    assert.equal(
      hexEncode(crypto.signingKey(parts)?.sign('sha512', hexDecode(message)) ?? new Uint8Array()),
      signature,
    );
    const verifying = crypto.verifyingKey({ kind: 'ed25519', publicKey: parts.publicKey });
    assert.equal(verifying?.verify('sha512', hexDecode(message), hexDecode(signature)), true);
  }
});

test('ECDSA verifies the signatures of RFC 6979 appendix A.2.5 to A.2.7', () => {
  const cases = [
    {
      curve: 'nistp256',
      digest: 'sha256',
      point:
        '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
      signature:
        'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    },
    {
      curve: 'nistp384',
      digest: 'sha384',
      point:
        '04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720',
      signature:
        '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
    },
  ] as const;
  for (const { curve, digest, point, signature } of cases) {
    const key = crypto.verifyingKey({ kind: 'ecdsa', curve, publicPoint: hexDecode(point) });
    assert.equal(key?.verify(digest, utf8Encode('sample'), hexDecode(signature)), true, curve);
    assert.equal(key?.verify(digest, utf8Encode('simple'), hexDecode(signature)), false, curve);
  }
});

test("bcrypt_pbkdf gives the key of OpenBSD's test vector", () => {
  const key = crypto.bcryptPbkdf(utf8Encode('password'), utf8Encode('salt'), { rounds: 4, lengthBytes: 32 });
  assert.equal(hexEncode(key ?? new Uint8Array()), '5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9');
});
