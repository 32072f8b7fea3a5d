// One connection to an ssh-agent: requests one after the other, and what the connection is bound to. It is opened with
// the first request and stays open until it is closed; a request that fails takes it down.

import type { Socket } from 'node:net';
import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { agentExtension, decodeOutcome, extensionNames, sessionBind } from '@sallyport/protocol/agent/messages';
import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';

/** A host to which a connection is bound, as its key exchange has proved it (PROTOCOL.agent section 1). */
export interface SessionBinding {
  readonly hostKey: Uint8Array;
  readonly sessionId: Uint8Array;
  /** The host's signature over the session identifier. */
  readonly signature: Uint8Array;
  /** The agent is forwarded there; otherwise it serves the login there. */
  readonly isForwarding: boolean;
}

interface Asked {
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class AgentSession implements AsyncDisposable {
  readonly #path: string;
  readonly #reader = new AgentMessageReader();
  readonly #connected: Promise<void>;
  #settleConnected: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #socket: Socket | undefined;
  #asked: Asked | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
    this.#connected = new Promise((resolve, reject) => {
      this.#settleConnected = { resolve, reject };
    });
    // Whoever calls open() hears of it, as does each request.
    this.#connected.catch(() => undefined);
  }

  /** Connects, if that has not been done. Rejects with the error of node:net. */
  async open(options: CallOptions = {}): Promise<void> {
    this.#socket ??= this.#connect();
    await cancellable(
      options,
      () => this.#connected,
      (error) => this.#fail(error),
    );
  }

  /**
   * The answer to a request, which is wiped as soon as it is on its way. Rejects when there is no agent, it closes the
   * connection or does not speak the protocol.
   */
  ask(request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const asked = this.#last.then(() =>
      cancellable(
        options,
        () => this.#send(request),
        (error) => this.#fail(error),
      ),
    );
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  /** Tells the agent which host everything behind this on the connection is for; false when it refuses. */
  async bind(binding: SessionBinding, options: CallOptions = {}): Promise<boolean> {
    const contents = sessionBind.encode({ ...binding });
    return decodeOutcome(
      await this.ask(agentExtension.encode({ name: extensionNames.sessionBind, contents }), options),
    );
  }

  close(): void {
    this.#fail(new Error('the connection to the agent was closed'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #send(request: Uint8Array): Promise<Uint8Array> {
    if (this.#isClosed) throw new Error('the connection to the agent is closed');
    const socket = (this.#socket ??= this.#connect());
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      const framed = frameAgentMessage(request);
      request.fill(0);
      socket.write(framed, () => framed.fill(0));
    });
  }

  #connect(): Socket {
    // Loaded here and not before: who has no agent need not wait for it.
    const socket = process.getBuiltinModule('node:net').connect(this.#path);
    socket.on('connect', () => this.#settleConnected?.resolve());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the agent closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.receive(chunk);
        const answer = this.#reader.next();
        if (answer === undefined) return;
        const asked = this.#asked;
        this.#asked = undefined;
        asked?.resolve(answer.slice());
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    return socket;
  }

  #fail(error: Error): void {
    this.#isClosed = true;
    this.#settleConnected?.reject(error);
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.reject(error);
    this.#socket?.destroy();
    this.#reader.wipe();
  }
}
