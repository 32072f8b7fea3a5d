// `npm run fix`: mends what `npm run check` finds and a program can mend: format, order of imports, some of lint.

import { runSteps } from './check/steps.ts';

process.exitCode = runSteps([
  { title: 'lint', command: ['node_modules/.bin/oxlint', '--fix'] },
  { title: 'format', command: ['node_modules/.bin/biome', 'check', '--write', '--max-diagnostics=200'] },
]);
