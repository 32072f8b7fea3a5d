// git signs commits and tags with our ssh-keygen (gpg.format ssh) and verifies them, and the stock program agrees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mainArguments, programPath, runProgram, TemporaryFolder } from '@sallyport/testing';
import { keySamples } from '@sallyport/testing/key-samples';

interface Repository {
  readonly folder: TemporaryFolder;
  readonly git: (...argv: string[]) => Promise<{ readonly code: number | undefined; readonly text: string }>;
  /** Chooses who signs and verifies. */
  readonly use: (program: 'ours' | 'stock') => Promise<void>;
}

async function repository(): Promise<Repository> {
  const folder = await TemporaryFolder.create();
  const git: Repository['git'] = async (...argv) => {
    const env = { HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1' };
    const result = await runProgram('git', argv, { cwd: folder.path, env });
    return { code: result.code, text: `${result.stdout.toString('utf8')}${result.stderr}` };
  };
  const words = [process.execPath, ...mainArguments(import.meta.resolve('@sallyport/programs/ssh-keygen/main'), [])];
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const ours = await folder.write('our-keygen', `#!/bin/sh\nexec ${quoted} "$@"\n`, 0o755);
  const use = async (program: 'ours' | 'stock'): Promise<void> => {
    const { code } = await git('config', 'gpg.ssh.program', program === 'ours' ? ours : programPath('ssh-keygen'));
    assert.equal(code, 0);
  };
  assert.equal((await git('init', '-q')).code, 0);
  const settings = {
    'user.name': 'A U Thor',
    'user.email': 'author@example.com',
    'gpg.format': 'ssh',
    'gpg.ssh.allowedSignersFile': folder.file('allowed'),
    'user.signingKey': folder.file('key'),
  };
  for (const [name, value] of Object.entries(settings)) assert.equal((await git('config', name, value)).code, 0);
  return { folder, git, use };
}

test('commits and tags that git signs with ours are good for both programs, and the other way round', async (t) => {
  if ((await runProgram('git', ['--version'])).code !== 0) {
    t.skip('git is not installed');
    return;
  }
  const { folder, git, use } = await repository();
  await using _ = folder;
  for (const { name, privateFile, publicLine } of keySamples.filter((sample) => sample.name !== 'rsa1024')) {
    await folder.write('key', privateFile);
    await folder.write('key.pub', `${publicLine}\n`, 0o644);
    await folder.write('allowed', `author@example.com namespaces="git" ${publicLine}\n`);
    for (const [signer, verifier] of [
      ['ours', 'stock'],
      ['stock', 'ours'],
      ['ours', 'ours'],
    ] as const) {
      await use(signer);
      const made = await git('commit', '-q', '--allow-empty', '-S', '-m', `${name} ${signer}`);
      assert.equal(made.code, 0, made.text);
      const tag = `${name}-${signer}-${verifier}`;
      assert.equal((await git('tag', '-s', '-m', 'a tag', tag)).code, 0);
      await use(verifier);
      for (const what of [
        ['verify-commit', 'HEAD'],
        ['verify-tag', tag],
      ] as const) {
        const checked = await git(...what);
        assert.equal(checked.code, 0, checked.text);
        assert.match(checked.text, /^Good "git" signature for author@example.com with /);
      }
    }
  }
  await use('ours');
  await folder.write('allowed', `author@example.com ${keySamples[0]?.publicLine}\n`);
  assert.notEqual((await git('verify-commit', 'HEAD')).code, 0, 'a signer who is not allowed');
});
