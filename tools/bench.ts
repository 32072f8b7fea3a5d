// `npm run bench [-- OPTION… SCENARIO…]`: runs scenarios of the peer benchmark harness with our executable and stock
// OpenSSH in the same run, and prints our ratios to OpenSSH against the targets. Scenarios: connect logins bulk files
// small-files far-files far-small-files big-file library-files idle keys. --harness=DIR says where the harness is
// (../shared/bench), --work=DIR where it keeps keys and results (in memory unless told), --quick makes short runs. As
// root the harness adds a login `sshbench` to the machine; otherwise it logs in as the current user.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatRows, joinRounds, parseResults, type Row, rowsOf } from './bench/report.ts';
import { type Scenario, scenarios } from './bench/scenarios.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const ours = join(repository, 'bench', 'peers', 'sallyport.json');
const internal = join(repository, 'bench', 'peers', 'sallyport-internal.json');
const copier = join(repository, 'bench', 'peers', 'sallyport-scp.json');
const library = join(repository, 'bench', 'peers', 'sallyport-library.json');

interface Place {
  readonly harness: string;
  readonly work: string;
  readonly quick: boolean;
}

function runScenario(scenario: Scenario, { harness, work, quick }: Place): Row[] {
  const results = join(work, `results-${scenario.name}.jsonl`);
  rmSync(results, { force: true });
  const peers = {
    servers: ['--servers', `openssh,${ours}`],
    programs: ['--peers', `openssh,${ours}`],
    pairs: pairs([...withTheirs('openssh', ours), `openssh:${ours}`, `${ours}:${ours}`]),
    copies: pairs([...copies('openssh', ours), ...copies('openssh-scp', copier)]),
    'our-copies': pairs([...ourCopies('openssh', ours), ...ourCopies('openssh-scp', copier)]),
    'own-copies': pairs([`${ours}:${ours}`, `${copier}:${ours}`, `${ours}:${internal}`]),
    libraries: pairs(['ssh2:openssh', `${library}:openssh`]),
  }[scenario.compares];
  const parameters = quick ? scenario.quickParameters : scenario.parameters;
  const own = join(repository, 'bench', 'scripts', scenario.script);
  const script = existsSync(own) ? own : join(harness, scenario.script);
  const command = [script, ...parameters, '--work', work, '--out', results, ...peers];
  const env = {
    ...process.env,
    // The harness writes this into the clients' configuration: the same algorithms for all.
    BENCH_KEX: 'curve25519-sha256\nCiphers aes128-gcm@openssh.com',
    PYTHONPATH: harness,
    BENCH_VAR_OURS: join(repository, 'dist', 'bin'),
    BENCH_NODE_MODULES: join(repository, 'node_modules'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const rounds = quick ? 1 : (scenario.rounds ?? 1);
  for (let round = 0; round < rounds; round++) spawnSync('/usr/bin/python3', command, { stdio: 'inherit', env });
  if (!existsSync(results)) return [];
  return rowsOf(scenario, joinRounds(parseResults(readFileSync(results, 'utf8'))));
}

function pairs(list: readonly string[]): string[] {
  return ['--pairs', list.join(',')];
}

/** Stock clients and ours with the stock server. */
function withTheirs(theirs: string, own: string): string[] {
  return [`${theirs}:openssh`, `${own}:openssh`];
}

function ourCopies(theirs: string, own: string): string[] {
  return [...withTheirs(theirs, own), `${own}:${ours}`, `${own}:${internal}`];
}

/** Our sshd once with our sftp-server, once with internal-sftp. */
function copies(theirs: string, own: string): string[] {
  return [...ourCopies(theirs, own), `${theirs}:${ours}`, `${theirs}:${internal}`];
}

/** Why a scenario cannot run here; undefined if it can. */
function obstacleTo({ compares }: Scenario, work: string): string | undefined {
  const hasGenerator = existsSync(join(work, 'goload')) || spawnSync('go', ['version']).status === 0;
  if (compares !== 'servers' || hasGenerator) return undefined;
  return 'its load generator needs Go (golang-go golang-golang-x-crypto-dev golang-github-pkg-sftp-dev)';
}

/** Programs are compared, not disks. */
function memoryFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

function main(): number {
  const { values, positionals } = parseArgs({
    options: {
      harness: { type: 'string', default: join(repository, '..', 'shared', 'bench') },
      work: { type: 'string', default: join(memoryFolder(), 'sallyport-bench') },
      quick: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const place = { harness: resolve(values.harness), work: resolve(values.work), quick: values.quick };
  if (!existsSync(join(place.harness, 'benchlib.py'))) {
    process.stderr.write(`no benchmark harness in ${place.harness}; name its folder with --harness=DIR\n`);
    return 2;
  }
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    const known = scenarios.map(({ name }) => name).join(' ');
    process.stderr.write(`no scenario ${unknown.join(' ')}; there are: ${known}\n`);
    return 2;
  }
  mkdirSync(place.work, { recursive: true });
  const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const rows = chosen.flatMap((scenario, index) => {
    process.stdout.write(`[${index + 1}/${chosen.length}] ${scenario.name}: ${scenario.what}\n`);
    const obstacle = obstacleTo(scenario, place.work);
    if (obstacle === undefined) return runScenario(scenario, place);
    process.stdout.write(`skipped: ${obstacle}\n`);
    return [];
  });
  process.stdout.write(`\n${formatRows(rows)}`);
  return rows.some(({ verdict }) => verdict === 'short' || verdict === 'failed') ? 1 : 0;
}

process.exitCode = main();
