// All channels of one connection: numbers to Channel objects, channels that are being opened, and the loss of all at
// once.

import type { ChannelWindow, ConnectionEvent } from '@sallyport/protocol/connection/events';
import { visible } from '@sallyport/protocol/log/log';
import type { OpenFailureReason } from '@sallyport/protocol/messages/connection';
import { openFailureReasons } from '@sallyport/protocol/messages/connection';
import type { SshError } from '../errors.ts';
import { ChannelError } from '../errors.ts';
import type { ChannelHost } from './channel.ts';
import { Channel } from './channel.ts';

export interface ChannelsHost extends ChannelHost {
  reserveChannel(): number;
}

/** A channel that the peer wants to open. Answer once: accept() or refuse(). */
export interface ChannelOffer {
  readonly channelType: string;
  /** The type's own fields, a copy. */
  readonly fields: Uint8Array;
  accept(options?: { readonly fields?: Uint8Array; readonly window?: ChannelWindow }): Channel;
  refuse(reason: OpenFailureReason, description: string): void;
}

export interface OpenOptions {
  readonly fields: Uint8Array;
  readonly window?: ChannelWindow;
}

interface Opening {
  readonly resolve: (channel: Channel) => void;
  readonly reject: (error: SshError) => void;
}

export class Channels {
  readonly #host: ChannelsHost;
  readonly #offered: (offer: ChannelOffer) => void;
  readonly #open = new Map<number, Channel>();
  readonly #opening = new Map<number, Opening>();
  #lost: SshError | undefined;

  /** `offered` gets the channels that the peer wants; without it they are refused. */
  constructor(host: ChannelsHost, offered?: (offer: ChannelOffer) => void) {
    this.#host = host;
    this.#offered = offered ?? ((offer) => offer.refuse(openFailureReasons.administrativelyProhibited, 'not expected'));
  }

  get count(): number {
    return this.#open.size;
  }

  /** Asks the peer for a channel; rejects with ChannelError when it refuses. */
  open(channelType: string, options: OpenOptions): Promise<Channel> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const channel = this.#host.reserveChannel();
    const opened = new Promise<Channel>((resolve, reject) => {
      this.#opening.set(channel, { resolve, reject });
    });
    this.#host.perform({ type: 'open-channel', channel, channelType, ...options });
    return opened;
  }

  /** The event of the connection protocol, if it is one of a channel; whether it was. */
  handle(event: ConnectionEvent): boolean {
    switch (event.type) {
      case 'global-request-received':
      case 'global-request-answered':
      case 'failed':
        return false;
      case 'channel-requested':
        this.#offer(event.channel, event.channelType, event.fields.slice());
        return true;
      case 'channel-opened': {
        const opening = this.#takeOpening(event.channel);
        opening?.resolve(this.#add(event.channel));
        return true;
      }
      case 'channel-refused': {
        const text = visible(event.description);
        this.#takeOpening(event.channel)?.reject(new ChannelError('channel-refused', text, event.reason));
        return true;
      }
      default:
        this.#open.get(event.channel)?.handle(event);
        if (event.type === 'channel-closed') this.#open.delete(event.channel);
        return true;
    }
  }

  /** The connection is gone: everything that is open or pending ends with this error. */
  lose(error: SshError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    for (const { reject } of this.#opening.values()) reject(error);
    for (const channel of this.#open.values()) channel.lose(error);
    this.#opening.clear();
    this.#open.clear();
  }

  #add(number: number): Channel {
    const channel = new Channel(this.#host, number);
    this.#open.set(number, channel);
    return channel;
  }

  #takeOpening(channel: number): Opening | undefined {
    const opening = this.#opening.get(channel);
    this.#opening.delete(channel);
    return opening;
  }

  #offer(channel: number, channelType: string, fields: Uint8Array): void {
    let answered = false;
    const answer = (): void => {
      if (answered) throw new Error('the channel was answered already');
      answered = true;
    };
    this.#offered({
      channelType,
      fields,
      accept: (options = {}) => {
        answer();
        const accepted = this.#add(channel);
        if (this.#lost === undefined) this.#host.perform({ type: 'confirm-channel', channel, ...options });
        else accepted.lose(this.#lost);
        return accepted;
      },
      refuse: (reason, description) => {
        answer();
        if (this.#lost === undefined) this.#host.perform({ type: 'refuse-channel', channel, reason, description });
      },
    });
  }
}
