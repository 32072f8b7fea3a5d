// Destination constraints of a key in an agent (PROTOCOL.agent section 2, restrict-destination-v00@openssh.com): a list
// of hops that the key may be used over. Only their form is here; what they allow is judged in session-bindings.ts.

import { bytes, rest, text } from '../codec/fields.ts';
import { struct } from '../codec/struct.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

export interface HostKeySpecification {
  /** A public key blob: the host's own key, or the authority of its certificate. */
  readonly key: Uint8Array;
  readonly isAuthority: boolean;
}

export interface Hop {
  /** A pattern; undefined: anybody. */
  readonly user?: string | undefined;
  readonly host: string;
  readonly keys: readonly HostKeySpecification[];
}

export interface DestinationConstraint {
  /** Whose agent connection it is: a host that the agent is forwarded to; undefined: where the agent runs. */
  readonly from?: Hop | undefined;
  readonly to: Hop;
}

/** As in OpenSSH. */
export const maximumDestinations = 1024;
/** Keys of one host; a message has room for more, a host has no need of them. */
const maximumHostKeys = 1024;

const hopFields = struct({ user: text, host: text, reserved: bytes, keys: rest });
const constraintFields = struct({ from: bytes, to: bytes, reserved: bytes });
const none = new Uint8Array(0);

/** @throws DecodeError, also for an empty list: it would allow everything */
export function decodeDestinations(encoded: Uint8Array): DestinationConstraint[] {
  const reader = new Reader(encoded);
  const found: DestinationConstraint[] = [];
  while (reader.remaining > 0) {
    if (found.length === maximumDestinations) throw new DecodeError('too many destination constraints');
    found.push(decodeConstraint(reader.string()));
  }
  if (found.length === 0) throw new DecodeError('destination constraints without a destination');
  return found;
}

function decodeConstraint(encoded: Uint8Array): DestinationConstraint {
  const fields = constraintFields.decode(encoded);
  const from = decodeHop(fields.from);
  const to = decodeHop(fields.to);
  if (from?.user !== undefined) throw new DecodeError('destination constraint names a user at its origin');
  if (to === undefined) throw new DecodeError('destination constraint without a destination');
  return { from, to };
}

/** undefined for a hop without host and keys: the origin. */
function decodeHop(encoded: Uint8Array): Hop | undefined {
  const { user, host, keys } = hopFields.decode(encoded);
  const reader = new Reader(keys);
  const found: HostKeySpecification[] = [];
  while (reader.remaining > 0) {
    if (found.length === maximumHostKeys) throw new DecodeError('too many keys of one host');
    found.push({ key: reader.string().slice(), isAuthority: reader.boolean() });
  }
  if ((host === '') !== (found.length === 0)) throw new DecodeError('hop with only one of host and keys');
  if (host === '' && user !== '') throw new DecodeError('hop with a user and no host');
  return host === '' ? undefined : { user: user === '' ? undefined : user, host, keys: found };
}

export function encodeDestinations(destinations: readonly DestinationConstraint[]): Uint8Array {
  const writer = new Writer();
  for (const { from, to } of destinations) {
    writer.string(constraintFields.encode({ from: encodeHop(from), to: encodeHop(to), reserved: none }));
  }
  return writer.bytes();
}

function encodeHop(hop: Hop | undefined): Uint8Array {
  const keys = new Writer();
  for (const { key, isAuthority } of hop?.keys ?? []) keys.string(key).boolean(isAuthority);
  return hopFields.encode({ user: hop?.user ?? '', host: hop?.host ?? '', reserved: none, keys: keys.bytes() });
}
