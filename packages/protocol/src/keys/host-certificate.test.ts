import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certify } from '@sallyport/testing/certify';
import type { Certificate, CertificateContent } from './certificate.ts';
import { parseKnownHosts } from './formats/known-hosts.ts';
import { formatPublicLine } from './formats/public-line.ts';
import { hasHostAuthority, judgeHostCertificate } from './host-certificate.ts';
import { PrivateKey } from './private-key.ts';

const crypto = createCryptoProvider();
const [authority, host] = [1, 2].map(() => new PrivateKey(crypto.generateKey('ed25519'))) as [PrivateKey, PrivateKey];
const line = formatPublicLine(authority.publicKey);

function certificateWith(changes: Partial<CertificateContent> = {}): Promise<Certificate> {
  const usual = { kind: 'host', principals: ['web1.example'], validAfter: 100n, validBefore: 200n } as const;
  return certify(crypto, { key: host.publicKey, authority }, { ...usual, ...changes });
}

const place = { host: 'Web1.Example', port: 22 };
const trusting = parseKnownHosts(`@cert-authority *.example ${line}\n`, 'file');

test('a certificate of an authority for the host is trusted when it holds', async () => {
  const certificate = await certificateWith();
  const { status, line: found } = judgeHostCertificate(crypto, trusting, { ...place, certificate, now: 150 });
  assert.deepEqual([status, found?.file, found?.number], ['trusted', 'file', 1]);
  const cases: readonly (readonly [Partial<CertificateContent>, number, RegExp])[] = [
    [{}, 99, /not yet valid/],
    [{}, 200, /expired/],
    [{ kind: 'user' }, 150, /not a host certificate/],
    [{ principals: ['web2.example'] }, 150, /not a listed principal/],
    [{ principals: [] }, 150, /lacks principal list/],
    [{ criticalOptions: [{ name: 'x', data: new Uint8Array(0) }] }, 150, /unsupported critical options/],
  ];
  for (const [changes, now, reason] of cases) {
    const verdict = judgeHostCertificate(crypto, trusting, {
      ...place,
      certificate: await certificateWith(changes),
      now,
    });
    assert.equal(verdict.status, 'refused');
    assert.match(verdict.reason ?? '', reason);
  }
});

test('an authority counts for the hosts of its line, on any port, unless it or the key is revoked there', async () => {
  const use = { ...place, certificate: await certificateWith(), now: 150 };
  const statusBy = (text: string, changes: Partial<typeof use> = {}): string =>
    judgeHostCertificate(crypto, parseKnownHosts(text, 'f'), { ...use, ...changes }).status;
  assert.equal(statusBy(`@cert-authority *.example ${line}\n`, { port: 2222 }), 'trusted');
  assert.equal(statusBy(`@cert-authority [web1.example]:2222 ${line}\n`, { port: 2222 }), 'trusted');
  assert.equal(statusBy(`@cert-authority [web1.example]:2222 ${line}\n`), 'unknown');
  assert.equal(statusBy(`@cert-authority *.org ${line}\n`), 'unknown');
  // An authority's key as a plain line vouches for nobody.
  assert.equal(statusBy(`*.example ${line}\n`), 'unknown');
  for (const revoked of [line, formatPublicLine(host.publicKey)]) {
    const text = `@cert-authority * ${line}\n@revoked * ${revoked}\n`;
    assert.equal(statusBy(text), 'revoked');
    assert.equal(statusBy(text, { port: 2222 }), 'revoked');
  }
});

test('certificates are worth asking for where an authority stands for the host', () => {
  assert.equal(hasHostAuthority(crypto, trusting, place), true);
  assert.equal(hasHostAuthority(crypto, trusting, { ...place, port: 99 }), true);
  assert.equal(hasHostAuthority(crypto, trusting, { host: 'web1.org', port: 22 }), false);
  const plain = parseKnownHosts(`*.example ${line}\n@revoked * ${line}\n`, 'f');
  assert.equal(hasHostAuthority(crypto, plain, place), false);
});
