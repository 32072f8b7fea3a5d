// The way into every script of package.json: `node tools/run.mjs NAME [ARGUMENT…]`. Brings the clone into the state that
// the script needs (packages, compiled TypeScript, the executable), then runs tools/NAME.ts under Bun.
// Plain JavaScript for Node 20, because it runs before anything is installed. Does nothing of its own beyond that.

import { spawn } from 'node:child_process';
import { scripts, setUp } from './setup.mjs';

const [name = '', ...parameters] = process.argv.slice(2);
const steps = scripts[name];
if (steps === undefined) {
  process.stderr.write(`run.mjs: no script "${name}"; there are: ${Object.keys(scripts).join(' ')}\n`);
  process.exit(2);
}

const { bun, environment } = await setUp(steps);
const child = spawn(bun, [`tools/${name}.ts`, ...parameters], { stdio: 'inherit', env: environment });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
