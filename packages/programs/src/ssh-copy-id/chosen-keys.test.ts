import assert from 'node:assert/strict';
import { mkdirSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { ProgramExit } from '../shared/program-exit.ts';
import { chooseKeys } from './chosen-keys.ts';
import { parseOptions } from './options.ts';

const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsvLTsOFIbiuOmNEpTkNYIuSVqcyEEkiJ2wF0NMHFXa a key';

const choose = (folder: TemporaryFolder, ...argv: string[]): ReturnType<typeof chooseKeys> =>
  chooseKeys(parseOptions([...argv, 'host']), { home: folder.path, agent: undefined });

const exits = (pattern: RegExp) => (error: unknown) =>
  error instanceof ProgramExit && error.status === 1 && pattern.test(error.message);

test('A file is named by its public or its private half, and both must be there unless forced', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('id');
  await folder.write('id.pub', `# mine\n${line}\r\n`);
  await assert.rejects(
    choose(folder, '-i', path),
    exits(/ID file '.*\/id': No such file or directory\n\t\(to install/),
  );
  assert.deepEqual(await choose(folder, '-f', '-i', path), {
    lines: [line],
    privatePath: undefined,
    publicPath: `${path}.pub`,
  });
  await folder.write('id', 'secret');
  assert.equal((await choose(folder, '-i', `${path}.pub`)).privatePath, path);
  await assert.rejects(choose(folder, '-i', folder.file('none')), exits(/none\.pub': No such file or directory/));
});

test('What is no public key is not installed', async () => {
  await using folder = await TemporaryFolder.create();
  for (const contents of ['', '-----BEGIN OPENSSH PRIVATE KEY-----\n', `${line}\ncommand="x" evil\n`]) {
    await folder.write('x.pub', contents);
    await assert.rejects(choose(folder, '-f', '-i', folder.file('x')), exits(/holds no public key/));
  }
});

test('Without a name it is the newest key of the user that is no certificate', async () => {
  await using folder = await TemporaryFolder.create();
  await assert.rejects(choose(folder), exits(/No identities found/));
  await assert.rejects(choose(folder, '-i'), exits(/no ID file found/));
  mkdirSync(folder.file('.ssh'));
  for (const [name, time] of [
    ['id_old', 1_000],
    ['id_new', 2_000],
    ['id_new-cert', 3_000],
    ['other', 4_000],
  ] as const) {
    await folder.write(`.ssh/${name}`, '');
    utimesSync(await folder.write(`.ssh/${name}.pub`, `${line}\n`), time, time);
  }
  assert.equal((await choose(folder)).publicPath, folder.file('.ssh/id_new.pub'));
  assert.equal((await choose(folder, '-i')).publicPath, folder.file('.ssh/id_new.pub'));
});
