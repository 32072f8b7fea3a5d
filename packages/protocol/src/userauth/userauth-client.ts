// The client of the authentication protocol (RFC 4252): plays one attempt of its owner after another until the server
// is content. It asks the owner for each attempt, signature and response, and never picks a method itself. The service
// ssh-userauth must have been accepted before its first payload is sent.

import { PayloadQueue } from '../codec/payload-queue.ts';
import type { PayloadEngine } from '../engine.ts';
import type { Failure } from '../failure/failure.ts';
import { failure } from '../failure/failure.ts';
import { failureOfThrown, Violation } from '../failure/violation.ts';
import { userauthBanner, userauthFailure, userauthPublicKeyOk, userauthSuccess } from '../messages/userauth.ts';
import { boundText, userauthBounds } from './bounds.ts';
import type { UserauthAttempt, UserauthClientCommand, UserauthClientEvent, UserauthClientOptions } from './events.ts';
import type { ClientQuestion, ClientStep } from './methods/method.ts';
import { clientMethodOf } from './methods/table.ts';

/** Named by what is expected next; from whom shows in the data. */
type ClientState =
  | { readonly expects: 'attempt' }
  | { readonly expects: 'answer'; readonly attempt: UserauthAttempt; readonly question: ClientQuestion }
  | { readonly expects: 'reply'; readonly attempt: UserauthAttempt; readonly methodNumber: number | undefined }
  | { readonly expects: 'nothing'; readonly authenticated: boolean };

/** A request whose answer comes after that to the running attempt. */
interface RequestAhead {
  readonly attempt: UserauthAttempt;
  readonly methodNumber: number | undefined;
  /** The answer, when it came before the owner has asked for anything. */
  reply: Uint8Array | undefined;
}

export class UserauthClient implements PayloadEngine<UserauthClientEvent, UserauthClientCommand> {
  readonly #options: UserauthClientOptions;
  readonly #events: UserauthClientEvent[] = [];
  readonly #output = new PayloadQueue();
  #state: ClientState = { expects: 'attempt' };
  #ahead: RequestAhead | undefined;
  /** Whether the next answer is to a request that was sent ahead and nobody wants any more. */
  #isDroppingReply = false;
  #bannersLength = 0;

  constructor(options: UserauthClientOptions) {
    this.#options = options;
    this.#events.push({ type: 'attempt-wanted', methods: [], partialSuccess: false, failed: undefined });
  }

  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  nextEvent(): UserauthClientEvent | undefined {
    return this.#events.shift();
  }

  takePayloads(limitBytes?: number): Uint8Array[] {
    return this.#output.take(limitBytes);
  }

  receivePayload(lent: Uint8Array): void {
    if (this.#state.expects === 'nothing' && !this.#state.authenticated) return;
    try {
      this.#receive(lent.slice());
    } catch (thrown) {
      this.#fail(failureOfThrown(thrown));
    }
  }

  perform(command: UserauthClientCommand): void {
    const state = this.#state;
    if (state.expects === 'nothing') return;
    if (command.type === 'give-up') {
      this.#fail(failure('authentication-failed', command.description));
    } else if (command.type === 'attempt') {
      if (state.expects !== 'attempt') throw new Error('an attempt is running');
      this.#begin(command.attempt);
      if (command.ahead !== undefined && this.#options.answersInOrder === true) this.#sendAhead(command.ahead);
    } else if (state.expects !== 'answer') {
      throw new Error(`nothing asked for ${command.type}`);
    } else if (command.type === 'skip-attempt') {
      this.#askForAttempt([], false, state.attempt);
    } else {
      const { attempt, question } = state;
      const step = clientMethodOf(attempt).answer?.({ attempt, question, command }, this.#options);
      if (step === undefined) throw new Error(`${command.type} does not answer ${question.type}`);
      this.#follow(attempt, step);
    }
  }

  #begin(attempt: UserauthAttempt): void {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.attempt === attempt) {
      this.#state = { expects: 'reply', attempt, methodNumber: ahead.methodNumber };
      if (ahead.reply !== undefined) this.receivePayload(ahead.reply);
      return;
    }
    this.#isDroppingReply = ahead !== undefined && ahead.reply === undefined;
    this.#follow(attempt, clientMethodOf(attempt).begin(attempt, this.#options));
  }

  #sendAhead(attempt: UserauthAttempt): void {
    const step = clientMethodOf(attempt).begin(attempt, this.#options);
    if (step.type === 'ask') throw new Error('what asks its owner cannot be sent ahead');
    this.#ahead = { attempt, methodNumber: step.methodNumber, reply: undefined };
    this.#output.push(step.payload);
  }

  #receive(payload: Uint8Array): void {
    const number = payload[0];
    const state = this.#state;
    if (number === userauthBanner.number && state.expects !== 'nothing') {
      this.#receiveBanner(payload);
    } else if (this.#isForAhead(number)) {
      if (this.#ahead !== undefined) this.#ahead.reply = payload;
      this.#isDroppingReply = false;
    } else if (state.expects !== 'reply') {
      throw new Violation('message-unexpected');
    } else if (number === userauthSuccess.number) {
      userauthSuccess.decode(payload);
      this.#state = { expects: 'nothing', authenticated: true };
      this.#events.push({ type: 'authenticated', method: state.attempt.method });
    } else if (number === userauthFailure.number) {
      const { methods, partialSuccess } = userauthFailure.decode(payload);
      if (methods.length > userauthBounds.methods) throw new Violation('limit-exceeded', 'too many methods');
      for (const name of methods) boundText('method name', name, userauthBounds.nameLength);
      this.#askForAttempt(methods, partialSuccess, state.attempt);
    } else if (number === state.methodNumber) {
      const step = clientMethodOf(state.attempt).receive?.(state.attempt, payload, this.#options);
      if (step === undefined) throw new Violation('message-unexpected');
      this.#follow(state.attempt, step);
    } else {
      throw new Violation('message-unexpected');
    }
  }

  /** Whether the message answers a request that was sent ahead and that the owner does not play now. */
  #isForAhead(number: number | undefined): boolean {
    if (number !== userauthFailure.number && number !== userauthPublicKeyOk.number) return false;
    if (this.#isDroppingReply) return true;
    return this.#state.expects === 'attempt' && this.#ahead !== undefined && this.#ahead.reply === undefined;
  }

  #receiveBanner(payload: Uint8Array): void {
    const { text } = userauthBanner.decode(payload);
    this.#bannersLength += text.length;
    if (this.#bannersLength > userauthBounds.bannersLength) throw new Violation('limit-exceeded', 'banner is too long');
    this.#events.push({ type: 'banner-received', text });
  }

  #follow(attempt: UserauthAttempt, step: ClientStep): void {
    if (step.type === 'ask') {
      this.#state = { expects: 'answer', attempt, question: step.question };
      this.#events.push(step.question);
      return;
    }
    this.#state = { expects: 'reply', attempt, methodNumber: step.methodNumber };
    this.#output.push(step.payload);
  }

  #askForAttempt(methods: readonly string[], partialSuccess: boolean, failed: UserauthAttempt): void {
    this.#state = { expects: 'attempt' };
    this.#events.push({ type: 'attempt-wanted', methods, partialSuccess, failed });
  }

  #fail(reason: Failure): void {
    this.#state = { expects: 'nothing', authenticated: false };
    this.#events.push({ type: 'failed', failure: reason });
  }
}
