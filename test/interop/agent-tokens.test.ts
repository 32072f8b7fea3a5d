// Keys of tokens in our agent: of SoftHSM by stock ssh-add and ours, of the dummy authenticator that OpenSSH's test
// suite has; libraries at other places are not loaded.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { test } from 'node:test';
import { ourProgram, programPath, runProgram, skipUnless, TemporaryFolder } from '@sallyport/testing';
import { makeSoftToken, tokenLibrary } from './soft-token.ts';

const authenticator = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const p256 = { pkcs11: 'EC:prime256v1', label: 'token p256', id: '02' };

interface Setting extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly run: (program: string, args: readonly string[]) => ReturnType<typeof runProgram>;
}

/** An agent in the background, with a PIN by SSH_ASKPASS. */
async function startAgent(more: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Setting> {
  const folder = await TemporaryFolder.create();
  const hasSoftHsm = existsSync(tokenLibrary);
  const token = hasSoftHsm ? await makeSoftToken(folder, [p256]) : { HOME: folder.path };
  const env = { ...token, SSH_AUTH_SOCK: folder.file('agent'), ...more };
  const run: Setting['run'] = (program, words) => runProgram(program, words, { env, timeoutMs: 60_000 });
  const started = await run(ourProgram('ssh-agent'), ['-a', env.SSH_AUTH_SOCK, ...args]);
  const [, pid] = /Agent pid (\d+);/.exec(started.stdout.toString()) ?? [];
  return {
    folder,
    run,
    [Symbol.asyncDispose]: async () => {
      process.kill(Number(pid));
      await folder[Symbol.asyncDispose]();
    },
  };
}

test(
  'keys of SoftHSM are added with a PIN, sign and go, by stock ssh-add and ours',
  skipUnless('softhsm2', 'openssh-agent'),
  async () => {
    for (const add of [programPath('ssh-add'), ourProgram('ssh-add')]) {
      await using agent = await startAgent({ SSH_PKCS11_HELPER: ourProgram('ssh-pkcs11-helper') });
      const added = await agent.run(add, ['-s', tokenLibrary]);
      assert.equal(added.code, 0, added.stderr);
      const listed = await agent.run(add, ['-L']);
      const [line = ''] = listed.stdout.toString().split('\n');
      assert.match(line, /^ecdsa-sha2-nistp256 \S+ token p256$/);
      const file = await agent.folder.write('token.pub', `${line}\n`);
      const tested = await agent.run(add, ['-T', file]);
      assert.equal(tested.code, 0, tested.stderr);
      assert.equal((await agent.run(add, ['-e', tokenLibrary])).code, 0);
      assert.equal((await agent.run(add, ['-l'])).code, 1);
    }
  },
);

test('a module outside the allowed folders is not loaded', skipUnless('softhsm2', 'openssh-agent'), async () => {
  await using agent = await startAgent({ SSH_PKCS11_HELPER: ourProgram('ssh-pkcs11-helper') });
  const elsewhere = agent.folder.file('module.so');
  copyFileSync(tokenLibrary, elsewhere);
  assert.equal((await agent.run(ourProgram('ssh-add'), ['-s', elsewhere])).code, 1);
  await using generous = await startAgent({ SSH_PKCS11_HELPER: ourProgram('ssh-pkcs11-helper') }, ['-P', '/*']);
  const copy = generous.folder.file('module.so');
  copyFileSync(tokenLibrary, copy);
  assert.equal((await generous.run(ourProgram('ssh-add'), ['-s', copy])).code, 0);
});

const noAuthenticator = existsSync(authenticator) ? false : 'not on this machine: sk-dummy.so of openssh-tests';

test('a FIDO key signs through its library, and none without it', { skip: noAuthenticator }, async () => {
  await using agent = await startAgent({ SSH_SK_HELPER: ourProgram('ssh-sk-helper') }, ['-P', authenticator]);
  const key = agent.folder.file('key');
  const made = await agent.run(ourProgram('ssh-keygen'), [
    '-q',
    '-t',
    'ed25519-sk',
    '-N',
    '',
    '-w',
    authenticator,
    '-f',
    key,
  ]);
  assert.equal(made.code, 0, made.stderr);
  // libfido2 has no device here.
  assert.equal((await agent.run(ourProgram('ssh-add'), ['-q', key])).code, 0);
  assert.equal((await agent.run(ourProgram('ssh-add'), ['-T', `${key}.pub`])).code, 1);
  const added = await agent.run(ourProgram('ssh-add'), ['-q', '-S', authenticator, key]);
  assert.equal(added.code, 0, added.stderr);
  const tested = await agent.run(ourProgram('ssh-add'), ['-T', `${key}.pub`]);
  assert.equal(tested.code, 0, tested.stderr);
  assert.equal((await agent.run(ourProgram('ssh-add'), ['-D', '-q'])).code, 0);
  const resident = await agent.run(ourProgram('ssh-add'), ['-K', '-S', authenticator]);
  assert.match(resident.stderr, /^(?:Unable to load resident keys: |No keys to download)/m);
  assert.equal(resident.code, 1);
});
