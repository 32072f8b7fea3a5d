// Host names to addresses by getaddrinfo(3), in the order that the system prefers, with the C library's sentence when
// there are none; and back by getnameinfo(3). Both block, as in every client program; node:dns would cost twenty
// milliseconds and hide the reason.

import { call, lastErrno } from './libc.ts';
import { bytesAt, cString, pointerIn, stringAt } from './memory.ts';
import { decodeSocketAddress, encodeSocketAddress, families } from './socket-address.ts';
import { errorCodeOf, errorText } from './system-error.ts';

export type AddressFamily = 'inet' | 'inet6';

export interface ResolveOptions {
  /** Both unless told. */
  readonly family?: AddressFamily | undefined;
}

/** Names have no addresses: the message is the C library's, such as `Name or service not known`. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError';
}

const stream = 1;
// struct addrinfo: flags, family, type, protocol, length, and pointers to address, canonical name and the next one.
const structureBytes = 48;
const offsets = { family: 4, type: 8, length: 16, address: 24, next: 40 } as const;
const systemFailure = -11;

/** The addresses, numeric ones as they are. @throws ResolveError */
export function resolveHost(name: string, { family }: ResolveOptions = {}): readonly string[] {
  if (name.includes('\0')) throw new ResolveError('Name or service not known');
  const hints = Buffer.alloc(structureBytes);
  hints.writeInt32LE(family === undefined ? 0 : families[family], offsets.family);
  hints.writeInt32LE(stream, offsets.type);
  const found = Buffer.alloc(8);
  const failed = call('getaddrinfo', cString(name), null, hints, found);
  if (failed !== 0) throw new ResolveError(reasonOf(failed));
  const first = pointerIn(found, 0);
  try {
    return [...addressesAt(first)];
  } finally {
    call('freeaddrinfo', first);
  }
}

const longestNameBytes = 1025;
const nameRequired = 8;

/** The name of a numeric address; undefined when it has none. Throws SystemError when it is no address. */
export function nameOfAddress(address: string): string | undefined {
  const structure = encodeSocketAddress({ address, port: 0 });
  const name = Buffer.alloc(longestNameBytes);
  const failed = call('getnameinfo', structure, structure.length, name, name.length, null, 0, nameRequired);
  return failed === 0 ? name.toString('utf8', 0, name.indexOf(0)) : undefined;
}

function reasonOf(failed: number): string {
  return failed === systemFailure ? errorText(errorCodeOf(lastErrno())) : stringAt(call('gai_strerror', failed));
}

function* addressesAt(first: number): Iterable<string> {
  for (let at = first; at !== 0; ) {
    const entry = bytesAt(at, structureBytes);
    const address = bytesAt(pointerIn(entry, offsets.address), entry.readUInt32LE(offsets.length));
    const decoded = decodeSocketAddress(address);
    if (decoded !== undefined) yield decoded.address;
    at = pointerIn(entry, offsets.next);
  }
}
