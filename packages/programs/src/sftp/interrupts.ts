// The interrupt key (SIGINT) while sftp runs: it stops the command that is running, never the connection. Between
// commands it is for whoever reads the next line.

import { connectionMessages } from './messages.ts';
import type { Report } from './report.ts';

export class Interrupts {
  readonly #report: Report;
  #running: AbortController | undefined;
  #whenIdle: (() => void) | undefined;
  readonly #interrupt = (): void => {
    if (this.#running === undefined) this.#whenIdle?.();
    else {
      this.#report.interrupt(connectionMessages.interrupted);
      this.#running.abort();
    }
  };

  constructor(report: Report) {
    this.#report = report;
    process.on('SIGINT', this.#interrupt);
  }

  /** Runs a command whose signal the interrupt key aborts. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running = controller;
    try {
      return await work(controller.signal);
    } finally {
      this.#running = undefined;
    }
  }

  /** What the key does while nothing runs. */
  set whenIdle(listener: (() => void) | undefined) {
    this.#whenIdle = listener;
  }

  release(): void {
    process.off('SIGINT', this.#interrupt);
  }
}
