// The stock OpenSSH programs for interoperability tests: an sshd with its own port, keys and configuration, and an ssh
// that reads nothing but what the fixture wrote. Everything is below one temporary folder; programs end by process id.

import { chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from './free-port.ts';
import type { Account } from './peers.ts';
import { findProgram, ownAccount, programPath } from './peers.ts';
import type { ProgramOptions, ProgramResult, RunningProgram } from './program.ts';
import { runProgram, startProgram } from './program.ts';
import { TemporaryFolder } from './temporary-folder.ts';

export type StockKeyType = 'ed25519' | 'ecdsa-256' | 'ecdsa-384' | 'ecdsa-521' | 'rsa-2048' | 'rsa-3072';

export interface StockKey {
  /** The private key file; the public one has `.pub` behind it. */
  readonly path: string;
  /** `type base64`, without a comment. */
  readonly publicLine: string;
}

export interface StockServerOptions {
  /** Lines put before the fixture's own; sshd takes the first value of a keyword. */
  readonly config?: readonly string[];
  readonly hostKeys?: readonly StockKeyType[];
  /** Lines of authorized_keys beside the fixture's own user key. */
  readonly authorizedKeys?: readonly string[];
  /** The account that sshd runs as when we are root; root unless told. */
  readonly runAs?: Account;
  /** The account to log in to; the one that sshd runs as unless told. */
  readonly user?: string;
  /** Another sshd than the stock one: it gets the same `-D -e -f FILE`. */
  readonly program?: string;
  /** Arguments after those. */
  readonly args?: readonly string[];
  /** Environment of sshd; sessions see it for names that sshd passes on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which sshd is killed; 900 s unless told, which no file of tests may take. */
  readonly timeoutMs?: number;
}

export interface StockServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The account to log in to. */
  readonly user: string;
  readonly hostKeys: readonly StockKey[];
  /** A known_hosts file with this server's keys. */
  readonly knownHosts: string;
  readonly pid: number;
  /** What sshd has logged. */
  log(): string;
  untilLog(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /**
   * The log, once it has told the ends of that many connections (1 unless told): what sshd says of a client may come
   * after the client has ended.
   */
  logOfConnections(count?: number): Promise<string>;
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface StockClientOptions extends ProgramOptions {
  /** `-o` options, before the fixture's own; ssh takes the first value. */
  readonly config?: readonly string[];
  /** Another ssh than the stock one. */
  readonly program?: string;
}

/** Where a stock client goes: a StockServer, or a server of ours with a known_hosts file. */
export interface StockClientTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly knownHosts: string;
}

export class OpensshFixture {
  readonly folder: TemporaryFolder;
  /** The ed25519 key that every server of this fixture lets in. */
  readonly userKey: StockKey;
  readonly #keys = new Map<string, StockKey>();
  readonly #running: RunningProgram[] = [];
  #count = 0;

  private constructor(folder: TemporaryFolder, userKey: StockKey) {
    this.folder = folder;
    this.userKey = userKey;
  }

  static async create(): Promise<OpensshFixture> {
    const folder = await TemporaryFolder.create();
    return new OpensshFixture(folder, await generateKey('ed25519', folder.file('user-key')));
  }

  /** A key pair made by ssh-keygen, once per name. */
  async key(type: StockKeyType, name: string = type): Promise<StockKey> {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const made = await generateKey(type, this.folder.file(`key-${name}`));
    this.#keys.set(name, made);
    return made;
  }

  /** Starts an sshd on a free port of 127.0.0.1 and resolves when it listens. */
  async startServer(options: StockServerOptions = {}): Promise<StockServer> {
    const own = ownAccount();
    const account = options.runAs ?? own;
    const name = `server-${++this.#count}`;
    const hostKeys: StockKey[] = [];
    for (const type of options.hostKeys ?? ['ed25519']) hostKeys.push(await this.#hostKey(type, name, account));
    const authorizedKeys = [this.userKey.publicLine, ...(options.authorizedKeys ?? []), ''].join('\n');
    await this.folder.write(`${name}.authorized_keys`, authorizedKeys, 0o644);
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const program = await this.#startSshd({ name, port, account, hostKeys, options });
      try {
        await program.untilStderr(/Server listening on 127\.0\.0\.1 port \d+/);
        return await this.#describeServer(program, { name, port, user: options.user ?? account.name, hostKeys });
      } catch (error) {
        await program.end('SIGKILL');
        if (attempt === 3 || !/already in use/i.test(program.stderr())) throw error;
      }
    }
  }

  /** The arguments a client of this fixture starts with: no configuration but ours, the user key, no questions. */
  clientArguments(target: StockClientTarget, config: readonly string[] = []): string[] {
    const settings = [
      ...config,
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      'GlobalKnownHostsFile=/dev/null',
      `UserKnownHostsFile=${target.knownHosts}`,
      `IdentityFile=${this.userKey.path}`,
      'LogLevel=ERROR',
    ];
    return [
      '-F',
      '/dev/null',
      '-p',
      String(target.port),
      '-l',
      target.user,
      ...settings.flatMap((line) => ['-o', line]),
      target.host,
    ];
  }

  /** Runs `ssh target command…` to its end. */
  runClient(
    target: StockClientTarget,
    command: readonly string[],
    options: StockClientOptions = {},
  ): Promise<ProgramResult> {
    return this.startClient(target, command, { ...options, input: options.input ?? '' }).exited;
  }

  /** Starts `ssh target command…`; its stdin stays open unless `input` is given. */
  startClient(target: StockClientTarget, command: readonly string[], options: StockClientOptions = {}): RunningProgram {
    const { config, program, ...rest } = options;
    const args = [...this.clientArguments(target, config), ...command];
    const started = startProgram(program ?? programPath('ssh'), args, {
      ...rest,
      env: { HOME: this.folder.path, ...rest.env },
    });
    this.#running.push(started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((program) => program.end('SIGKILL')));
    await this.folder[Symbol.asyncDispose]();
  }

  async #hostKey(type: StockKeyType, server: string, account: Account): Promise<StockKey> {
    const key = await generateKey(type, this.folder.file(`${server}-host-${type}`));
    if (process.getuid?.() === 0) await chown(key.path, account.uid, account.gid);
    return key;
  }

  async #startSshd(
    parts: ServerParts & { readonly account: Account; readonly options: StockServerOptions },
  ): Promise<RunningProgram> {
    const { name, port, account, hostKeys, options } = parts;
    const lines = [
      ...(options.config ?? []),
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      ...hostKeys.map((key) => `HostKey ${key.path}`),
      `AuthorizedKeysFile ${this.folder.file(`${name}.authorized_keys`)}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'Subsystem sftp internal-sftp',
      'LogLevel VERBOSE',
      '',
    ];
    const file = await this.folder.write(`${name}.config`, lines.join('\n'), 0o644);
    const asOther = process.getuid?.() === 0 && account.uid !== 0;
    const sshd = options.program ?? programPath('sshd');
    // An sshd must not outlive a test process that was killed.
    const supervisor = findProgram('setpriv');
    const [command, ...before] = supervisor === undefined ? [sshd] : [supervisor, '--pdeathsig', 'TERM', sshd];
    const program = startProgram(command, [...before, '-D', '-e', '-f', file, ...(options.args ?? [])], {
      env: { HOME: this.folder.path, ...options.env },
      timeoutMs: options.timeoutMs ?? 900_000,
      ...(asOther ? { account } : {}),
    });
    this.#running.push(program);
    return program;
  }

  async #describeServer(program: RunningProgram, parts: ServerParts & { readonly user: string }): Promise<StockServer> {
    const lines = parts.hostKeys.map((key) => `[127.0.0.1]:${parts.port} ${key.publicLine}`);
    const knownHosts = await this.folder.write(`${parts.name}.known_hosts`, [...lines, ''].join('\n'), 0o644);
    return {
      host: '127.0.0.1',
      port: parts.port,
      user: parts.user,
      hostKeys: parts.hostKeys,
      knownHosts,
      pid: program.pid,
      log: () => program.stderr(),
      untilLog: (pattern, timeoutMs) => program.untilStderr(pattern, timeoutMs),
      logOfConnections: async (count = 1) => {
        await program.untilStderr(new RegExp(`(?:${endOfConnection}[^]*?){${count}}`, 'm'));
        return program.stderr();
      },
      end: () => program.end(),
      [Symbol.asyncDispose]: () => program.end(),
    };
  }
}

/** The last line about a connection that got as far as a login or an attempt at one. */
const endOfConnection = '^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) ';

interface ServerParts {
  readonly name: string;
  readonly port: number;
  readonly hostKeys: readonly StockKey[];
}

async function generateKey(type: StockKeyType, path: string): Promise<StockKey> {
  const [kind = '', bits] = type.split('-');
  const args = ['-q', '-t', kind, ...(bits === undefined ? [] : ['-b', bits]), '-N', '', '-C', 'fixture', '-f', path];
  const result = await runProgram(programPath('ssh-keygen'), args);
  if (result.code !== 0) throw new Error(`ssh-keygen failed: ${result.stderr}`);
  const [name = '', blob = ''] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
  return { path, publicLine: `${name} ${blob.trim()}` };
}

/** The process ids of all descendants of `pid`, from /proc; for tests that end a session from outside. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  const children = await readFile(join('/proc', String(pid), 'task', String(pid), 'children'), 'utf8').catch(() => '');
  for (const child of children.split(' ').filter((word) => word !== '')) {
    found.push(Number(child), ...(await descendantsOf(Number(child))));
  }
  return found;
}
