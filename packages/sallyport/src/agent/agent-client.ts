// Asks an ssh-agent on its socket for identities and signatures. One request at a time, one connection for each, so
// that an agent which restarts or asks its user takes nothing else along.

import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import type { AgentIdentity } from '@sallyport/protocol/agent/messages';
import {
  decodeIdentities,
  decodeSignature,
  encodeSignRequest,
  requestIdentities,
} from '@sallyport/protocol/agent/messages';
import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';

export class AgentClient {
  readonly #path: string;

  /** `path` is the agent's socket, `$SSH_AUTH_SOCK` of the user's session. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The keys that the agent holds. Rejects when there is no agent or it answers nonsense. */
  async identities(options: CallOptions = {}): Promise<AgentIdentity[]> {
    return decodeIdentities(await this.#ask(requestIdentities.encode({}), options));
  }

  /** A signature blob over `data`; undefined when the agent or its user refuses. */
  async sign(
    key: Uint8Array,
    what: { readonly algorithm: string; readonly data: Uint8Array },
    options: CallOptions = {},
  ): Promise<Uint8Array | undefined> {
    return decodeSignature(await this.#ask(encodeSignRequest(key, what.data, what.algorithm), options));
  }

  #ask(request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    // Loaded here and not before: who has no agent need not wait for it.
    const socket = process.getBuiltinModule('node:net').connect(this.#path);
    const reader = new AgentMessageReader();
    const answered = (): Promise<Uint8Array> =>
      new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.on('close', () => reject(new Error('the agent closed the connection')));
        socket.on('data', (chunk: Buffer) => {
          try {
            reader.receive(chunk);
            const answer = reader.next();
            if (answer !== undefined) resolve(answer.slice());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
        socket.write(frameAgentMessage(request));
      });
    const asked = cancellable(options, answered, () => socket.destroy());
    return asked.finally(() => socket.destroy());
  }
}
