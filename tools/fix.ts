// `npm run fix`: mends what `npm run check` finds and a program can mend: long lines of comments, some of lint, order
// of imports, format. What is left is for a person.

import { readFileSync, writeFileSync } from 'node:fs';
import { runSteps } from './check/steps.ts';
import { sourcePaths } from './tidy/repository.ts';
import { wrapComments } from './tidy/wrap-comments.ts';

for (const path of sourcePaths('.')) {
  const text = readFileSync(path, 'utf8');
  const wrapped = wrapComments(text, 120);
  if (wrapped !== text) writeFileSync(path, wrapped);
}
process.exitCode = runSteps([
  { title: 'generated files', command: [process.execPath, 'tools/generate.ts'] },
  { title: 'lint', command: ['node_modules/.bin/oxlint', '--fix'] },
  { title: 'format', command: ['node_modules/.bin/biome', 'check', '--write', '--max-diagnostics=200'] },
]);
