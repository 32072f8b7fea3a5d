// Asks an ssh-agent for what it does: keys, signatures, adding and removing, locking. Each request has a connection of
// its own, unless a session is given, so that an agent which restarts or asks its user takes nothing else along.

import type { AgentConstraints } from '@sallyport/protocol/agent/constraints';
import { encodeConstraints } from '@sallyport/protocol/agent/constraints';
import { type AddIdentityOptions, encodeAddIdentity } from '@sallyport/protocol/agent/identity-key';
import type { AgentIdentity } from '@sallyport/protocol/agent/messages';
import * as messages from '@sallyport/protocol/agent/messages';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { CallOptions } from '../cancellation.ts';
import { AgentSession } from './agent-session.ts';

/** The keys of a token, by the library that speaks to it. */
export interface TokenKeys {
  readonly provider: string;
  readonly pin: Uint8Array;
  readonly constraints?: AgentConstraints | undefined;
}

export class AgentClient {
  readonly #openSession: () => AgentSession;
  readonly #ownsSessions: boolean;

  /** The agent's socket, `$SSH_AUTH_SOCK` of the user's session, or a connection that stays its owner's. */
  constructor(agent: string | AgentSession) {
    this.#openSession = typeof agent === 'string' ? () => new AgentSession(agent) : () => agent;
    this.#ownsSessions = typeof agent === 'string';
  }

  /** The keys that the agent holds. Rejects when there is no agent or it answers nonsense. */
  async identities(options: CallOptions = {}): Promise<AgentIdentity[]> {
    return messages.decodeIdentities(await this.#ask(messages.requestIdentities.encode({}), options));
  }

  /** A signature blob over `data` by a key or a certificate's key; undefined when the agent or its user refuses. */
  async sign(
    key: Uint8Array,
    what: { readonly algorithm: string; readonly data: Uint8Array },
    options: CallOptions = {},
  ): Promise<Uint8Array | undefined> {
    const request = messages.encodeSignRequest(key, what.data, what.algorithm);
    return messages.decodeSignature(await this.#ask(request, options));
  }

  /** Gives the agent a key, or a certificate with its key; false when it refuses. */
  add(key: PrivateKey, what: AddIdentityOptions = {}, options: CallOptions = {}): Promise<boolean> {
    return this.#do(encodeAddIdentity(key, what), options);
  }

  /** Removes a key or a certificate; false when the agent does not have it. */
  remove(key: Uint8Array, options: CallOptions = {}): Promise<boolean> {
    return this.#do(messages.removeIdentity.encode({ key }), options);
  }

  removeAll(options: CallOptions = {}): Promise<boolean> {
    return this.#do(messages.removeAllIdentities.encode({}), options);
  }

  /** Hides all keys until the same passphrase unlocks them; false when the agent refuses. */
  lock(passphrase: Uint8Array, options: CallOptions = {}): Promise<boolean> {
    return this.#do(messages.lockAgent.encode({ passphrase }), options);
  }

  unlock(passphrase: Uint8Array, options: CallOptions = {}): Promise<boolean> {
    return this.#do(messages.unlockAgent.encode({ passphrase }), options);
  }

  /** Has the agent load the keys of a token; false when it refuses. */
  addTokenKeys({ provider, pin, constraints = {} }: TokenKeys, options: CallOptions = {}): Promise<boolean> {
    const encoded = encodeConstraints(constraints);
    const request =
      encoded.length === 0
        ? messages.addTokenKeys.encode({ provider, pin })
        : messages.addTokenKeysConstrained.encode({ provider, pin, constraints: encoded });
    return this.#do(request, options);
  }

  removeTokenKeys({ provider, pin }: TokenKeys, options: CallOptions = {}): Promise<boolean> {
    return this.#do(messages.removeTokenKeys.encode({ provider, pin }), options);
  }

  /** The extensions that the agent has; undefined when it cannot say. */
  async extensions(options: CallOptions = {}): Promise<string[] | undefined> {
    const { query } = messages.extensionNames;
    const request = messages.agentExtension.encode({ name: query, contents: new Uint8Array(0) });
    return messages.decodeQueryAnswer(await this.#ask(request, options));
  }

  async #do(request: Uint8Array, options: CallOptions): Promise<boolean> {
    return messages.decodeOutcome(await this.#ask(request, options));
  }

  async #ask(request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const session = this.#openSession();
    try {
      return await session.ask(request, options);
    } finally {
      if (this.#ownsSessions) session.close();
    }
  }
}
