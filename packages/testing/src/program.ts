// Starts other programs for tests: with an environment of its own, a limit of time, and an end by process id. A program
// that outlives its test is ended when the test process exits.

import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';

export interface ProgramOptions {
  /** Added to (PATH, LANG and TMPDIR only); nothing else of our environment is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Milliseconds after which the program is killed; 30 s unless told. */
  readonly timeoutMs?: number;
  /** Ids to run as, when we are root. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

export interface ProgramResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: () => Buffer;
  readonly stderr: () => string;
  readonly exited: Promise<ProgramResult>;
  /** Resolves when stderr matches; rejects when the program ends or the time (30 s unless told) is over. */
  untilStderr(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Ends the program and what is in its process group, by id. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** The programs that have not ended, which this process takes along when it exits. */
class RunningPrograms {
  readonly #pids = new Set<number>();

  add(pid: number | undefined): void {
    if (pid === undefined) return;
    if (this.#pids.size === 0) process.on('exit', this.#endAll);
    this.#pids.add(pid);
  }

  remove(pid: number | undefined): void {
    if (pid === undefined || !this.#pids.delete(pid) || this.#pids.size > 0) return;
    process.off('exit', this.#endAll);
  }

  readonly #endAll = (): void => {
    for (const pid of this.#pids) signalGroup(pid, 'SIGKILL');
  };
}

const running = new RunningPrograms();

/** Starts `file` in a process group of its own. With `input` undefined stdin stays open as `child.stdin`. */
export function startProgram(file: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const child = spawn(file, args, spawnOptions(options));
  const output = new OutputOf(child);
  running.add(child.pid);
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.timeoutMs ?? 30_000);
  const exited = new Promise<ProgramResult>((resolve, reject) => {
    child.once('error', (error) => {
      clearTimeout(timer);
      running.remove(child.pid);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running.remove(child.pid);
      resolve({
        stdout: output.stdout(),
        stderr: output.stderr(),
        code: code ?? undefined,
        signal: signal ?? undefined,
      });
    });
  });
  exited.catch(() => undefined);
  child.stdin?.on('error', () => undefined);
  if (options.input !== undefined) child.stdin?.end(options.input);
  return {
    child,
    pid: child.pid ?? -1,
    stdout: () => output.stdout(),
    stderr: () => output.stderr(),
    exited,
    untilStderr: (pattern, timeoutMs) => output.untilStderr(pattern, timeoutMs ?? 30_000),
    async end(signal = 'SIGTERM') {
      signalGroup(child.pid, signal);
      await exited.catch(() => undefined);
      signalGroup(child.pid, 'SIGKILL');
    },
  };
}

/** Runs `file` to its end with `input` (nothing unless told) on stdin. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return startProgram(file, args, { ...options, input: options.input ?? '' }).exited;
}

function spawnOptions(options: ProgramOptions): SpawnOptions {
  const env: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
    LANG: 'C.UTF-8',
  };
  const temporary = process.env['TMPDIR'];
  if (temporary !== undefined) env['TMPDIR'] = temporary;
  return {
    env: { ...env, ...options.env },
    cwd: options.cwd ?? '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    ...(options.account === undefined ? {} : { uid: options.account.uid, gid: options.account.gid }),
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Collects what a child writes and lets a test wait for a line. */
class OutputOf {
  readonly #stdout: Buffer[] = [];
  #stderr = '';
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString('utf8');
      for (const check of this.#waiting) check();
    });
    child.once('close', () => {
      this.#ended = true;
      for (const check of this.#waiting) check();
    });
  }

  stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  stderr(): string {
    return this.#stderr;
  }

  untilStderr(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        act();
      };
      const check = (): void => {
        const match = this.#stderr.match(pattern);
        if (match !== null) finish(() => resolve(match));
        else if (this.#ended) finish(() => reject(new Error(`ended without ${pattern}:\n${this.#stderr}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${pattern} in ${timeoutMs} ms:\n${this.#stderr}`))),
        timeoutMs,
      );
      this.#waiting.add(check);
      check();
    });
  }
}
