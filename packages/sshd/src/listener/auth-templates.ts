// One template of the auth processes after the other. Copies of one have their memory at the same addresses, so each
// makes few, and none after one of them has crashed: what was learned about its memory is of no use for the next.

import type { PeerAddress } from '@sallyport/protocol/log/stable-lines';
import type { Exit } from '@sallyport/system/spawn';
import type { Ending } from './auth-template.ts';
import { AuthTemplate, isCrash } from './auth-template.ts';
import type { AuthWorker } from './auth-worker.ts';
import type { Worker } from './worker-program.ts';

export interface AuthTemplatesOptions {
  /** Starts the process of a template, which has been told the settings. */
  readonly start: () => Worker;
  /** Milliseconds within which a template must be ready, and make each copy. */
  readonly patienceMs: number;
  /** A template or a copy ended that should not have. */
  readonly onCrash: (pid: number, exit: Exit) => void;
  /** One connection has no auth process. */
  readonly onFailure: (error: unknown) => void;
  /** Templates do not work here: there will be none any more. */
  readonly onUnusable: () => void;
}

/** Then the next one is started, which takes over when it is ready. */
const copiesOfOne = 100;
/** So many strangers at once that the next one is not ready yet; those who come then are served without a template. */
const mostCopies = 1000;
/** One after the other that ended before they were ready. */
const failuresAllowed = 2;

export class AuthTemplates {
  readonly #options: AuthTemplatesOptions;
  #current: AuthTemplate | undefined;
  /** Not ready yet. */
  #next: AuthTemplate | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: AuthTemplatesOptions) {
    this.#options = options;
  }

  /** Starts a template if there is none. Throws when it cannot be started. */
  prepare(): void {
    if (this.#current === undefined) this.#startNext();
  }

  /** A copy that serves the connection, whose descriptor stays ours; undefined when there is none to be had now. */
  copyFor(fd: number, peer: PeerAddress): AuthWorker | undefined {
    const copy = this.#current?.copyFor(fd, peer);
    const copies = this.#current?.copies ?? 0;
    if (copies >= mostCopies) this.#retireCurrent();
    // Whether that works or not, this connection has its copy.
    if (copies >= copiesOfOne) this.#attempt(() => this.#startNext());
    return copy;
  }

  stop(): void {
    this.#stopped = true;
    this.#retireCurrent();
    this.#next?.retire();
    this.#next = undefined;
  }

  #retireCurrent(): void {
    this.#current?.retire();
    this.#current = undefined;
  }

  #startNext(): void {
    if (this.#stopped || this.#next !== undefined || this.#failures >= failuresAllowed) return;
    const { start, patienceMs, onFailure } = this.#options;
    const template: AuthTemplate = new AuthTemplate({
      worker: start(),
      patienceMs,
      onReady: () => this.#succeed(template),
      onGone: () => this.#gone(template),
      onFailure,
      onExit: (of, pid, how) => this.#ended(template, of === 'copy', { pid, ...how }),
    });
    this.#next = template;
  }

  #succeed(template: AuthTemplate): void {
    if (template !== this.#next) return;
    this.#retireCurrent();
    this.#current = template;
    this.#next = undefined;
    this.#failures = 0;
  }

  #gone(template: AuthTemplate): void {
    if (template === this.#current) this.#current = undefined;
    else if (template === this.#next) {
      this.#next = undefined;
      this.#failures += 1;
      if (this.#failures >= failuresAllowed) this.#options.onUnusable();
    } else return;
    this.#startSoon();
  }

  #ended(template: AuthTemplate, isCopy: boolean, { pid, exit, killed }: Ending & { readonly pid: number }): void {
    if (!isCrash({ exit, killed })) return;
    this.#options.onCrash(pid, exit);
    if (!isCopy || !('signal' in exit)) return;
    if (template === this.#current) this.#retireCurrent();
    this.#startSoon();
  }

  /** Not while an event is handled: what fails now is told to who asks for a copy. */
  #startSoon(): void {
    setImmediate(() => this.#attempt(() => this.prepare()));
  }

  #attempt(start: () => void): void {
    try {
      start();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}
