// Events and commands of the connection protocol (RFC 4254). Channels are named by our local number. Data that comes is
// lent: valid until the next receivePayload; the owner grants window by consume() when it has passed the bytes on.

import type { Failure } from '../failure/failure.ts';
import type { OpenFailureReason } from '../messages/connection.ts';

export type ConnectionEvent =
  /** The peer wants a channel. Answer with confirm-channel or refuse-channel (any order among several). */
  | {
      readonly type: 'channel-requested';
      readonly channel: number;
      readonly channelType: string;
      readonly fields: Uint8Array;
    }
  /** Answers to open-channel. */
  | { readonly type: 'channel-opened'; readonly channel: number; readonly fields: Uint8Array }
  | {
      readonly type: 'channel-refused';
      readonly channel: number;
      readonly reason: number;
      readonly description: string;
    }
  /**
   * `extended` is undefined for DATA, else 1 (stderr): extended data of other types is dropped and its window given
   * back.
   */
  | {
      readonly type: 'data-received';
      readonly channel: number;
      readonly extended: number | undefined;
      readonly data: Uint8Array;
    }
  /** Queued data has left: little is queued now, so more may be; and again when nothing is (see queuedBytes). */
  | { readonly type: 'sending-possible'; readonly channel: number }
  | { readonly type: 'eof-received'; readonly channel: number }
  /** The peer asks something of a channel. With `wantReply` answer with reply-channel-request, in order. */
  | {
      readonly type: 'channel-request-received';
      readonly channel: number;
      readonly request: string;
      readonly wantReply: boolean;
      readonly fields: Uint8Array;
    }
  /** The answer to request-channel with wantReply; `token` is the one given. */
  | {
      readonly type: 'channel-request-answered';
      readonly channel: number;
      readonly token: number;
      readonly success: boolean;
    }
  /**
   * Both sides have closed, also when the peer closed first: what was queued is dropped, the number may be used again.
   */
  | { readonly type: 'channel-closed'; readonly channel: number }
  | {
      readonly type: 'global-request-received';
      readonly request: string;
      readonly wantReply: boolean;
      readonly fields: Uint8Array;
    }
  | {
      readonly type: 'global-request-answered';
      readonly token: number;
      readonly success: boolean;
      readonly fields: Uint8Array;
    }
  | { readonly type: 'failed'; readonly failure: Failure };

export type ConnectionCommand =
  /** The owner picks the number by Connection.reserveChannel(). */
  | {
      readonly type: 'open-channel';
      readonly channel: number;
      readonly channelType: string;
      readonly fields: Uint8Array;
      readonly window?: ChannelWindow;
    }
  | {
      readonly type: 'confirm-channel';
      readonly channel: number;
      readonly fields?: Uint8Array;
      readonly window?: ChannelWindow;
    }
  | {
      readonly type: 'refuse-channel';
      readonly channel: number;
      readonly reason: OpenFailureReason;
      readonly description: string;
    }
  /** Queues data (kept by reference until it has left); the queue drains as window allows, fairly between channels. */
  | { readonly type: 'send-data'; readonly channel: number; readonly extended?: number; readonly data: Uint8Array }
  | { readonly type: 'send-eof'; readonly channel: number }
  /** Closes when what is queued has left; with `discard` at once. No data and no request comes after it. */
  | { readonly type: 'close-channel'; readonly channel: number; readonly discard?: boolean }
  /** The owner has passed on that many received bytes: the window may be granted again. */
  | { readonly type: 'consume'; readonly channel: number; readonly bytes: number }
  | {
      readonly type: 'request-channel';
      readonly channel: number;
      readonly request: string;
      readonly fields: Uint8Array;
      readonly token?: number;
    }
  | { readonly type: 'reply-channel-request'; readonly channel: number; readonly success: boolean }
  | { readonly type: 'request-global'; readonly request: string; readonly fields: Uint8Array; readonly token?: number }
  | { readonly type: 'reply-global-request'; readonly success: boolean; readonly fields?: Uint8Array };

export interface ChannelWindow {
  /** Bytes the peer may send before consume() grants more; default 2 MiB. */
  readonly bytes: number;
  /** Largest data of one message; default 32 KiB. */
  readonly maximumPacketBytes: number;
  /** It grows to so many bytes while the owner consumes what comes at once; stays as it is unless told. */
  readonly growsToBytes?: number;
}

export interface ConnectionOptions {
  readonly maximumChannels?: number;
  /** Bytes one channel may send before another gets its turn. */
  readonly fairShareBytes?: number;
}
