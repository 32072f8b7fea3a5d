// The published library as an application finds it: what its entries export, and whether its types stand by themselves.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { buildLibrary } from './library-package.ts';

const repository = resolve('.');
const bun = resolve(`node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`);
const unless = { skip: existsSync(bun) ? false : `${bun} is not here` };
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** An application beside which the library stands alone: none of the workspace's packages can be found from it. */
function application(source: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync('/tmp/sallyport-application-');
  folders.push(folder);
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  buildLibrary(repository, join(folder, 'built'), bun);
  cpSync(join(folder, 'built'), join(folder, 'node_modules', 'sallyport'), { recursive: true });
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
  }
  for (const [name, text] of Object.entries(source)) writeFileSync(join(folder, name), text);
  return folder;
}

function run(program: string, parameters: readonly string[], cwd: string): { output: string; status: number | null } {
  const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync(program, parameters, { cwd, env, encoding: 'utf8', timeout: 60_000 });
  return { output: `${stdout}${stderr}`, status };
}

test(
  'an application on Node and Bun gets the same names, and one class of errors, from both entries',
  unless,
  async () => {
    const folder = application({
      'app.mjs': `import * as library from 'sallyport'; import * as keys from 'sallyport/keys';
      const error = await keys.readPublicKey('/nowhere').catch((error) => error);
      const own = error instanceof library.KeyError && keys.KeyError === library.KeyError;
      console.log(JSON.stringify([Object.keys(library).sort(), Object.keys(keys).sort(), own]));`,
    });
    const names = async (module: string): Promise<string[]> => Object.keys((await import(module)) as object).sort();
    const expected = [await names('sallyport'), await names('sallyport/keys'), true];
    for (const runtime of ['node', bun]) {
      const { output, status } = run(runtime, ['app.mjs'], folder);
      assert.equal(status, 0, output);
      assert.deepEqual(JSON.parse(output), expected);
    }
  },
);

test('its types stand by themselves', { ...unless, timeout: 60_000 }, () => {
  const folder = application({
    'app.mts': `import { type Client, connect, type SftpClient } from 'sallyport';
      import * as keys from 'sallyport/keys';
      export const client: Client = await connect('web1'); export const files: SftpClient = await client.sftp();
      export const { key } = await keys.readPublicKey('x');
      // @ts-expect-error -- not when it is any
      export const number: number = client;`,
  });
  const compiler = resolve('node_modules/typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const { output, status } = run(process.execPath, [compiler, ...flags, 'app.mts'], folder);
  assert.equal(status, 0, output);
});
