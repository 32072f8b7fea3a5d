import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { keyError } from '@sallyport/testing/key-error';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import type { TestServer } from '@sallyport/testing/test-server';
import { startTestServer } from '@sallyport/testing/test-server';
import type { Client, ConnectOptions } from '../index.ts';
import { connect, generatePrivateKey, HostKeyError } from '../index.ts';
import type { CertificateRequest } from '../keys.ts';
import { createCertificate, createRevocationList, fingerprint, formatPublicKey, parseRevocationList } from '../keys.ts';

const authority = generatePrivateKey();
const authorityLine = formatPublicKey(authority);
const hostKey = generatePrivateKey({ type: 'ecdsa' });
const hostLine = formatPublicKey(hostKey);
const certificateType = 'ecdsa-sha2-nistp256-cert-v01@openssh.com';
const hour = 3600;
const now = Date.now() / 1000;

async function serve(changes: Partial<CertificateRequest> = {}, by = authority): Promise<TestServer> {
  const request = { kind: 'host', key: hostKey, keyId: 'web', principals: ['127.0.0.1'] } as const;
  const certificate = await createCertificate(by, { ...request, validBefore: now + hour, ...changes });
  return await startTestServer({ hostKeys: [hostKey], hostCertificates: [certificate] });
}

/** Without a pinned key; the known_hosts file is empty unless told. */
function reach({ target }: TestServer, options: Partial<ConnectOptions>): Promise<Client> {
  const { hostKeys: _, ...rest } = target;
  return connect({ ...rest, knownHosts: [], ...options });
}

async function refusal(server: TestServer, options: Partial<ConnectOptions>): Promise<HostKeyError> {
  const error = await reach(server, options).then(
    () => assert.fail('was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HostKeyError, String(error));
  return error;
}

test('a host certificate of an authority that was given is accepted, and its key signs', async () => {
  await using server = await serve();
  await using client = await reach(server, { hostAuthorities: [authorityLine] });
  assert.equal(client.negotiated.hostKey, certificateType);
  await using line = await TemporaryFolder.create();
  const knownHosts = await line.write('known_hosts', `@cert-authority [127.0.0.*]:* ${authorityLine}\n`);
  await using other = await reach(server, { knownHosts });
  assert.equal(other.negotiated.hostKey, certificateType);
});

test('certificates are asked for only where an authority is known for the host', async () => {
  await using server = await serve();
  await using folder = await TemporaryFolder.create();
  const known = `[127.0.0.1]:${server.port} ${hostLine}\n@cert-authority *.example ${authorityLine}\n`;
  const knownHosts = await folder.write('known_hosts', known);
  await using client = await reach(server, { knownHosts });
  assert.equal(client.negotiated.hostKey, 'ecdsa-sha2-nistp256');
  await using pinned = await reach(server, { hostKeys: [hostLine] });
  assert.equal(pinned.negotiated.hostKey, 'ecdsa-sha2-nistp256');
});

test('a certificate that does not hold is no reason to trust a host, and the error says why', async () => {
  const cases: readonly (readonly [Partial<CertificateRequest>, RegExp])[] = [
    [{ validAfter: now - hour, validBefore: now - 1 }, /expired/],
    [{ validAfter: now + hour, validBefore: now + 2 * hour }, /not yet valid/],
    [{ principals: ['web1.example'] }, /not a listed principal/],
  ];
  for (const [changes, problem] of cases) {
    await using server = await serve(changes);
    const error = await refusal(server, { hostAuthorities: [authorityLine] });
    assert.deepEqual([error.kind, error.fingerprint], ['unknown', fingerprint(hostKey)]);
    assert.match(error.certificateProblem ?? '', problem);
    assert.match(error.message, problem);
    const told = await refusal(server, {
      hostAuthorities: [authorityLine],
      unknownHosts: ({ key }) => key.length === 0,
    });
    assert.match(told.certificateProblem ?? '', problem);
    const pinned = await refusal(server, {
      hostAuthorities: [authorityLine],
      hostKeys: [formatPublicKey(generatePrivateKey())],
    });
    assert.equal(pinned.kind, 'changed');
  }
  await using foreign = await serve({}, generatePrivateKey());
  const stranger = await refusal(foreign, { hostAuthorities: [authorityLine] });
  assert.match(stranger.certificateProblem ?? '', /authority is not known for this host/);
});

test('a certificate that does not help is judged as the plain key in it, as OpenSSH does', async () => {
  await using server = await serve({ principals: ['elsewhere'] });
  await using folder = await TemporaryFolder.create();
  const name = `[127.0.0.1]:${server.port}`;
  const trusting = `@cert-authority * ${authorityLine}\n`;
  const write = (text: string): Promise<string> => folder.write('known_hosts', trusting + text);
  await (await reach(server, { knownHosts: await write(`${name} ${hostLine}\n`) })).end();
  const changed = await refusal(server, {
    knownHosts: await write(`${name} ${formatPublicKey(generatePrivateKey())}\n`),
  });
  assert.equal(changed.kind, 'changed');
  await (await reach(server, { hostAuthorities: [authorityLine], hostKeys: [fingerprint(hostKey)] })).end();
  // What is recorded is the plain key.
  const knownHosts = await write('');
  await (await reach(server, { knownHosts, unknownHosts: 'accept-new' })).end();
  assert.equal(await readFile(knownHosts, 'utf8'), `${trusting}${name} ${hostLine}\n`);
});

test('revoked keys, certificates and authorities are refused whatever trusts them', async () => {
  await using server = await serve({ serial: 9 });
  await using folder = await TemporaryFolder.create();
  const name = `[127.0.0.1]:${server.port}`;
  for (const revoked of [authorityLine, hostLine]) {
    const knownHosts = await folder.write('known_hosts', `@cert-authority * ${authorityLine}\n@revoked * ${revoked}\n`);
    const error = await refusal(server, { knownHosts, hostAuthorities: [authorityLine] });
    assert.equal(error.code, 'host-key-revoked');
  }
  const lists = [
    createRevocationList({ keys: [hostKey] }),
    createRevocationList({ certificates: [{ authority, serials: [9] }] }),
    createRevocationList({ keys: [authority] }),
  ];
  for (const list of lists) {
    const path = await folder.write('revoked', list);
    const other = parseRevocationList(formatPublicKey(generatePrivateKey()));
    for (const revokedHostKeys of [path, parseRevocationList(list), [other, path]]) {
      const error = await refusal(server, { hostAuthorities: [authorityLine], revokedHostKeys });
      assert.equal(error.kind, 'revoked');
    }
    await (await reach(server, { hostAuthorities: [authorityLine], revokedHostKeys: other })).end();
  }
  const plainKey = { revokedHostKeys: parseRevocationList(hostLine) };
  const known = await folder.write('plain', `${name} ${hostLine}\n`);
  for (const trust of [{ knownHosts: known }, { hostKeys: [hostLine] }, { insecureAcceptAnyHostKey: true }] as const) {
    assert.equal((await refusal(server, { ...trust, ...plainKey })).kind, 'revoked');
  }
});

test('a list of revoked keys that is not there or damaged refuses every host before anything is sent', async () => {
  await using folder = await TemporaryFolder.create();
  const nowhere = { host: 'no.such.host.invalid', hostKeys: [hostLine], identities: [], agent: false } as const;
  const missing = connect({ ...nowhere, revokedHostKeys: folder.file('none') });
  await assert.rejects(missing, keyError('local-failed', /ENOENT/));
  const empty = connect({ ...nowhere, revokedHostKeys: await folder.write('empty', '') });
  await assert.rejects(empty, keyError('key-malformed'));
  await assert.rejects(connect({ ...nowhere, hostAuthorities: ['rubbish'] }), keyError('key-malformed'));
  await assert.rejects(connect({ ...nowhere, hostKeys: ['rubbish'] }), keyError('key-malformed'));
});

test('a server refuses certificates that are none of its own keys, or not for hosts', async () => {
  await assert.rejects(serve({ key: generatePrivateKey() }), TypeError);
  await assert.rejects(serve({ kind: 'user' }), TypeError);
  const options = { hostKeys: [hostKey], hostCertificates: [hostLine] };
  await assert.rejects(startTestServer(options), TypeError);
  await assert.rejects(startTestServer({ ...options, hostCertificates: ['rubbish'] }), keyError('key-malformed'));
});
