// Keys on a token of SoftHSM through ssh-pkcs11-helper: listed as stock programs list them, used for logins to the
// stock sshd and for certificates that the stock ssh-keygen takes; wrong PINs and files that are no modules.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { decodePublicKey, verifySignature } from '@sallyport/protocol/keys/public-key';
import { OpensshFixture, ourProgram, programPath, runProgram, skipUnless } from '@sallyport/testing';
import { TokenModules } from 'sallyport/helpers/token-modules';
import { makeSoftToken, tokenLibrary, tokenPin } from './soft-token.ts';

const made = [
  { type: 'ssh-rsa', pkcs11: 'rsa:2048', label: 'token rsa', id: '01' },
  { type: 'ecdsa-sha2-nistp256', pkcs11: 'EC:prime256v1', label: 'token p256', id: '02' },
  { type: 'ecdsa-sha2-nistp384', pkcs11: 'EC:secp384r1', label: 'token p384', id: '03' },
  { type: 'ssh-ed25519', pkcs11: 'EC:edwards25519', label: 'token ed25519', id: '04' },
] as const;

describe('keys of a PKCS#11 token', skipUnless('softhsm2', 'openssh-server', 'openssh-client'), () => {
  let fixture: OpensshFixture;
  let env: Record<string, string>;
  const run = (program: string, args: readonly string[], input = '') =>
    runProgram(program, args, { env, input, timeoutMs: 30_000 });

  before(async () => {
    fixture = await OpensshFixture.create();
    env = { ...(await makeSoftToken(fixture.folder, made)), SSH_PKCS11_HELPER: ourProgram('ssh-pkcs11-helper') };
  });
  after(() => fixture[Symbol.asyncDispose]());

  const lines = async (program: string): Promise<string[]> => {
    const { stdout } = await run(program, ['-D', tokenLibrary]);
    return stdout
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  };

  test('ssh-keygen -D lists what the stock one lists, and Ed25519, which 9.2 does not know', async () => {
    // The stock program starts the helper of the environment, which must be its own.
    delete env['SSH_PKCS11_HELPER'];
    const stock = await lines(programPath('ssh-keygen'));
    env['SSH_PKCS11_HELPER'] = ourProgram('ssh-pkcs11-helper');
    const ours = await lines(ourProgram('ssh-keygen'));
    assert.deepEqual(
      ours.filter((line) => !line.startsWith('ssh-ed25519 ')),
      stock.filter((line) => !line.startsWith('ssh-ed25519 ')),
    );
    assert.deepEqual(ours.map((line) => line.split(' ')[0]).sort(), made.map(({ type }) => type).sort());
    const prints = (await run(ourProgram('ssh-keygen'), ['-l', '-D', tokenLibrary])).stdout.toString();
    assert.match(prints, /^256 SHA256:\S+ token p256 \(ECDSA\)$/m);
  });

  test('ssh -I logs in to the stock sshd with each key of the token, which asks for its PIN', async () => {
    for (const line of await lines(ourProgram('ssh-keygen'))) {
      await using server = await fixture.startServer({ authorizedKeys: [line] });
      const config = ['IdentityFile=none', 'BatchMode=no'];
      const result = await fixture.runClient(server, ['-I', tokenLibrary, 'echo', 'in'], {
        program: ourProgram('ssh'),
        config,
        env,
      });
      assert.equal(result.stdout.toString(), 'in\n', `${line}\n${result.stderr}`);
    }
  });

  test('a key of the token is the authority of a certificate that the stock ssh-keygen takes', async () => {
    const [authority = ''] = (await lines(ourProgram('ssh-keygen'))).filter((line) =>
      line.startsWith('ecdsa-sha2-nistp256'),
    );
    const path = await fixture.folder.write('authority.pub', `${authority}\n`);
    const args = ['-s', path, '-D', tokenLibrary, '-I', 'by token', '-n', 'root', `${fixture.userKey.path}.pub`];
    const signed = await run(ourProgram('ssh-keygen'), args);
    assert.equal(signed.code, 0, signed.stderr);
    const certificate = `${fixture.userKey.path}-cert.pub`;
    const shown = await run(programPath('ssh-keygen'), ['-L', '-f', certificate]);
    assert.match(shown.stdout.toString(), /Key ID: "by token"/);
    assert.match(await readFile(certificate, 'utf8'), /^ssh-ed25519-cert-v01@openssh\.com /);
  });

  test('without the PIN keys are listed and nothing is signed; a wrong PIN and other files are refused', async () => {
    const helper = new TokenModules(env);
    const crypto = createCryptoProvider();
    const data = new TextEncoder().encode('to be signed');
    const listed = (await helper.add(tokenLibrary, new Uint8Array())) ?? [];
    assert.equal(listed.length, made.length);
    const [first] = listed;
    assert.ok(first);
    const algorithm = first.key.type === 'ssh-rsa' ? 'rsa-sha2-256' : first.key.type;
    assert.equal(await helper.sign(first.key.blob, { algorithm, data }), undefined);
    assert.deepEqual(await helper.add(tokenLibrary, Buffer.from('9999')), []);
    assert.equal(await helper.add('/etc/passwd', new Uint8Array()), undefined);
    assert.equal(await helper.add('/nonexistent.so', new Uint8Array()), undefined);
    await helper.add(tokenLibrary, Buffer.from(tokenPin));
    const signature = await helper.sign(first.key.blob, { algorithm, data });
    assert.ok(signature);
    assert.ok(verifySignature(crypto, { key: decodePublicKey(first.key.blob), data, signature }));
    assert.equal(helper.remove(tokenLibrary), true);
    assert.equal(await helper.sign(first.key.blob, { algorithm, data }), undefined);
    helper.end();
  });

  test('ssh says that a module is missing, and goes on without it', async () => {
    await using server = await fixture.startServer();
    const config = ['PKCS11Provider=/nonexistent.so', 'LogLevel=INFO'];
    const result = await fixture.runClient(server, ['echo', 'in'], { program: ourProgram('ssh'), config, env });
    assert.equal(result.stdout.toString(), 'in\n');
    assert.match(result.stderr, /provider \/nonexistent\.so/);
  });
});
