// The channels of one authenticated connection (RFC 4254 section 5): opens sessions and forwardings as the grant
// allows, gives each event to its channel, and answers requests that no channel is for. Each channel does its own work.

import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { openFailureReasons } from '@sallyport/protocol/messages/connection';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import type { Grant } from '../authentication/grant.ts';
import type { ChannelHandler } from './channel-handler.ts';
import { openDirectTcpip } from './direct-tcpip.ts';
import { Session } from './session.ts';

export type ConnectionNews = Extract<ServerStackEvent, { readonly protocol: 'connection' }>;

export interface ChannelsOptions {
  readonly grant: Grant;
  readonly perform: (command: ConnectionCommand) => void;
  /** Bytes that are queued for the peer on a channel. */
  readonly queuedBytes: (channel: number) => number;
  readonly log: (line: LogLine) => void;
  /** The client breaks its own word: the connection ends. */
  readonly refuse: (why: string) => void;
}

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #handlers = new Map<number, ChannelHandler>();
  #sessions = 0;
  #openSessions = 0;
  #moreSessions = true;

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
    const { grant, perform, queuedBytes, log, refuse } = this.#options;
    if (!this.#moreSessions)
      return refuse('Possible attack: attempt to open a session after additional sessions disabled');
    if (this.#openSessions >= grant.maximumSessions) {
      const reason = openFailureReasons.administrativelyProhibited;
      return perform({ type: 'refuse-channel', channel, reason, description: 'open failed' });
    }
    const id = this.#sessions;
    const session = new Session({ channel, id, grant, perform, queuedBytes: () => queuedBytes(channel), log });
    this.#sessions += 1;
    this.#openSessions += 1;
    this.#handlers.set(channel, session);
    return perform({ type: 'confirm-channel', channel });
  }

  #forget(channel: number): void {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) return;
    this.#handlers.delete(channel);
    if (handler instanceof Session) this.#openSessions -= 1;
    handler.destroy();
  }
}
