// ssh-sk-helper on either side: OpenSSH's programs start ours, and ours start OpenSSH's, of the installed release and
// of a newer one. What they say to each other is not documented; that it is right is shown here.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import {
  newerOpenssh,
  ourProgram,
  type PeerName,
  programPath,
  runProgram,
  skipUnless,
  TemporaryFolder,
} from '@sallyport/testing';
import { SoftwareAuthenticator } from '@sallyport/testing/software-authenticator/authenticator';
import { TokenFixture } from '@sallyport/testing/software-authenticator/token-fixture';
import { makeSoftToken, tokenLibrary } from './soft-token.ts';

const dummy = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const installed = (program: string): string =>
  program.endsWith('-helper') ? `/usr/lib/openssh/${program}` : programPath(program);
const releases = [
  ['the installed OpenSSH', installed],
  ['a newer OpenSSH', newerOpenssh],
] as const;

for (const [release, find] of releases) {
  const isThere = release === 'the installed OpenSSH' || newerOpenssh('ssh-sk-helper') !== undefined;
  const needs = (...peers: PeerName[]) =>
    isThere ? skipUnless(...peers) : { skip: 'SALLYPORT_NEWER_OPENSSH names no newer OpenSSH' };

  test(
    `programs of ${release} make, fetch and sign with keys through our helper`,
    needs('libfido2', 'openssh-client'),
    async () => {
      const keygen = find('ssh-keygen') ?? assert.fail();
      const token = new SoftwareAuthenticator({ pin: '2468' });
      await using fixture = await TokenFixture.create({ tokens: [token], silenceMs: 20_000 });
      const { folder } = fixture;
      const askpass = await folder.write('askpass', '#!/bin/sh\necho 2468\n', 0o755);
      const env = { ...fixture.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', HOME: folder.path };
      const run = (...args: string[]) => runProgram(keygen, args, { env, cwd: folder.path });
      for (const type of ['ed25519-sk', 'ecdsa-sk']) {
        const options = ['-O', 'resident', '-O', 'verify-required', '-O', 'user=ann', '-O', `application=ssh:${type}`];
        const made = await run('-q', '-t', type, '-N', '', '-f', 'key', ...options);
        assert.equal(made.code, 0, made.stderr);
        const message = await folder.write('message', 'to be signed');
        const signed = await run('-Y', 'sign', '-f', 'key', '-n', 'test', message);
        assert.equal(signed.code, 0, signed.stderr);
        const signers = await folder.write('signers', `somebody ${await readFile(folder.file('key.pub'), 'utf8')}`);
        const args = ['-Y', 'verify', '-f', signers, '-I', 'somebody', '-n', 'test', '-s', `${message}.sig`];
        const verified = await runProgram(ourProgram('ssh-keygen'), args, { input: 'to be signed' });
        assert.equal(verified.code, 0, verified.stderr);
        for (const name of ['key', 'key.pub', 'message.sig']) await rm(folder.file(name));
      }
      const fetched = await run('-K', '-N', '');
      assert.equal(fetched.code, 0, fetched.stderr);
      assert.match(fetched.stdout.toString(), /Saved ED25519-SK key.*\nSaved ECDSA-SK key/);
      await using none = await TokenFixture.create({ tokens: [] });
      const missing = await runProgram(keygen, ['-t', 'ed25519-sk', '-N', '', '-f', folder.file('none')], {
        env: none.env,
      });
      assert.match(missing.stderr, /Key enrollment failed: device not found/);
    },
  );

  test(
    `our programs make and sign with keys through the helper of ${release}`,
    needs('sk-dummy', 'openssh-client'),
    async () => {
      await using folder = await TemporaryFolder.create();
      const env = { SSH_SK_HELPER: find('ssh-sk-helper') ?? assert.fail(), SSH_SK_PROVIDER: dummy };
      const run = (...args: string[]) =>
        runProgram(ourProgram('ssh-keygen'), args, { env, cwd: folder.path, input: '\n' });
      for (const type of ['ed25519-sk', 'ecdsa-sk']) {
        const made = await run('-q', '-t', type, '-N', '', '-f', type);
        assert.equal(made.code, 0, made.stderr);
        const message = await folder.write(`message-${type}`, 'to be signed');
        const signed = await run('-Y', 'sign', '-f', type, '-n', 'test', message);
        assert.equal(signed.code, 0, signed.stderr);
      }
      const fetched = await run('-K', '-N', '');
      assert.match(fetched.stderr, /Unable to load resident keys: requested feature not supported\r\n$/);
    },
  );

  test(
    `the agent of ${release} signs with keys of PKCS#11 tokens through our helper`,
    needs('softhsm2', 'openssh-agent'),
    async () => {
      await using folder = await TemporaryFolder.create();
      const env = { ...(await makeSoftToken(folder, tokenKeys)), SSH_PKCS11_HELPER: ourProgram('ssh-pkcs11-helper') };
      const [agent, add] = [find('ssh-agent') ?? assert.fail(), find('ssh-add') ?? assert.fail()];
      await signsWithEach({ folder, env, agent, add });
    },
  );
}

const tokenKeys = [
  { pkcs11: 'rsa:2048', label: 'rsa', id: '01' },
  { pkcs11: 'EC:secp384r1', label: 'p384', id: '02' },
];

interface AgentSetting {
  readonly folder: TemporaryFolder;
  readonly env: Readonly<Record<string, string>>;
  readonly agent: string;
  readonly add: string;
}

/** Adds the token, tests each of its keys, and removes it, by a script in the agent's reach. */
async function signsWithEach({ folder, env, agent, add }: AgentSetting): Promise<void> {
  const file = folder.file('one.pub');
  const script = await folder.write(
    'script',
    `#!/bin/sh
    set -e
    ${add} -s ${tokenLibrary}
    ${add} -L | while read -r line; do
      echo "$line" >${file}
      ${add} -T ${file}
      echo good
    done
    ${add} -e ${tokenLibrary}\n`,
    0o755,
  );
  const result = await runProgram(agent, ['-P', '/usr/lib/*', script], { env });
  assert.deepEqual(
    [result.code, result.stdout.toString().match(/^good$/gm)?.length],
    [0, tokenKeys.length],
    result.stderr,
  );
}

/** Since 10.1 helpers sign what they are given, not its hash. */
function helperThatHashes(): string | undefined {
  const ssh = newerOpenssh('ssh');
  const version = ssh === undefined ? '' : spawnSync(ssh, ['-V'], { encoding: 'utf8' }).stderr;
  const [, major, minor] = /^OpenSSH_(\d+)\.(\d+)/.exec(version) ?? [];
  const isKnown = Number(major) > 10 || (Number(major) === 10 && Number(minor) > 0);
  return isKnown ? newerOpenssh('ssh-pkcs11-helper') : undefined;
}

const hashingHelper = helperThatHashes();
const noHashingHelper = 'SALLYPORT_NEWER_OPENSSH names no OpenSSH from 10.1 on';
const peers = skipUnless('softhsm2', 'openssh-agent');

test('our agent signs with keys of PKCS#11 tokens through the helper of OpenSSH from 10.1 on', {
  skip: peers.skip || (hashingHelper === undefined && noHashingHelper),
}, async () => {
  await using folder = await TemporaryFolder.create();
  const env = { ...(await makeSoftToken(folder, tokenKeys)), SSH_PKCS11_HELPER: hashingHelper ?? assert.fail() };
  await signsWithEach({ folder, env, agent: ourProgram('ssh-agent'), add: ourProgram('ssh-add') });
});
