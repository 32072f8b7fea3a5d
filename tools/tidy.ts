// Checks the shape of the repository: direction of imports, cycles, sizes, dead files, names, comments. The rules are
// in tools/tidy/, one file per kind. Prints `path:line rule message` for each finding; the status is 1 if there is one.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRepository } from './tidy/repository.ts';

const findings = checkRepository(dirname(dirname(fileURLToPath(import.meta.url))));
for (const { path, line, rule, message } of findings) process.stdout.write(`${path}:${line} ${rule} ${message}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
