// What login, session and forwards need of the connection to the server: commands and events of the connection
// protocol by channel, questions to the whole connection, and its end. Made by open-connection.ts.

import type { ChannelWindow, ConnectionCommand, ConnectionEvent } from '@sallyport/protocol/connection/events';
import type { Failure } from '@sallyport/protocol/failure/failure';
import type { PeerDisconnect } from '@sallyport/protocol/transport/events';

/** The events of one channel. The last one is channel-refused or channel-closed. */
export type ChannelEvent = Extract<ConnectionEvent, { readonly channel: number }>;

/** Views in the event are valid until it returns. */
export type ChannelListener = (event: ChannelEvent) => void;

export interface ChannelOpening {
  readonly channelType: string;
  readonly fields: Uint8Array;
  readonly window?: ChannelWindow;
}

/** A channel that the server wants to open. */
export interface RequestedChannel {
  readonly channel: number;
  /** A copy. */
  readonly fields: Uint8Array;
}

/** Answers by acceptChannel(), or by the command refuse-channel; at once or later. */
export type ChannelTaker = (requested: RequestedChannel) => void;

export interface GlobalAnswer {
  readonly success: boolean;
  readonly fields: Uint8Array;
}

export interface ConnectionPort {
  /** Asks for a channel and returns its number; the listener hears of it until it is gone. */
  openChannel(opening: ChannelOpening, listener: ChannelListener): number;
  /** Who answers when the server wants a channel of that type; all other types are refused. */
  takeChannels(channelType: string, take: ChannelTaker): void;
  /** Confirms a channel that the server wants; the listener hears of it until it is gone. */
  acceptChannel(channel: number, listener: ChannelListener, window?: ChannelWindow): void;
  /** Ignored when the connection has ended. */
  perform(command: ConnectionCommand): void;
  /** Bytes given to send-data that have not left; sending-possible tells when there are few. */
  queuedBytes(channel: number): number;
  /** A global request that the server must answer; undefined when the connection ended before. */
  askGlobal(request: string, fields: Uint8Array): Promise<GlobalAnswer | undefined>;
  /** Channels that are open or being opened. */
  readonly channels: readonly number[];
  /** Resolves when there is no channel, at once if there is none. */
  idle(): Promise<void>;
  /** Exchanges keys now. */
  rekey(): void;
  /** Milliseconds (of performance.now()) when the server last sent something. */
  readonly heardAt: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** What the server calls itself: `OpenSSH_10.5`. */
  readonly peerSoftware: string;
  /** Resolves, never rejects, when the connection has ended, also by end(). */
  readonly ended: Promise<ConnectionEnd>;
  /** Tells the server that we leave, and closes. */
  end(): void;
}

export type ConnectionPhase = 'identification' | 'key-exchange' | 'authentication' | 'connection';

export interface ConnectionEnd {
  /** How far it had come. */
  readonly phase: ConnectionPhase;
  readonly cause: EndCause;
}

export type EndCause =
  /** The server closed without a word. */
  | { readonly type: 'closed' }
  /** The stream failed. */
  | { readonly type: 'lost'; readonly error: Error }
  /** The server did not identify itself in time. */
  | { readonly type: 'timed-out' }
  /** One side ended the protocol: a failure of either, a disconnect of the server, or our own end(). */
  | { readonly type: 'failed'; readonly failure: Failure; readonly disconnect?: PeerDisconnect };
