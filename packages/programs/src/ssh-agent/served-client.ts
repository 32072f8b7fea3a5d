// One client of the agent: carries bytes between its socket and its AgentConnection. What it sends is wiped when it has
// been taken; when it does not read, it is not read from either.

import type { AgentCommand, AgentConnection } from '@sallyport/protocol/agent/agent-connection';
import type { ConfirmationQuestion, TokenAnswer, TokenTask } from '@sallyport/protocol/agent/outcome';
import type { ByteStream } from '@sallyport/system/byte-stream';

export interface ServedClientOptions {
  readonly stream: ByteStream;
  readonly connection: AgentConnection;
  /** Called before the connection is given anything, and after it has changed something. */
  readonly tellTime: () => void;
  readonly confirm: (question: ConfirmationQuestion, isWanted: () => boolean) => Promise<boolean>;
  readonly useToken: (task: TokenTask) => Promise<TokenAnswer>;
  /** Why it was not understood; then it is closed. */
  readonly onViolation: (reason: string) => void;
  readonly onClose: () => void;
}

/** Answers in one turn, so that nobody waits long for others. */
const answersPerTurn = 16;

export class ServedClient {
  readonly #options: ServedClientOptions;
  #isFull = false;
  #hasEnded = false;
  #isClosed = false;
  #isScheduled = false;

  constructor(options: ServedClientOptions) {
    this.#options = options;
    const { stream, connection, tellTime } = options;
    stream.onData = (chunk) => {
      tellTime();
      connection.receive(chunk);
      chunk.fill(0);
      this.advance();
    };
    stream.onDrain = () => {
      this.#isFull = false;
      this.advance();
    };
    stream.onEnd = () => {
      this.#hasEnded = true;
      this.advance();
    };
    stream.onClose = () => {
      this.#isClosed = true;
      connection.close();
      options.onClose();
    };
    stream.resume();
  }

  /** Sends what there is to send and asks what there is to ask. */
  advance(): void {
    if (this.#isClosed) return;
    const { stream, connection, tellTime } = this.#options;
    for (let answers = 0; !this.#isFull; answers++) {
      this.#follow();
      if (this.#isClosed) return;
      if (answers === answersPerTurn) return this.#advanceSoon();
      const chunks = connection.takeOutput();
      if (chunks.length === 0) break;
      this.#isFull = !stream.write(chunks);
    }
    this.#follow();
    tellTime();
    if (this.#isClosed) return;
    if (this.#hasEnded) this.#end();
    else if (connection.inputWanted && !this.#isFull) stream.resume();
    else stream.pause();
  }

  #follow(): void {
    const { connection, confirm, useToken, onViolation } = this.#options;
    const event = connection.nextEvent();
    if (event?.type === 'confirmation-wanted') {
      const asked = confirm(event.question, () => !this.#isClosed);
      void asked.then((allowed) => this.#perform({ type: 'answer-confirmation', allowed }));
    }
    if (event?.type === 'token-wanted') {
      void useToken(event.task).then((answer) => this.#perform({ type: 'answer-token', answer }));
    }
    if (event?.type !== 'ended') return;
    onViolation(event.reason);
    this.close();
  }

  #perform(command: AgentCommand): void {
    if (this.#isClosed) return;
    this.#options.tellTime();
    this.#options.connection.perform(command);
    this.advance();
  }

  /** The client sends no more: it gets what is ready, and does not wait for what is not. */
  #end(): void {
    if (this.#isFull) return;
    if (this.#options.connection.inputWanted) this.#options.stream.end();
    else this.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#options.stream.destroy();
    this.#options.connection.close();
  }

  #advanceSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.advance();
    });
  }
}
