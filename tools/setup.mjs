// What a bare clone needs before a script can run: npm's packages as the lock file names them, Bun's binary, compiled
// TypeScript, the executable. Each step is skipped when its result stands, and says what it does and how long it took.
// Needs Node 20 and npm, no root, and no install script of any package: Bun's binary is taken from its platform's own package.

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));

/** The level is said because `npm run --silent` would silence this one, too, and a failure would have no reason. */
const npmInstall = ['ci', '--include=dev', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
/** Made by the system when it starts its own sshd; without it no sshd of root starts, neither ours nor another. */
const separationFolder = '/run/sshd';

/** The steps that each script of package.json needs, in order. */
export const scripts = {
  build: ['packages', 'compile'],
  test: ['packages', 'compile', 'executable', 'separation'],
  check: ['packages'],
  fix: ['packages'],
  demo: ['packages', 'compile', 'executable', 'separation'],
  bench: ['packages', 'compile', 'executable', 'separation'],
};

/** Runs the steps; the path of Bun's binary and the environment for everything that is started from here on. */
export async function setUp(steps) {
  process.chdir(repository);
  const environment = cleanEnvironment();
  const labels = {
    packages: 'installing packages',
    compile: 'compiling TypeScript',
    executable: 'building the executable',
    separation: `the empty folder of sshd's auth processes`,
  };
  const state = { bun: '', environment };
  for (const [index, step] of steps.entries()) {
    await progress(`[${index + 1}/${steps.length}] ${labels[step]}`, () => actions[step](state));
  }
  return state;
}

const actions = {
  async packages(state) {
    const fresh = !packagesAreInstalled();
    if (fresh) await run('npm', npmInstall, process.env);
    state.bun = findBun(state.environment);
    return fresh ? undefined : 'up to date';
  },
  async compile({ environment }) {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], environment);
  },
  async executable({ bun, environment }) {
    await run(bun, ['tools/build.ts', '--quiet'], environment);
  },
  separation() {
    if (process.getuid?.() !== 0) return 'not needed without root';
    if (existsSync(separationFolder)) return `${separationFolder} is there`;
    mkdirSync(separationFolder);
    chmodSync(separationFolder, 0o755);
    return `made ${separationFolder}`;
  },
};

/** The environment without what slows Node down or reaches into Bun from outside. */
function cleanEnvironment() {
  const unwanted = (name) => name === 'NODE_EXTRA_CA_CERTS' || name === 'NODE_OPTIONS' || name.startsWith('BUN_');
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !unwanted(name)));
}

/** Whether npm's own record of what it installed says the same as the lock file; other platforms' packages may be absent. */
function packagesAreInstalled() {
  const recordPath = 'node_modules/.package-lock.json';
  if (!existsSync(recordPath)) return false;
  const wanted = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const installed = JSON.parse(readFileSync(recordPath, 'utf8')).packages;
  const same = (path) =>
    installed[path]?.version === wanted[path]?.version && installed[path]?.link === wanted[path]?.link;
  return (
    Object.keys(installed).every((path) => same(path)) &&
    Object.keys(wanted)
      .filter((path) => path !== '')
      .every((path) => wanted[path].optional === true || same(path))
  );
}

/** Bun's binary of this platform: the first of its packages whose binary is there and starts. */
function findBun(environment) {
  const architecture = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const folders = ['', '-baseline', '-musl', '-musl-baseline'].map(
    (variant) => `node_modules/@oven/bun-${process.platform}-${architecture}${variant}`,
  );
  for (const folder of folders) {
    const binary = join(repository, folder, 'bin', 'bun');
    if (existsSync(binary) && spawnSync(binary, ['--version'], { env: environment }).status === 0) return binary;
  }
  throw new StepError(
    `No Bun for ${process.platform} ${process.arch} that starts; looked in:\n  ${folders.join('\n  ')}\n`,
  );
}

/** A failed step; its message is what the failed command printed. */
class StepError extends Error {}

/** Runs a command; its output is shown only if it fails. */
function run(command, parameters, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(new StepError(`${command}: ${error.message}\n`)));
    child.on('close', (code) => {
      if (code === 0) resolve(undefined);
      else reject(new StepError(`${output}${[command, ...parameters].join(' ')} ended with status ${code}\n`));
    });
  });
}

/** Prints what is being done, the seconds so far where a person watches, and the end of it. */
async function progress(label, action) {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  process.stdout.write(`${label} … `);
  const watch = process.stdout.isTTY
    ? setInterval(() => process.stdout.write(`\r${label} … ${seconds()} `), 1000)
    : undefined;
  try {
    const note = await action();
    process.stdout.write(`${watch === undefined ? '' : `\r${label} … `}${note ?? seconds()}\n`);
  } catch (error) {
    process.stdout.write('failed\n');
    if (!(error instanceof StepError)) throw error;
    process.stderr.write(error.message);
    process.exit(1);
  } finally {
    clearInterval(watch);
  }
}
