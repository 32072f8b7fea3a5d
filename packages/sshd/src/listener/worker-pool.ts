// Starts the processes that serve peers: an auth process for each connection, which is a copy of a template where the
// runtime can be copied, else one of some spares that have been started in advance; and account processes.

import type { PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { onExit } from '@sallyport/system/child-exit';
import { sendDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { canFork } from '@sallyport/system/fork';
import type { OwnProgram } from '@sallyport/system/own-program';
import type { Exit } from '@sallyport/system/spawn';
import type { ConnectionNotice } from '../auth/receive-connection.ts';
import { isCrash } from './auth-template.ts';
import { AuthTemplates } from './auth-templates.ts';
import type { AuthWorker } from './auth-worker.ts';
import type { Worker, WorkerName } from './worker-program.ts';
import { startWorker } from './worker-program.ts';

export interface PoolWorker extends AuthWorker {
  /** Sends descriptors with a text. */
  readonly pass: (descriptors: readonly number[], text: string) => void;
}

export interface PoolOptions {
  readonly program: OwnProgram;
  readonly errorFd: number;
  /** Arguments of an auth process: where and as whom it runs. */
  readonly sandbox: readonly string[];
  /** What the configuration says, as an auth process is told it. */
  readonly settings: string;
  /** Connections may come again and again: then auth processes are prepared in advance. */
  readonly isLasting: boolean;
  /** A process ended with a signal or an error that it should not have. */
  readonly onCrash: (name: WorkerName, pid: number, how: string) => void;
  /** A process could not be started; the next connection tries again. */
  readonly onFailure: (name: WorkerName, error: unknown) => void;
}

const sparesKept = 2;
const templatePatienceMs = 10_000;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #spares: PoolWorker[] = [];
  #templates: AuthTemplates | undefined;
  #preparing = false;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    if (options.isLasting && canFork()) this.#templates = this.#makeTemplates();
  }

  /** Starts what serves the next connections sooner. */
  prepare(): void {
    if (!this.#options.isLasting || this.#stopped) return;
    try {
      if (this.#templates !== undefined) this.#templates.prepare();
      else while (this.#spares.length < sparesKept) this.#spares.push(this.#startAuth());
    } catch (error) {
      this.#options.onFailure('sshd-auth', error);
    }
  }

  /** An auth process that serves the connection, whose descriptor stays ours. */
  serve(fd: number, peer: PeerAddress): AuthWorker {
    const copy = this.#templates?.copyFor(fd, peer);
    if (copy !== undefined) return copy;
    const worker = this.#spares.shift() ?? this.#startAuth();
    this.#prepareSoon();
    try {
      worker.pass([fd], JSON.stringify({ peer, copy: 0 } satisfies ConnectionNotice));
    } catch (error) {
      worker.kill();
      throw error;
    }
    return worker;
  }

  startAccount(): PoolWorker {
    return this.#start('sshd-session');
  }

  /** Ends what was prepared. */
  stop(): void {
    this.#stopped = true;
    this.#templates?.stop();
    for (const spare of this.#spares.splice(0)) {
      spare.kill();
      spare.calls.destroy();
    }
  }

  #prepareSoon(): void {
    if (this.#preparing) return;
    this.#preparing = true;
    setImmediate(() => {
      this.#preparing = false;
      this.prepare();
    });
  }

  #makeTemplates(): AuthTemplates {
    const { onFailure } = this.#options;
    return new AuthTemplates({
      start: () => this.#startTemplate(),
      patienceMs: templatePatienceMs,
      onCrash: (pid, exit) => this.#crashed('sshd-auth', pid, exit),
      onFailure: (error) => onFailure('sshd-auth', error),
      onUnusable: () => {
        this.#templates = undefined;
        this.#prepareSoon();
      },
    });
  }

  #startTemplate(): Worker {
    const { program, errorFd, sandbox, settings } = this.#options;
    const argv = ['template', ...sandbox];
    const worker = startWorker(program, { name: 'sshd-auth', argv, errorFd, isCopied: true });
    try {
      this.#pass(worker.passingFd, [], settings);
    } catch {
      // It has ended already, or will never be ready: both are noticed by who waits for it.
    }
    return worker;
  }

  #startAuth(): PoolWorker {
    const { sandbox, settings } = this.#options;
    const worker = this.#start('sshd-auth', ['single', ...sandbox]);
    worker.pass([], settings);
    return worker;
  }

  #start(name: WorkerName, argv: readonly string[] = []): PoolWorker {
    const { program, errorFd } = this.#options;
    const worker = startWorker(program, { name, argv, errorFd });
    const calls = openDescriptor(worker.callsFd);
    let alive = true;
    let killed = false;
    onExit(worker.pid, (exit) => {
      alive = false;
      closeDescriptor(worker.passingFd);
      if (isCrash({ exit, killed })) this.#crashed(name, worker.pid, exit);
      const spare = this.#spares.findIndex((candidate) => candidate.pid === worker.pid);
      if (spare < 0) return;
      this.#spares.splice(spare, 1);
      calls.destroy();
    });
    return {
      pid: worker.pid,
      calls,
      pass: (descriptors, text) => {
        if (!alive) throw new Error(`${name} has ended`);
        this.#pass(worker.passingFd, descriptors, text);
      },
      kill: () => {
        killed = true;
        if (alive) process.kill(worker.pid, 'SIGKILL');
      },
    };
  }

  #pass(passingFd: number, descriptors: readonly number[], text: string): void {
    if (!sendDescriptors(passingFd, descriptors, utf8Encode(text))) throw new Error('descriptor socket is full');
  }

  #crashed(name: WorkerName, pid: number, exit: Exit): void {
    this.#options.onCrash(name, pid, 'signal' in exit ? `signal ${exit.signal}` : `status ${exit.code}`);
  }
}
