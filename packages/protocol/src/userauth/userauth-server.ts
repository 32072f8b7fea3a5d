// The server of the authentication protocol (RFC 4252): puts each request of the client to its owner as one question
// and sends the owner's answer. It knows no user, verifies no signature and has no policy; it keeps order, the user and
// the service unchanged, and the limits. Requests sent ahead wait in a bounded backlog.

import { PayloadQueue } from '../codec/payload-queue.ts';
import type { PayloadEngine } from '../engine.ts';
import type { Failure } from '../failure/failure.ts';
import { failure } from '../failure/failure.ts';
import { failureOfThrown, Violation } from '../failure/violation.ts';
import { visible } from '../log/log.ts';
import type { UserauthRequest } from '../messages/userauth.ts';
import {
  userauthBanner,
  userauthFailure,
  userauthInfoResponse,
  userauthRequest,
  userauthSuccess,
} from '../messages/userauth.ts';
import { AttemptLimits } from './attempt-limits.ts';
import { boundText, userauthBounds } from './bounds.ts';
import type {
  UserauthServerCommand,
  UserauthServerEvent,
  UserauthServerOptions,
  UserauthServerRequest,
} from './events.ts';
import type { MethodRow } from './methods/table.ts';
import { methodByWireName } from './methods/table.ts';

/** Named by what is expected next: a request, the owner's answer, responses (or another request), nothing. */
type ServerState =
  | { readonly expects: 'request' }
  | { readonly expects: 'answer'; readonly question: Question }
  | { readonly expects: 'responses'; readonly row: MethodRow; readonly count: number }
  | { readonly expects: 'nothing'; readonly authenticated: boolean };

interface Question {
  readonly request: UserauthServerRequest;
  readonly row: MethodRow | undefined;
  /** The message the request's arrays are views of. */
  readonly payload: Uint8Array;
}

/** RFC 4250 section 4.1.2: the numbers of userauth, which are ignored after success. */
const firstUserauthNumber = 50;
const lastUserauthNumber = 79;

export class UserauthServer implements PayloadEngine<UserauthServerEvent, UserauthServerCommand> {
  readonly #options: UserauthServerOptions;
  readonly #limits: AttemptLimits;
  readonly #events: UserauthServerEvent[] = [];
  readonly #output = new PayloadQueue();
  /** Copies of what came while the owner was asked. */
  readonly #backlog = new PayloadQueue();
  #backlogRequests = 0;
  #state: ServerState = { expects: 'request' };
  #identity: { readonly user: string; readonly service: string } | undefined;

  constructor(options: UserauthServerOptions) {
    this.#options = options;
    this.#limits = new AttemptLimits(options.maximumAttempts, options.maximumRequests);
  }

  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  nextEvent(): UserauthServerEvent | undefined {
    return this.#events.shift();
  }

  takePayloads(limitBytes?: number): Uint8Array[] {
    return this.#output.take(limitBytes);
  }

  receivePayload(lent: Uint8Array): void {
    try {
      if (this.#state.expects === 'answer') this.#defer(lent);
      else this.#receive(lent.slice());
    } catch (thrown) {
      this.#fail(failureOfThrown(thrown));
    }
  }

  perform(command: UserauthServerCommand): void {
    const state = this.#state;
    if (state.expects === 'nothing') return;
    if (command.type === 'send-banner') {
      this.#output.push(userauthBanner.encode({ text: command.text, language: '' }));
      return;
    }
    if (state.expects !== 'answer') throw new Error(`nothing asked for ${command.type}`);
    this.#answer(state.question, command);
    if (state.question.row?.server.secret === true) state.question.payload.fill(0);
    this.#receiveBacklog();
  }

  #answer(question: Question, command: UserauthServerCommand): void {
    const { request, row } = question;
    if (command.type === 'accept') {
      this.#accept(question, command.remaining ?? []);
    } else if (command.type === 'refuse') {
      this.#refuse(command.methods, command.counts);
    } else {
      const answer = row?.server.answer?.(request, command);
      if (row === undefined || answer === undefined) {
        throw new Error(`${command.type} does not answer ${request.method}`);
      }
      this.#output.push(answer.payload);
      this.#state =
        answer.responses === undefined
          ? { expects: 'request' }
          : { expects: 'responses', row, count: answer.responses };
    }
  }

  #accept({ request, row }: Question, remaining: readonly string[]): void {
    if (row === undefined || request.method === 'publickey-query') throw new Error(`${request.method} proves nothing`);
    if (remaining.length > 0) {
      this.#output.push(userauthFailure.encode({ methods: remaining, partialSuccess: true }));
      this.#state = { expects: 'request' };
      return;
    }
    this.#output.push(userauthSuccess.encode({}));
    this.#state = { expects: 'nothing', authenticated: true };
    this.#events.push({ type: 'authenticated', user: this.#identity?.user ?? '', method: row.name });
  }

  #refuse(methods: readonly string[], counts: boolean): void {
    if (counts && !this.#limits.countFailure()) {
      this.#fail(failure('too-many-authentication-failures'));
      return;
    }
    this.#output.push(userauthFailure.encode({ methods, partialSuccess: false }));
    this.#state = { expects: 'request' };
  }

  /** RFC 4252 section 5.1: a client may send several requests without waiting; they are answered in order. */
  #defer(lent: Uint8Array): void {
    this.#backlogRequests++;
    this.#backlog.push(lent.slice());
    const { backlogRequests, backlogBytes } = userauthBounds;
    if (this.#backlogRequests > backlogRequests || this.#backlog.pendingBytes > backlogBytes) {
      throw new Violation('limit-exceeded', 'too many requests ahead of their answers');
    }
  }

  #receiveBacklog(): void {
    while (this.#backlogRequests > 0 && this.#state.expects !== 'answer') {
      this.#backlogRequests--;
      const [payload = new Uint8Array(0)] = this.#backlog.take(1);
      try {
        this.#receive(payload);
      } catch (thrown) {
        this.#fail(failureOfThrown(thrown));
      }
    }
  }

  #receive(payload: Uint8Array): void {
    const number = payload[0] ?? 0;
    const state = this.#state;
    if (state.expects === 'nothing') {
      const late = number >= firstUserauthNumber && number <= lastUserauthNumber;
      if (state.authenticated && !late) throw new Violation('message-unexpected');
    } else if (number === userauthRequest.number) {
      this.#receiveRequest(payload);
    } else if (number === userauthInfoResponse.number && state.expects === 'responses') {
      const request = state.row.server.readResponses?.(payload, state.count);
      if (request === undefined) throw new Violation('message-unexpected');
      this.#ask({ request, row: state.row, payload });
    } else {
      throw new Violation('message-unexpected');
    }
  }

  #receiveRequest(payload: Uint8Array): void {
    const message = userauthRequest.decode(payload);
    if (!this.#limits.countRequest()) throw new Violation('too-many-authentication-failures');
    this.#identify(message);
    const { sessionId, hostKey } = this.#options;
    const row = methodByWireName(message.method);
    const request: UserauthServerRequest =
      row === undefined
        ? { method: 'unsupported', name: message.method }
        : row.server.read({ method: message.method, fields: message.fields, payload, sessionId, hostKey });
    this.#ask({ request, row, payload });
  }

  /** RFC 4252 section 5: another user or service would have to flush everything that succeeded; it ends instead. */
  #identify(message: UserauthRequest): void {
    const user = boundText('user name', message.user, userauthBounds.userLength);
    const service = boundText('service name', message.service, userauthBounds.nameLength);
    boundText('method name', message.method, userauthBounds.nameLength);
    this.#identity ??= { user, service };
    const before = this.#identity;
    if (before.user !== user || before.service !== service) {
      const change = `(${visible(before.user)},${visible(before.service)}) -> (${visible(user)},${visible(service)})`;
      throw new Violation('message-unexpected', `Change of username or service not allowed: ${change}`);
    }
    if (service !== (this.#options.service ?? 'ssh-connection')) throw new Violation('service-refused');
  }

  #ask(question: Question): void {
    this.#state = { expects: 'answer', question };
    this.#events.push({
      type: 'authentication-requested',
      user: this.#identity?.user ?? '',
      request: question.request,
      attempt: this.#limits.attempt,
    });
  }

  #fail(reason: Failure): void {
    if (this.#state.expects === 'nothing' && !this.#state.authenticated) return;
    this.#state = { expects: 'nothing', authenticated: false };
    this.#events.push({ type: 'failed', failure: reason });
  }
}
