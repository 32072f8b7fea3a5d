// A server in memory, pumped like a real one, for tests of clients that take a stream: it answers as little as a login
// needs (see stack-pair.ts), and a test takes over what it is about.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';
import type { ByteStream } from 'sallyport/driver/byte-stream';
import { EngineDriver, monotonicNow } from 'sallyport/driver/engine-driver';
import { memoryStreams } from 'sallyport/driver/memory-stream';
import type { StackPairOptions } from './stack-pair.ts';
import { answerAsServer, serverOptions } from './stack-pair.ts';

export interface MemoryServerOptions {
  readonly crypto: CryptoProvider;
  /** Handles an event before the server's own answers; true when it has. */
  readonly onEvent?: (event: ServerStackEvent, server: MemoryServer) => boolean;
  readonly server?: StackPairOptions['server'];
}

export class MemoryServer {
  /** The client's end. */
  readonly stream: ByteStream;
  readonly hostKey: PrivateKey;
  /** Resolves when the client's end is closed. */
  readonly closed: Promise<void>;
  readonly #stack: ServerStack;
  readonly #driver: EngineDriver<ServerStackEvent, ServerStackCommand>;

  constructor({ crypto, onEvent, server = {} }: MemoryServerOptions) {
    const [own, other] = memoryStreams();
    this.stream = other;
    this.hostKey = new PrivateKey(crypto.generateKey('ed25519'));
    this.#stack = new ServerStack(serverOptions({ crypto, server: { now: monotonicNow(), ...server } }, this.hostKey));
    const ending = { closed: (): void => undefined };
    this.closed = new Promise((resolve) => {
      ending.closed = resolve;
    });
    this.#driver = new EngineDriver(this.#stack, own, {
      event: (event) => {
        if (onEvent?.(event, this) === true) return;
        answerAsServer(event, this.#stack, { crypto, hostKey: this.hostKey });
        if (event.protocol === 'stack') this.#driver.end();
      },
      closed: () => ending.closed(),
    });
    this.#driver.start();
  }

  perform(command: ServerStackCommand): void {
    this.#driver.perform(command);
  }

  reserveChannel(): number {
    return this.#stack.reserveChannel();
  }

  /** Closes without a word. */
  destroy(): void {
    this.#driver.destroy();
  }
}
