// `bun tools/generate-wasm.ts`: writes packages/crypto/src/wasm/*.ts after a change of packages/crypto/wasm/*.as.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateWasm } from './generate/wasm.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
for (const { path, text } of await generateWasm(root)) writeFileSync(join(root, path), text);
