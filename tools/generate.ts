// Writes the generated files: the WebAssembly modules of packages/crypto and docs/conformance.md. With --check it
// writes nothing and ends with status 1 when a committed file is not what it should be.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformancePage } from './generate/conformance.ts';
import { generateWasm } from './generate/wasm.ts';
import { readSources } from './tidy/repository.ts';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const files = [...(await generateWasm('.')), { path: 'docs/conformance.md', text: conformancePage(readSources('.')) }];
const stale = files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text);
const checking = process.argv.includes('--check');
for (const { path, text } of stale) {
  if (checking) process.stdout.write(`${path} is not what its sources give; run npm run fix\n`);
  else writeFileSync(path, text);
}
process.exitCode = checking && stale.length > 0 ? 1 : 0;
