// What gathering the keys of a login needs to know, wherever they come from: files, agents, tokens. Made from the plan
// of a connection (make-login.ts).

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import type { AgentSession } from 'sallyport/agent/agent-session';
import type { KeepKey } from './keep-key.ts';
import type { ConnectionPlan } from './read-config.ts';

export interface IdentityOptions {
  readonly plan: Pick<ConnectionPlan, 'options' | 'expansion' | 'mentioned'>;
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks for a passphrase; undefined when nobody answers. The caller of ask wipes the answer. */
  readonly askPassphrase: (prompt: string) => Promise<Uint8Array | undefined>;
  /** A connection to the agent, bound to the host as far as the agent can be; undefined: no agent. */
  readonly agent: AgentSession | undefined;
  /** Gets keys that were opened; undefined: nobody wants them. */
  readonly keepKey?: KeepKey | undefined;
}
