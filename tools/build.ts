// Builds dist/bin: the executable `sallyport`, a symlink to it for each program, and a Node entry for each (`ssh.js`);
// and dist/npm/sallyport, the library as it is published. `npm run build` runs it after the TypeScript compiler has
// written every package's dist (ESM and .d.ts); with --quiet it prints nothing. The executable appears under its name
// only when it is whole.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programs } from '@sallyport/executable/programs';
import { buildLibrary } from './build/library-package.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(repository, 'dist', 'bin');

/** Split, a program loads what it uses of the bytecode: in one piece everything is looked at when it starts. */
const flags = [
  '--compile',
  '--bytecode',
  '--format=esm',
  '--splitting',
  '--minify',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  '--compile-jit-policy=8',
];

function buildExecutable(): void {
  const unfinished = join(folder, `.sallyport.${process.pid}`);
  const entry = join(repository, 'packages', 'executable', 'dist', 'main.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['build', ...flags, `--outfile=${unfinished}`, entry],
    { cwd: repository, encoding: 'utf8' },
  );
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    process.stderr.write(`${stdout}${stderr}`);
    process.exit(1);
  }
  renameSync(unfinished, join(folder, 'sallyport'));
}

/**
 * Programs that are a script instead of a link. OpenSSH's suite takes the file of ssh-agent for its data, and with the
 * whole executable in its place the test of sftp, which moves it five bytes at a time, would take hours.
 */
const scripted: readonly string[] = ['ssh-agent'];

function launcher(name: string): string {
  return [
    '#!/bin/sh',
    '# Runs the executable beside this file, also where a link leads here.',
    'folder=${0%/*}',
    '[ -x "$folder/sallyport" ] || folder=$(dirname "$(readlink -f "$0")")',
    `exec "$folder/sallyport" ${name} "$@"`,
    '',
  ].join('\n');
}

function linkPrograms(): void {
  for (const name of Object.keys(programs)) {
    const link = join(folder, name);
    rmSync(link, { force: true });
    if (scripted.includes(name)) {
      writeFileSync(link, launcher(name), { mode: 0o755 });
      chmodSync(link, 0o755);
    } else {
      symlinkSync('sallyport', link);
    }
    const text = [
      '#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS -u NODE_OPTIONS node',
      "import { runProgram } from '../../packages/executable/dist/run-program.js';",
      `await runProgram('${name}', process.argv.slice(2));`,
      '',
    ].join('\n');
    writeFileSync(`${link}.js`, text);
    chmodSync(`${link}.js`, 0o755);
  }
}

mkdirSync(folder, { recursive: true });
buildExecutable();
linkPrograms();
buildLibrary(repository, join(repository, 'dist', 'npm', 'sallyport'), process.execPath);
if (!process.argv.includes('--quiet')) {
  const megabytes = (statSync(join(folder, 'sallyport')).size / 1e6).toFixed(0);
  process.stdout.write(`dist/bin/sallyport (${megabytes} MB): ${Object.keys(programs).join(' ')}\n`);
}
