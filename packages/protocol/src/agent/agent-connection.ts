// One client of an agent (RFC 9987 section 4): requests in, answers out, one at a time and in order. The next request
// is not looked at before the answer to the last one has been taken, so a client that sends without reading costs one
// answer. What the agent's user must be asked is an event that waits for a command.

import type { Engine } from '../engine.ts';
import { DecodeError } from '../wire/decode-error.ts';
import type { AgentState } from './agent-state.ts';
import { AgentMessageReader, frameAgentMessage } from './framing.ts';
import { agentFailure } from './messages.ts';
import type { ConfirmationQuestion, Outcome, TokenAnswer, TokenTask } from './outcome.ts';
import { answerRequest } from './requests.ts';
import { SessionBindings } from './session-bindings.ts';

export type AgentEvent =
  /** The key signs after `answer-confirmation`. */
  | { readonly type: 'confirmation-wanted'; readonly question: ConfirmationQuestion }
  /** Only a token can do it; goes on after `answer-token`. */
  | { readonly type: 'token-wanted'; readonly task: TokenTask }
  /** The client does not speak the protocol; the connection is to be closed. */
  | { readonly type: 'ended'; readonly reason: string };

export type AgentCommand =
  | { readonly type: 'answer-confirmation'; readonly allowed: boolean }
  | { readonly type: 'answer-token'; readonly answer: TokenAnswer };

type Waiting =
  | { readonly type: 'confirmation'; readonly proceed: (allowed: boolean) => Outcome }
  | { readonly type: 'token'; readonly proceed: (answer: TokenAnswer) => Outcome }
  /** An answer that is due then, or a request that is looked at again. */
  | { readonly type: 'time'; readonly until: number; readonly answer: Uint8Array }
  | { readonly type: 'time'; readonly until: number; readonly request: Uint8Array };

const nothing = new Uint8Array(0);

export class AgentConnection implements Engine<AgentEvent, AgentCommand> {
  readonly #state: AgentState;
  readonly #bindings: SessionBindings;
  readonly #reader = new AgentMessageReader();
  readonly #onClose: () => void;
  #waiting: Waiting | undefined;
  #answer: Uint8Array | undefined;
  #event: AgentEvent | undefined;
  #isOver = false;

  constructor(state: AgentState, onClose: () => void) {
    this.#state = state;
    this.#bindings = new SessionBindings(state);
    this.#onClose = onClose;
  }

  get inputWanted(): boolean {
    return !this.#isOver && this.#waiting === undefined && this.#answer === undefined;
  }

  get deadline(): number | undefined {
    return this.#waiting?.type === 'time' ? this.#waiting.until : undefined;
  }

  receive(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#reader.receive(chunk);
    this.#advance();
  }

  perform(command: AgentCommand): void {
    const waiting = this.#waiting;
    if (waiting?.type === 'confirmation' && command.type === 'answer-confirmation') {
      this.#goOn(() => waiting.proceed(command.allowed));
    } else if (waiting?.type === 'token' && command.type === 'answer-token') {
      this.#goOn(() => waiting.proceed(command.answer));
    } else throw new Error(`no ${command.type.replace('answer-', '')} was asked for`);
  }

  nextEvent(): AgentEvent | undefined {
    const event = this.#event;
    this.#event = undefined;
    return event;
  }

  takeOutput(): Uint8Array[] {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer === undefined) return [];
    this.#advance();
    return [answer];
  }

  expire(now: number): void {
    const waiting = this.#waiting;
    if (waiting?.type !== 'time' || waiting.until > now) return;
    this.#waiting = undefined;
    if ('answer' in waiting) this.#send(waiting.answer);
    else this.#handle(waiting.request);
  }

  /** The client is gone: what it waited for is dropped. */
  close(): void {
    this.#isOver = true;
    if (this.#waiting !== undefined && 'request' in this.#waiting) this.#waiting.request.fill(0);
    this.#waiting = undefined;
    this.#answer = undefined;
    this.#event = undefined;
    this.#reader.wipe();
    this.#onClose();
  }

  #advance(): void {
    if (!this.inputWanted) return;
    try {
      const message = this.#reader.next();
      if (message !== undefined) this.#handle(message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#isOver = true;
      this.#reader.wipe();
      this.#event = { type: 'ended', reason: error.message };
    }
  }

  #goOn(proceed: () => Outcome): void {
    this.#waiting = undefined;
    try {
      this.#follow(proceed(), nothing);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#state.log('error', `request is refused: ${error.message}`);
      this.#send(agentFailure.encode({}));
    }
  }

  /** Wipes the message, which may hold a secret. */
  #handle(message: Uint8Array): void {
    const outcome = answerRequest({ state: this.#state, bindings: this.#bindings }, message);
    this.#follow(outcome, message);
    message.fill(0);
  }

  #follow(outcome: Outcome, message: Uint8Array): void {
    switch (outcome.type) {
      case 'answer':
        return this.#send(outcome.answer);
      case 'wait': {
        const { until, answer } = outcome;
        this.#waiting =
          answer === undefined ? { type: 'time', until, request: message.slice() } : { type: 'time', until, answer };
        return;
      }
      case 'ask':
        this.#waiting = { type: 'confirmation', proceed: outcome.proceed };
        this.#event = { type: 'confirmation-wanted', question: outcome.question };
        return;
      case 'delegate':
        this.#waiting = { type: 'token', proceed: outcome.proceed };
        this.#event = { type: 'token-wanted', task: outcome.task };
        return;
    }
  }

  #send(answer: Uint8Array): void {
    this.#answer = frameAgentMessage(answer);
  }
}
