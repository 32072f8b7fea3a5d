// Warm auth processes that wait for a connection, and the start of account processes. A spare is replaced as soon as
// it is taken, so that its start-up is not on the path of a login.

import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { onExit } from '@sallyport/system/child-exit';
import { sendDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor } from '@sallyport/system/descriptors';
import type { OwnProgram } from '@sallyport/system/own-program';
import type { WorkerName } from './worker-program.ts';
import { startWorker } from './worker-program.ts';

export interface PoolWorker {
  readonly pid: number;
  readonly calls: ByteStream;
  /** Sends descriptors with a text, once for an auth process. */
  readonly pass: (descriptors: readonly number[], text: string) => void;
  /** Ends the process unless it has ended; a number that was given to another process is never hit. */
  readonly kill: () => void;
}

export interface PoolOptions {
  readonly program: OwnProgram;
  readonly errorFd: number;
  /** Arguments of an auth process: where and as whom it runs. */
  readonly sandbox: readonly string[];
  /** Spares that are kept. */
  readonly spares: number;
  /** A process ended with a signal or an error that it should not have. */
  readonly onCrash: (name: WorkerName, pid: number, how: string) => void;
  /** A spare could not be started; the next connection tries again. */
  readonly onFailure: (name: WorkerName, error: unknown) => void;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #spares: PoolWorker[] = [];
  #filling = false;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the spares. */
  fill(): void {
    try {
      while (!this.#stopped && this.#spares.length < this.#options.spares) this.#spares.push(this.#startAuth());
    } catch (error) {
      this.#options.onFailure('sshd-auth', error);
    }
  }

  /** A warm auth process, or a fresh one when all are taken. */
  takeAuth(): PoolWorker {
    const worker = this.#spares.shift() ?? this.#startAuth();
    if (!this.#filling) {
      this.#filling = true;
      setImmediate(() => {
        this.#filling = false;
        this.fill();
      });
    }
    return worker;
  }

  startAccount(): PoolWorker {
    return this.#start('sshd-session');
  }

  /** Ends the spares. */
  stop(): void {
    this.#stopped = true;
    for (const spare of this.#spares.splice(0)) {
      spare.kill();
      spare.calls.destroy();
    }
  }

  #startAuth(): PoolWorker {
    return this.#start('sshd-auth', this.#options.sandbox);
  }

  #start(name: WorkerName, argv: readonly string[] = []): PoolWorker {
    const { program, errorFd, onCrash } = this.#options;
    const worker = startWorker(program, { name, argv, errorFd });
    const calls = openDescriptor(worker.callsFd);
    let alive = true;
    let killed = false;
    onExit(worker.pid, (exit) => {
      alive = false;
      closeDescriptor(worker.passingFd);
      if (!('signal' in exit) && exit.code !== 0) onCrash(name, worker.pid, `status ${exit.code}`);
      if ('signal' in exit && !killed) onCrash(name, worker.pid, `signal ${exit.signal}`);
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
        if (!sendDescriptors(worker.passingFd, descriptors, utf8Encode(text)))
          throw new Error('descriptor socket is full');
      },
      kill: () => {
        killed = true;
        if (alive) process.kill(worker.pid, 'SIGKILL');
      },
    };
  }
}
