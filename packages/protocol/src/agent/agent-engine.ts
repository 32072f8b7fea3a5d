// An ssh-agent without its sockets (RFC 9987, PROTOCOL.agent): what all connections share is here, what one of them is
// asked is in agent-connection.ts. The owner tells the time with expire(), before it hands over what was received, so
// that no key serves beyond its lifetime.

import { AgentConnection } from './agent-connection.ts';
import { AgentLock } from './agent-lock.ts';
import type { AgentEngineOptions, AgentState } from './agent-state.ts';
import { IdentityStore } from './identity-store.ts';

export class AgentEngine {
  readonly #state: AgentState;
  readonly #connections = new Set<AgentConnection>();

  constructor(options: AgentEngineOptions) {
    this.#state = { ...options, store: new IdentityStore(), lock: new AgentLock(options.crypto), now: 0 };
  }

  /** A client has connected; its owner calls `close` when it is gone. */
  connect(): AgentConnection {
    const connection = new AgentConnection(this.#state, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  get deadline(): number | undefined {
    const deadlines = [this.#state.store.deadline, ...Array.from(this.#connections, ({ deadline }) => deadline)];
    const due = deadlines.filter((deadline) => deadline !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Afterwards connections may have output. */
  expire(now: number): void {
    this.#state.now = now;
    const expired = this.#state.store.expire(now);
    if (expired > 0) this.#state.log('debug1', `${expired} keys have reached the end of their lifetime`);
    for (const connection of this.#connections) connection.expire(now);
  }

  removeAll(): void {
    const removed = this.#state.store.remove(() => true);
    this.#state.log('debug1', `removed all ${removed} keys`);
  }
}
