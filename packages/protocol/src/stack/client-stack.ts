// The client's transport, authentication and connection as one engine (RFC 4253 section 10, RFC 4252, RFC 4254). It
// asks for the service, starts each protocol when the one below is ready and bounds what waits between them;
// decisions are its owner's.

import { Connection } from '../connection/connection.ts';
import type { ConnectionOptions } from '../connection/events.ts';
import type { Engine } from '../engine.ts';
import type { Failure } from '../failure/failure.ts';
import { failure } from '../failure/failure.ts';
import { serviceAccept, serviceRequest } from '../messages/transport.ts';
import type { TransportEvent } from '../transport/events.ts';
import type { TransportOptions } from '../transport/options.ts';
import { Transport } from '../transport/transport.ts';
import { UserauthClient } from '../userauth/userauth-client.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { answersInOrder } from './answers-in-order.ts';
import type { ClientStackCommand, ClientStackEvent } from './events.ts';
import { maximumPendingBytes, moveConnectionPayloads, movePayloads } from './payload-flow.ts';
import { routeOf } from './routing.ts';

export interface ClientStackOptions {
  readonly transport: Omit<TransportOptions, 'role' | 'hostKeys'>;
  readonly user: string;
  readonly connection?: ConnectionOptions;
}

interface Session {
  readonly id: Uint8Array;
  readonly hostKey: Uint8Array;
}

type State =
  | { readonly expects: 'keys' }
  | { readonly expects: 'service'; readonly session: Session }
  /** `isAccepted`: the service was; before that comes nothing of its messages. */
  | { readonly expects: 'authentication'; readonly userauth: UserauthClient; readonly isAccepted: boolean }
  | { readonly expects: 'connection'; readonly connection: Connection }
  | { readonly expects: 'nothing' };

const userauthService = 'ssh-userauth';
const connectionService = 'ssh-connection';

export class ClientStack implements Engine<ClientStackEvent, ClientStackCommand> {
  readonly #transport: Transport;
  readonly #user: string;
  readonly #connectionOptions: ConnectionOptions;
  #state: State = { expects: 'keys' };
  #answersInOrder = false;

  constructor(options: ClientStackOptions) {
    this.#transport = new Transport({ ...options.transport, role: 'client' });
    this.#user = options.user;
    this.#connectionOptions = options.connection ?? {};
  }

  get deadline(): number | undefined {
    return this.#transport.deadline;
  }

  get inputWanted(): boolean {
    if (!this.#transport.inputWanted) return false;
    return this.#state.expects !== 'connection' || this.#state.connection.pendingBytes <= maximumPendingBytes;
  }

  receive(chunk: Uint8Array): void {
    this.#transport.receive(chunk);
  }

  expire(now: number): void {
    this.#transport.expire(now);
  }

  /** Bytes of a channel that were given to be sent and have not left. */
  queuedBytes(channel: number): number {
    return this.#state.expects === 'connection' ? this.#state.connection.queuedBytes(channel) : 0;
  }

  /** A channel number for open-channel. */
  reserveChannel(): number {
    if (this.#state.expects !== 'connection') throw new Error('no channel before authentication');
    return this.#state.connection.reserveChannel();
  }

  perform(command: ClientStackCommand): void {
    if (this.#state.expects === 'nothing') return;
    switch (command.protocol) {
      case 'transport':
        this.#transport.perform(command);
        break;
      case 'userauth':
        if (this.#state.expects !== 'authentication') throw new Error('no authentication is running');
        this.#state.userauth.perform(command);
        break;
      case 'connection':
        if (this.#state.expects !== 'connection') throw new Error('no channels before authentication');
        this.#state.connection.perform(command);
    }
  }

  takeOutput(): Uint8Array[] {
    if (this.#state.expects === 'authentication') movePayloads(this.#state.userauth, this.#transport);
    if (this.#state.expects === 'connection') moveConnectionPayloads(this.#state.connection, this.#transport);
    return this.#transport.takeOutput();
  }

  recycle(chunk: Uint8Array): void {
    this.#transport.recycle(chunk);
  }

  nextEvent(): ClientStackEvent | undefined {
    for (;;) {
      // What came with the new keys, such as the announced extensions, is told before the first attempt is asked for.
      const isEarly = this.#state.expects === 'authentication' && !this.#state.isAccepted;
      const upper = isEarly ? undefined : this.#nextUpperEvent();
      if (upper !== undefined) return upper;
      const event = this.#transport.nextEvent();
      if (event === undefined) return isEarly ? this.#nextUpperEvent() : undefined;
      const news = this.#handle(event);
      if (news !== undefined) return news;
    }
  }

  #nextUpperEvent(): ClientStackEvent | undefined {
    const state = this.#state;
    if (state.expects === 'authentication') {
      const event = state.userauth.nextEvent();
      if (event?.type === 'failed') return this.#fail(event.failure);
      if (event?.type === 'authenticated') this.#startConnection(state.userauth);
      return event && { protocol: 'userauth', ...event };
    }
    if (state.expects === 'connection') {
      const event = state.connection.nextEvent();
      if (event?.type === 'failed') return this.#fail(event.failure);
      return event && { protocol: 'connection', ...event };
    }
    return undefined;
  }

  #handle(event: TransportEvent): ClientStackEvent | undefined {
    switch (event.type) {
      case 'payload-received':
        return this.#route(event.payload, event.sequenceNumber);
      case 'identified':
        this.#answersInOrder = answersInOrder(event.software);
        return { protocol: 'transport', ...event };
      case 'keys-changed':
        // A success would leave what runs ahead of it uncompressed on its way.
        if (event.algorithms.compressionToServer !== 'none') this.#answersInOrder = false;
        if (event.first) this.#requestService({ id: event.sessionId.slice(), hostKey: event.hostKey.slice() });
        return { protocol: 'transport', ...event };
      case 'ended':
        this.#state = { expects: 'nothing' };
        return { protocol: 'stack', ...event };
      case 'signature-wanted':
        throw new Error('a client signs no exchange hash');
      default:
        return { protocol: 'transport', ...event };
    }
  }

  #route(payload: Uint8Array, sequenceNumber: number): ClientStackEvent | undefined {
    const state = this.#state;
    if (state.expects === 'nothing') return undefined;
    if (state.expects === 'keys') return this.#fail(failure('message-unexpected'));
    const phase = state.expects === 'authentication' && !state.isAccepted ? 'service' : state.expects;
    switch (routeOf('client', phase, payload[0] as number)) {
      case 'unknown':
        this.#transport.perform({ type: 'reject-payload', sequenceNumber });
        break;
      case 'refuse':
        return this.#fail(failure('message-unexpected', `message ${payload[0]} is not expected here`));
      case 'deliver':
        return this.#deliver(payload, state);
      case 'ignore':
    }
    return undefined;
  }

  #deliver(payload: Uint8Array, state: Exclude<State, { readonly expects: 'keys' | 'nothing' }>): undefined {
    if (state.expects === 'connection') state.connection.receivePayload(payload);
    else if (state.expects === 'authentication' && state.isAccepted) state.userauth.receivePayload(payload);
    else if (this.#isServiceAccepted(payload)) {
      const userauth = state.expects === 'service' ? this.#userauth(state.session) : state.userauth;
      this.#state = { expects: 'authentication', userauth, isAccepted: true };
    }
  }

  /** A server that refuses the service ends the connection (RFC 4253 section 10): nothing that follows is misread. */
  #requestService(session: Session): void {
    this.#transport.perform({ type: 'send', payload: serviceRequest.encode({ service: userauthService }) });
    this.#state = this.#answersInOrder
      ? { expects: 'authentication', userauth: this.#userauth(session), isAccepted: false }
      : { expects: 'service', session };
  }

  #userauth({ id, hostKey }: Session): UserauthClient {
    return new UserauthClient({
      user: this.#user,
      service: connectionService,
      sessionId: id,
      hostKey,
      answersInOrder: this.#answersInOrder,
    });
  }

  #isServiceAccepted(payload: Uint8Array): boolean {
    try {
      if (serviceAccept.decode(payload).service === userauthService) return true;
      this.#fail(failure('message-unexpected', 'another service was accepted'));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#fail(failure('message-malformed', error.message));
    }
    return false;
  }

  #startConnection(userauth: UserauthClient): void {
    movePayloads(userauth, this.#transport);
    this.#transport.perform({ type: 'authenticated' });
    this.#state = { expects: 'connection', connection: new Connection(this.#connectionOptions) };
  }

  /** Ends the transport, whose last event says so. */
  #fail(reason: Failure): undefined {
    this.#state = { expects: 'nothing' };
    this.#transport.perform({ type: 'end', failure: reason });
    return undefined;
  }
}
