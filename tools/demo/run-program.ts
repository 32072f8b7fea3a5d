// Runs a program to its end with given input, or starts a server and waits until it listens. Every wait has a limit,
// and a program that passes it is ended. Knows nothing of SSH.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface Outcome {
  /** The exit status, or the name of the signal that ended it. */
  readonly status: number | string;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface RunOptions {
  readonly input?: Uint8Array;
  readonly environment: NodeJS.ProcessEnv;
  readonly limitMilliseconds?: number;
}

export async function runProgram(command: readonly string[], options: RunOptions): Promise<Outcome> {
  const [program = '', ...parameters] = command;
  const start = performance.now();
  const child = spawn(program, parameters, { env: options.environment, stdio: 'pipe' });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.limitMilliseconds ?? 60_000);
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? Buffer.alloc(0));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  return {
    status: code ?? signal ?? '',
    stdout: Buffer.concat(stdout),
    stderr,
    milliseconds: performance.now() - start,
  };
}

/** A port of the loopback address that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface RunningServer {
  /** What it has logged to stderr so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a server in the foreground; resolves when its log says that it is ready, rejects when it ends before. */
export async function startServer(
  command: readonly string[],
  ready: RegExp,
  environment: NodeJS.ProcessEnv,
): Promise<RunningServer> {
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  const ended = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (!ready.test(log)) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`the server did not start:\n${log}`));
    });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  };
  return { log: () => log, stop };
}
