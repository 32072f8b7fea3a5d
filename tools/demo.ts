// `npm run demo`: the main job of the suite on real programs, in a folder of its own and without root. Our ssh-keygen
// makes the keys, our sshd listens on a free port of the loopback address, our ssh and the stock one log in, run a
// command, open a terminal and carry bytes both ways. Everything it made is gone afterwards. --bin=DIR takes the
// programs from elsewhere.

import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, type Outcome, type RunningServer, runProgram, startServer } from './demo/run-program.ts';

interface Stage {
  /** Where our programs are. */
  readonly bin: string;
  readonly folder: string;
  readonly port: number;
  /** The current user: Bun's userInfo() believes the environment. */
  readonly user: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A step that did not do what it should; the message says what was seen. */
class DemoError extends Error {}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function expect(condition: boolean, what: string, { status, stdout, stderr }: Outcome): void {
  if (condition) return;
  const seen = [`status ${status}`, `stdout ${JSON.stringify(stdout.subarray(0, 500).toString())}`, `stderr ${stderr}`];
  throw new DemoError(`expected ${what}, but saw:\n  ${seen.join('\n  ')}`);
}

async function makeKeys({ bin, folder, environment }: Stage): Promise<void> {
  for (const [name, comment] of [
    ['host_key', 'the demo host'],
    ['user_key', 'the demo user'],
  ] as const) {
    const path = join(folder, name);
    const keygen = join(bin, 'ssh-keygen');
    const made = await runProgram([keygen, '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path], {
      environment,
    });
    expect(made.status === 0, 'ssh-keygen to make a key', made);
    const shown = await runProgram([keygen, '-l', '-f', `${path}.pub`], { environment });
    expect(shown.status === 0 && shown.stdout.includes('SHA256:'), 'its fingerprint', shown);
    say(`  ${name}: ${shown.stdout.toString().trim()}`);
  }
}

function writeConfiguration({ folder }: Stage): void {
  const lines = [
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/user_key.pub`,
    'PidFile none',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
}

/** The command line of a client, ours or the stock one, for a login as the current user. */
function clientCommand(ssh: string, { folder, port, user }: Stage, rest: readonly string[]): string[] {
  const options = [
    `UserKnownHostsFile=${folder}/known_hosts`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=accept-new',
    'IdentitiesOnly=yes',
    'BatchMode=yes',
  ].flatMap((option) => ['-o', option]);
  const login = ['-p', String(port), '-i', `${folder}/user_key`, '-l', user];
  return [ssh, '-F', '/dev/null', ...options, ...login, ...rest];
}

const transferBytes = 16 * 1024 * 1024;

async function logIn(ssh: string, stage: Stage): Promise<void> {
  const run = (rest: readonly string[], input?: Uint8Array): Promise<Outcome> =>
    runProgram(clientCommand(ssh, stage, rest), {
      environment: stage.environment,
      ...(input === undefined ? {} : { input }),
    });

  const command = await run(['127.0.0.1', 'echo "hello, $(id -un)"; echo complaint >&2; exit 7']);
  const hello = `hello, ${stage.user}`;
  const isRight = command.stdout.toString().trim() === hello && command.stderr.includes('complaint');
  expect(isRight && command.status === 7, `"${hello}", "complaint" on stderr and status 7`, command);
  say(`  a command: "${hello}", stderr apart, exit status 7 (${command.milliseconds.toFixed(0)} ms)`);

  const terminal = await run(['-tt', '127.0.0.1', 'tty']);
  expect(terminal.status === 0 && terminal.stdout.includes('/dev/pts/'), 'the name of a terminal', terminal);
  say(`  a terminal: ${terminal.stdout.toString().trim()}`);

  const bytes = randomBytes(transferBytes);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const up = await run(['127.0.0.1', 'sha256sum'], bytes);
  expect(up.stdout.toString().startsWith(hash), `SHA-256 ${hash} of what was sent`, up);
  say(`  16 MiB up: the same SHA-256 there (${speed(up)})`);

  const file = join(stage.folder, 'bytes');
  writeFileSync(file, bytes);
  const down = await run(['127.0.0.1', `cat ${file}`]);
  expect(down.stdout.equals(bytes), `${transferBytes} equal bytes; ${down.stdout.length} came`, {
    ...down,
    stdout: Buffer.alloc(0),
  });
  say(`  16 MiB down: byte for byte the same (${speed(down)})`);
}

function speed({ milliseconds }: Outcome): string {
  return `${(transferBytes / 1e6 / (milliseconds / 1000)).toFixed(0)} MB/s with start and login`;
}

/** The first program of that name in the search path. */
function findInPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

async function play(stage: Stage, running: (server: RunningServer) => void): Promise<void> {
  say('[1/4] our ssh-keygen makes a key for the host and one for the user');
  await makeKeys(stage);

  say(`[2/4] our sshd listens on 127.0.0.1:${stage.port}`);
  writeConfiguration(stage);
  const configuration = join(stage.folder, 'sshd_config');
  const sshd = [join(stage.bin, 'sshd'), '-D', '-e', '-f', configuration, '-p', String(stage.port)];
  running(await startServer(sshd, /Server listening on/, stage.environment));

  say('[3/4] our ssh logs in');
  await logIn(join(stage.bin, 'ssh'), stage);
  const known = readFileSync(join(stage.folder, 'known_hosts'), 'utf8').trim();
  say(`  known_hosts: ${known}`);

  const stock = findInPath('ssh');
  say(stock === undefined ? '[4/4] skipped: no stock ssh is installed' : `[4/4] the stock ${stock} logs in`);
  if (stock !== undefined) await logIn(stock, stage);
}

async function main(): Promise<number> {
  const repository = dirname(dirname(fileURLToPath(import.meta.url)));
  const { values } = parseArgs({ options: { bin: { type: 'string', default: join(repository, 'dist', 'bin') } } });
  const { SSH_AUTH_SOCK: _agent, SSH_ASKPASS: _askpass, ...environment } = process.env;
  const user = spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-'));
  const stage: Stage = { bin: resolve(values.bin), folder, port: await freePort(), user, environment };
  const servers: RunningServer[] = [];
  const cleanUp = async (): Promise<void> => {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(1)));
  }
  try {
    await play(stage, (server) => servers.push(server));
    say('done: everything worked');
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    say(`\nthe demo failed: ${error instanceof DemoError ? error.message : (error.stack ?? error.message)}`);
    for (const server of servers) say(`the server's log:\n${server.log()}`);
    return 1;
  } finally {
    await cleanUp();
  }
}

process.exitCode = await main();
