// Which protocol a payload belongs to by its message number (RFC 4250 section 4.1.2, RFC 4251 section 7), and what each
// phase does with it: a known message out of its phase ends the connection, one that nobody knows is answered
// UNIMPLEMENTED.

import {
  channelClose,
  channelData,
  channelEof,
  channelExtendedData,
  channelFailure,
  channelOpen,
  channelOpenConfirmation,
  channelOpenFailure,
  channelRequest,
  channelSuccess,
  channelWindowAdjust,
  globalRequest,
  requestFailure,
  requestSuccess,
} from '../messages/connection.ts';
import { serviceAccept, serviceRequest } from '../messages/transport.ts';
import { userauthBanner, userauthFailure, userauthRequest, userauthSuccess } from '../messages/userauth.ts';
import type { Role } from '../transport/options.ts';

export type PayloadOwner = 'service' | 'userauth' | 'connection' | 'nobody';

/** What a stack expects: the service that carries userauth, userauth itself, or channels. */
export type StackPhase = 'service' | 'authentication' | 'connection';

export type Route = 'deliver' | 'ignore' | 'refuse' | 'unknown';

/** RFC 4250 section 4.1.2: 60 to 79 are the methods' own. */
const firstMethodNumber = 60;
const lastMethodNumber = 79;

const ownersByNumber: ReadonlyMap<number, PayloadOwner> = new Map(
  Object.entries({
    service: [serviceRequest, serviceAccept],
    userauth: [userauthRequest, userauthFailure, userauthSuccess, userauthBanner],
    connection: [
      globalRequest,
      requestSuccess,
      requestFailure,
      channelOpen,
      channelOpenConfirmation,
      channelOpenFailure,
      channelWindowAdjust,
      channelData,
      channelExtendedData,
      channelEof,
      channelClose,
      channelRequest,
      channelSuccess,
      channelFailure,
    ],
  }).flatMap(([owner, messages]) => messages.map(({ number }) => [number, owner as PayloadOwner] as const)),
);

/** The protocol that a message number belongs to; `nobody` for numbers without a meaning here. */
export function ownerOf(number: number): PayloadOwner {
  if (number >= firstMethodNumber && number <= lastMethodNumber) return 'userauth';
  return ownersByNumber.get(number) ?? 'nobody';
}

/** What is delivered in each phase besides what is refused. */
const delivered: Readonly<Record<Role, Readonly<Record<StackPhase, readonly PayloadOwner[]>>>> = {
  client: { service: ['service'], authentication: ['userauth'], connection: ['connection'] },
  // Some clients ask for ssh-userauth again before each attempt.
  server: { service: ['service'], authentication: ['service', 'userauth'], connection: ['connection'] },
};

/** What to do with a payload of that number in that phase. */
export function routeOf(role: Role, phase: StackPhase, number: number): Route {
  const owner = ownerOf(number);
  if (owner === 'nobody') return 'unknown';
  if (delivered[role][phase].includes(owner)) return 'deliver';
  // RFC 4252 section 5.1: requests after success are ignored; clients may have sent them before they knew.
  if (role === 'server' && phase === 'connection' && number === userauthRequest.number) return 'ignore';
  return 'refuse';
}
