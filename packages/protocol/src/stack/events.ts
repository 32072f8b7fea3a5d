// The three protocols as one engine: the events and commands of each, routed. The stack answers by itself what needs no
// owner: service requests, extension info, UNIMPLEMENTED, and it starts each protocol when the one below is ready.

import type { ConnectionCommand, ConnectionEvent } from '../connection/events.ts';
import type { Failure } from '../failure/failure.ts';
import type { PeerDisconnect, TransportCommand, TransportEvent } from '../transport/events.ts';
import type {
  UserauthClientCommand,
  UserauthClientEvent,
  UserauthServerCommand,
  UserauthServerEvent,
} from '../userauth/events.ts';

type TransportNews = Extract<
  TransportEvent,
  { readonly type: 'identified' | 'keys-changed' | 'extensions-received' | 'debug-received' | 'pong-received' }
>;

interface Ended {
  readonly protocol: 'stack';
  readonly type: 'ended';
  readonly failure: Failure;
  readonly disconnect?: PeerDisconnect;
}

type Tagged<Protocol extends string, Event> = Event extends unknown ? { readonly protocol: Protocol } & Event : never;

export type ClientStackEvent =
  | Tagged<'transport', TransportNews | Extract<TransportEvent, { readonly type: 'host-key-offered' }>>
  | Tagged<'userauth', Exclude<UserauthClientEvent, { readonly type: 'failed' }>>
  | Tagged<'connection', Exclude<ConnectionEvent, { readonly type: 'failed' }>>
  | Ended;

export type ServerStackEvent =
  | Tagged<'transport', TransportNews | Extract<TransportEvent, { readonly type: 'signature-wanted' }>>
  | Tagged<'userauth', Exclude<UserauthServerEvent, { readonly type: 'failed' }>>
  | Tagged<'connection', Exclude<ConnectionEvent, { readonly type: 'failed' }>>
  | Ended;

type TransportRequests<T extends TransportCommand['type']> = Extract<TransportCommand, { readonly type: T }>;

export type ClientStackCommand =
  | Tagged<'transport', TransportRequests<'accept-host-key' | 'refuse-host-key' | 'rekey' | 'ping' | 'end'>>
  | Tagged<'userauth', UserauthClientCommand>
  | Tagged<'connection', ConnectionCommand>;

export type ServerStackCommand =
  | Tagged<'transport', TransportRequests<'provide-signature' | 'signing-failed' | 'rekey' | 'ping' | 'end'>>
  | Tagged<'userauth', UserauthServerCommand>
  | Tagged<'connection', ConnectionCommand>;
