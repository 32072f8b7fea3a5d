// The server's transport, authentication and connection as one engine (RFC 4253 section 10, RFC 4252, RFC 4254, RFC
// 8308). After authentication another process may take over: intoSnapshot() there, resume() here.

import { Connection } from '../connection/connection.ts';
import type { ConnectionOptions } from '../connection/events.ts';
import type { Engine } from '../engine.ts';
import type { Failure } from '../failure/failure.ts';
import { failure } from '../failure/failure.ts';
import { serviceAccept, serviceRequest } from '../messages/transport.ts';
import type { TransportEvent } from '../transport/events.ts';
import type { TransportOptions } from '../transport/options.ts';
import type { TransportSnapshot } from '../transport/snapshot.ts';
import { Transport } from '../transport/transport.ts';
import { UserauthServer } from '../userauth/userauth-server.ts';
import { tryDecode } from '../wire/decode-error.ts';
import type { ServerStackCommand, ServerStackEvent } from './events.ts';
import { maximumPendingBytes, moveConnectionPayloads, movePayloads } from './payload-flow.ts';
import { ownerOf, routeOf } from './routing.ts';
import { serverExtensions } from './server-extensions.ts';

export interface ServerStackOptions {
  readonly transport: Omit<TransportOptions, 'role'>;
  /** Signature algorithms that publickey authentication takes, for server-sig-algs. */
  readonly signatureAlgorithms: readonly string[];
  /** Failed attempts after which the connection ends. */
  readonly maximumAttempts: number;
  readonly connection?: ConnectionOptions;
  /**
   * Stop after `authenticated`: nothing more is opened, and the owner calls intoSnapshot() when the output
   * (USERAUTH_SUCCESS is its last message) has been taken.
   */
  readonly handsOver?: boolean;
}

export interface ServerStackSnapshot {
  readonly user: string;
  readonly transport: TransportSnapshot;
}

interface Session {
  readonly id: Uint8Array;
  readonly hostKey: Uint8Array;
}

type State =
  | { readonly expects: 'keys' }
  | { readonly expects: 'service'; readonly session: Session }
  | { readonly expects: 'authentication'; readonly userauth: UserauthServer }
  | { readonly expects: 'handover'; readonly user: string }
  | { readonly expects: 'connection'; readonly connection: Connection }
  | { readonly expects: 'nothing' };

const userauthService = 'ssh-userauth';

export class ServerStack implements Engine<ServerStackEvent, ServerStackCommand> {
  readonly #transport: Transport;
  readonly #options: Omit<ServerStackOptions, 'transport'>;
  #state: State = { expects: 'keys' };
  /** Whether the owner has to decide about a request before anything else is looked at. */
  #asked = false;

  constructor(options: ServerStackOptions, snapshot?: ServerStackSnapshot) {
    this.#options = options;
    const transportOptions: TransportOptions = { ...options.transport, role: 'server' };
    if (snapshot === undefined) {
      this.#transport = new Transport(transportOptions);
      const extensions = serverExtensions(options.signatureAlgorithms);
      this.#transport.perform({ type: 'announce-extensions', extensions });
    } else {
      this.#transport = Transport.resume(snapshot.transport, transportOptions);
      this.#startConnection();
    }
  }

  /** Goes on where another stack stopped, with the connection protocol. */
  static resume(snapshot: ServerStackSnapshot, options: ServerStackOptions): ServerStack {
    return new ServerStack(options, snapshot);
  }

  get deadline(): number | undefined {
    return this.#transport.deadline;
  }

  get inputWanted(): boolean {
    if (this.#asked || this.#state.expects === 'handover' || !this.#transport.inputWanted) return false;
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

  /**
   * The live transport as plain data, after `authenticated` of a stack that hands over; this object is of no use
   * afterwards. Output that was not taken goes with it.
   */
  intoSnapshot(): ServerStackSnapshot {
    if (this.#state.expects !== 'handover') throw new Error('a stack is handed over after authentication only');
    const snapshot = { user: this.#state.user, transport: this.#transport.intoSnapshot() };
    this.#state = { expects: 'nothing' };
    return snapshot;
  }

  perform(command: ServerStackCommand): void {
    if (this.#state.expects === 'nothing') return;
    switch (command.protocol) {
      case 'transport':
        // An owner may end the connection instead of answering.
        if (command.type === 'end') this.#asked = false;
        this.#transport.perform(command);
        break;
      case 'userauth':
        if (this.#state.expects !== 'authentication') throw new Error('no authentication is running');
        if (command.type !== 'send-banner') this.#asked = false;
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

  nextEvent(): ServerStackEvent | undefined {
    for (;;) {
      const upper = this.#nextUpperEvent();
      if (upper !== undefined) return upper;
      if (this.#asked || this.#state.expects === 'handover') return undefined;
      const event = this.#transport.nextEvent();
      if (event === undefined) return undefined;
      const news = this.#handle(event);
      if (news !== undefined) return news;
    }
  }

  #nextUpperEvent(): ServerStackEvent | undefined {
    const state = this.#state;
    if (state.expects === 'authentication') {
      const event = state.userauth.nextEvent();
      if (event === undefined) return undefined;
      if (event.type === 'failed') return this.#fail(event.failure, state.userauth);
      if (event.type === 'authentication-requested') this.#asked = true;
      if (event.type === 'authenticated') this.#finishAuthentication(state.userauth, event.user);
      return { protocol: 'userauth', ...event };
    }
    if (state.expects === 'connection') {
      const event = state.connection.nextEvent();
      if (event?.type === 'failed') return this.#fail(event.failure);
      return event && { protocol: 'connection', ...event };
    }
    return undefined;
  }

  #handle(event: TransportEvent): ServerStackEvent | undefined {
    switch (event.type) {
      case 'payload-received':
        return this.#route(event.payload, event.sequenceNumber);
      case 'keys-changed':
        if (event.first) {
          const session = { id: event.sessionId.slice(), hostKey: event.hostKey.slice() };
          this.#state = { expects: 'service', session };
        }
        return { protocol: 'transport', ...event };
      case 'ended':
        this.#state = { expects: 'nothing' };
        return { protocol: 'stack', ...event };
      case 'host-key-offered':
        throw new Error('a server is offered no host key');
      default:
        return { protocol: 'transport', ...event };
    }
  }

  #route(payload: Uint8Array, sequenceNumber: number): undefined {
    const state = this.#state;
    if (state.expects === 'nothing' || state.expects === 'handover') return undefined;
    if (state.expects === 'keys') return this.#fail(failure('message-unexpected'));
    const number = payload[0] as number;
    switch (routeOf('server', state.expects, number)) {
      case 'unknown':
        this.#transport.perform({ type: 'reject-payload', sequenceNumber });
        break;
      case 'refuse':
        return this.#fail(failure('message-unexpected', `message ${number} is not expected here`));
      case 'deliver':
        if (ownerOf(number) === 'service') return this.#serve(payload, state);
        if (state.expects === 'authentication') state.userauth.receivePayload(payload);
        else if (state.expects === 'connection') state.connection.receivePayload(payload);
        break;
      case 'ignore':
    }
    return undefined;
  }

  /** SERVICE_REQUEST; a second one for the same service changes nothing and is answered again. */
  #serve(payload: Uint8Array, state: State): undefined {
    const service = requestedService(payload);
    if (service === undefined) return this.#fail(failure('message-malformed'));
    if (service !== userauthService) return this.#fail(failure('service-refused'));
    this.#transport.perform({ type: 'send', payload: serviceAccept.encode({ service }) });
    if (state.expects !== 'service') return undefined;
    const { id, hostKey } = state.session;
    const userauth = new UserauthServer({
      sessionId: id,
      hostKey,
      maximumAttempts: this.#options.maximumAttempts,
    });
    this.#state = { expects: 'authentication', userauth };
    return undefined;
  }

  #finishAuthentication(userauth: UserauthServer, user: string): void {
    movePayloads(userauth, this.#transport);
    this.#transport.perform({ type: 'authenticated' });
    if (this.#options.handsOver === true) this.#state = { expects: 'handover', user };
    else this.#startConnection();
  }

  #startConnection(): void {
    this.#state = { expects: 'connection', connection: new Connection(this.#options.connection ?? {}) };
  }

  /** Ends the transport, whose last event says so; what userauth had to say still leaves. */
  #fail(reason: Failure, userauth?: UserauthServer): undefined {
    if (userauth !== undefined) movePayloads(userauth, this.#transport);
    this.#state = { expects: 'nothing' };
    this.#asked = false;
    this.#transport.perform({ type: 'end', failure: reason });
    return undefined;
  }
}

/** The name in a SERVICE_REQUEST; undefined when it is malformed or a SERVICE_ACCEPT, which is no server's to get. */
function requestedService(payload: Uint8Array): string | undefined {
  return tryDecode(() => serviceRequest.decode(payload).service);
}
