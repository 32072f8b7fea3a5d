// The channels of one authenticated connection (RFC 4254 section 5): opens sessions and forwardings as the grant
// allows, gives each event to its channel, and answers requests that no channel is for. Each channel does its own work.

import type { Socket } from 'node:net';
import type { ChannelWindow, ConnectionCommand } from '@sallyport/protocol/connection/events';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { openFailureReasons } from '@sallyport/protocol/messages/connection';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import type { Grant } from '../authentication/grant.ts';
import { ownLines } from '../own-lines.ts';
import type { AgentRequest } from './agent-forwarding.ts';
import { AgentForwarding } from './agent-forwarding.ts';
import type { ChannelHandler } from './channel-handler.ts';
import { openDirectTcpip } from './direct-tcpip.ts';
import { LoginFacts } from './login-facts.ts';
import { Session } from './session.ts';
import { SocketChannel } from './socket-channel.ts';

export type ConnectionNews = Extract<ServerStackEvent, { readonly protocol: 'connection' }>;

/** OpenSSH's to begin with; larger for clients far away whose bytes are taken at once, and packets as they like. */
const sessionWindow: ChannelWindow = {
  bytes: 2 * 1024 * 1024,
  maximumPacketBytes: 128 * 1024,
  growsToBytes: 8 * 1024 * 1024,
};

export interface ChannelsOptions {
  readonly grant: Grant;
  readonly clientIdentification: string;
  readonly perform: (command: ConnectionCommand) => void;
  /** Bytes that are queued for the peer on a channel. */
  readonly queuedBytes: (channel: number) => number;
  /** A number for a channel of ours. */
  readonly reserveChannel: () => number;
  readonly log: (line: LogLine) => void;
  readonly logDrain: () => Promise<void> | undefined;
  /** The client breaks its own word: the connection ends. */
  readonly refuse: (why: string) => void;
}

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #handlers = new Map<number, ChannelHandler>();
  #sessions = 0;
  #openSessions = 0;
  #moreSessions = true;
  #agent: AgentForwarding | undefined;
  #facts: LoginFacts | undefined;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  handle(event: ConnectionNews): void {
    switch (event.type) {
      case 'channel-requested':
        return this.#open(event.channel, event.channelType, event.fields);
      case 'data-received':
        return this.#handlers.get(event.channel)?.receive(event.data);
      case 'eof-received':
        return this.#handlers.get(event.channel)?.receiveEof();
      case 'sending-possible':
        return this.#handlers.get(event.channel)?.resume();
      case 'channel-request-received':
        return this.#channelRequest(event);
      case 'channel-opened': {
        const handler = this.#handlers.get(event.channel);
        return handler instanceof SocketChannel ? handler.opened() : undefined;
      }
      case 'channel-refused':
      case 'channel-closed':
        return this.#forget(event.channel);
      case 'global-request-received':
        return this.#globalRequest(event.request, event.wantReply);
      default:
    }
  }

  /** The connection is over. */
  destroy(): void {
    for (const channel of [...this.#handlers.keys()]) this.#forget(channel);
    this.#agent?.close();
    this.#facts?.remove();
  }

  #channelRequest(event: Extract<ConnectionNews, { readonly type: 'channel-request-received' }>): void {
    const { channel, request, wantReply, fields } = event;
    const handler = this.#handlers.get(channel);
    if (handler?.request !== undefined) handler.request(request, wantReply, fields);
    else if (wantReply) this.#options.perform({ type: 'reply-channel-request', channel, success: false });
  }

  #globalRequest(request: string, wantReply: boolean): void {
    const noMore = request === globalRequestNames.noMoreSessions;
    if (noMore) this.#moreSessions = false;
    if (wantReply) this.#options.perform({ type: 'reply-global-request', success: noMore });
  }

  #open(channel: number, type: string, fields: Uint8Array): void {
    const { grant, perform, queuedBytes, log } = this.#options;
    if (type === 'session') return this.#openSession(channel);
    if (type === 'direct-tcpip') {
      const open = { channel, fields, grant, perform, queuedBytes: () => queuedBytes(channel), log };
      const handler = openDirectTcpip({ ...open, refused: () => void this.#handlers.delete(channel) });
      if (handler !== undefined) this.#handlers.set(channel, handler);
      return undefined;
    }
    const reason = openFailureReasons.unknownChannelType;
    return perform({ type: 'refuse-channel', channel, reason, description: 'unknown channel type' });
  }

  #openSession(channel: number): void {
    const { grant, clientIdentification, perform, queuedBytes, log, logDrain, refuse } = this.#options;
    if (!this.#moreSessions)
      return refuse('Possible attack: attempt to open a session after additional sessions disabled');
    if (this.#openSessions >= grant.maximumSessions) {
      const reason = openFailureReasons.administrativelyProhibited;
      return perform({ type: 'refuse-channel', channel, reason, description: 'open failed' });
    }
    const id = this.#sessions;
    const session = new Session({
      channel,
      id,
      grant,
      clientIdentification,
      perform,
      queuedBytes: () => queuedBytes(channel),
      log,
      logDrain,
      forwardAgent: (request) => this.#forwardAgent(request),
      agentPath: () => this.#agent?.path,
      factsPath: () => this.#factsPath(),
    });
    this.#sessions += 1;
    this.#openSessions += 1;
    this.#handlers.set(channel, session);
    return perform({ type: 'confirm-channel', channel, window: sessionWindow });
  }

  #factsPath(): string | undefined {
    const { passed } = this.#options.grant;
    if (passed === undefined) return undefined;
    try {
      this.#facts ??= new LoginFacts(passed);
    } catch (error) {
      this.#options.log(ownLines.failed('writing the file of ExposeAuthInfo', error));
    }
    return this.#facts?.path;
  }

  /** A connection lends one agent, as the grant allows. */
  #forwardAgent(request: AgentRequest): boolean {
    if (!this.#options.grant.permitAgentForwarding || this.#agent !== undefined) return false;
    const onSocket = (socket: Socket, type: string): void => this.#openTo(socket, type);
    const agent = new AgentForwarding({ onSocket }, request);
    if (!agent.listen()) return false;
    this.#agent = agent;
    return true;
  }

  /** A program of ours wants something of the client. */
  #openTo(socket: Socket, channelType: string): void {
    const { perform, queuedBytes, reserveChannel } = this.#options;
    let channel: number;
    try {
      channel = reserveChannel();
    } catch {
      // The connection is over, or has all the channels that it may.
      socket.destroy();
      return;
    }
    this.#handlers.set(
      channel,
      new SocketChannel(socket, { channel, perform, queuedBytes: () => queuedBytes(channel) }),
    );
    perform({ type: 'open-channel', channel, channelType, fields: new Uint8Array(0) });
  }

  #forget(channel: number): void {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) return;
    this.#handlers.delete(channel);
    if (handler instanceof Session) this.#openSessions -= 1;
    handler.destroy();
  }
}
