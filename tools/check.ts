// `npm run check`: everything that can be said about the repository without running it: types, layers and limits
// (tidy), lint, format, dead code. Every step runs even if one before it has findings; the status is 1 if any has.

import { runSteps, type Step } from './check/steps.ts';

const steps: readonly Step[] = [
  { title: 'types', command: ['node', 'node_modules/typescript/bin/tsc', '-b'] },
  { title: 'generated files', command: [process.execPath, 'tools/generate.ts', '--check'] },
  { title: 'tidy', command: [process.execPath, 'tools/tidy.ts'] },
  { title: 'lint', command: ['node_modules/.bin/oxlint'] },
  { title: 'dead code', command: ['node_modules/.bin/knip', '--no-config-hints'] },
  { title: 'format', command: ['node_modules/.bin/biome', 'check', '--max-diagnostics=200'] },
];

process.exitCode = runSteps(steps);
