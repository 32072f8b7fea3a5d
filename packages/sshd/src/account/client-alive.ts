// ClientAliveInterval and ClientAliveCountMax: asks a silent client for a sign of life, and gives it up when too
// many questions stay unanswered. Anything that comes counts as an answer.

import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';

/** The question: a request that no client knows, so that every client answers it with a failure. */
export const keepAliveRequest: ConnectionCommand = {
  type: 'request-global',
  request: globalRequestNames.keepalive,
  fields: new Uint8Array(0),
  token: 0,
};

export interface ClientAliveLimits {
  /** 0 = never ask. */
  readonly intervalMs: number;
  /** 0 = never give up. */
  readonly maximumCount: number;
}

export interface ClientAliveActions {
  readonly ask: () => void;
  readonly giveUp: () => void;
}

/** What setInterval() can hold; more would tick at once. */
const longestDelayMs = 0x7fff_ffff;

export class ClientAlive {
  readonly #limits: ClientAliveLimits;
  readonly #actions: ClientAliveActions;
  #timer: NodeJS.Timeout | undefined;
  #heardSince = true;
  #unanswered = 0;

  constructor(limits: ClientAliveLimits, actions: ClientAliveActions) {
    this.#limits = limits;
    this.#actions = actions;
  }

  start(): void {
    if (this.#limits.intervalMs === 0) return;
    this.#timer = setInterval(() => this.tick(), Math.min(this.#limits.intervalMs, longestDelayMs));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Something came from the client. */
  heard(): void {
    this.#heardSince = true;
    this.#unanswered = 0;
  }

  /** An interval has passed. */
  tick(): void {
    if (this.#heardSince) {
      this.#heardSince = false;
      return;
    }
    if (this.#limits.maximumCount > 0 && this.#unanswered >= this.#limits.maximumCount) {
      this.stop();
      this.#actions.giveUp();
      return;
    }
    this.#unanswered += 1;
    this.#actions.ask();
  }
}
