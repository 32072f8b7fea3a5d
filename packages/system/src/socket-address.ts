// Addresses of TCP sockets as the C library has them (struct sockaddr_in and sockaddr_in6), written from text and read
// from a descriptor (getpeername(2), getsockname(2)). Names are not looked up here.

import { parseIpAddress } from '@sallyport/protocol/wire/ip-address';
import { call } from './libc.ts';
import { cString } from './memory.ts';
import { errorNumber, SystemError } from './system-error.ts';

/** One end of a connection. IPv6 addresses may have a zone (`fe80::1%eth0`). */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export const families = { unix: 1, inet: 2, inet6: 10 } as const;

const ipv4Bytes = 16;
const ipv6Bytes = 28;
/** Larger than any address: struct sockaddr_storage. */
const addressRoomBytes = 128;

/** Throws SystemError (EINVAL) when the text is no address, or its zone no interface. */
export function encodeSocketAddress({ address, port }: SocketAddress): Buffer {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) throw new SystemError('address', errorNumber('EINVAL'), address);
  const isIpv6 = address.includes(':');
  const structure = Buffer.alloc(isIpv6 ? ipv6Bytes : ipv4Bytes);
  structure.writeUInt16LE(isIpv6 ? families.inet6 : families.inet, 0);
  structure.writeUInt16BE(port, 2);
  if (!isIpv6) {
    structure.writeUInt32BE(Number(parsed.value), 4);
    return structure;
  }
  const value = parsed.bits === 32 ? parsed.value | mappedPrefix : parsed.value;
  structure.writeBigUInt64BE(value >> 64n, 8);
  structure.writeBigUInt64BE(value & 0xffff_ffff_ffff_ffffn, 16);
  if (parsed.zone !== '') structure.writeUInt32LE(interfaceIndex(parsed.zone), 24);
  return structure;
}

const unixPathBytes = 108;

/** struct sockaddr_un of a path. Throws SystemError (ENAMETOOLONG) when it is too long. */
export function encodeUnixAddress(path: string): Buffer {
  const name = cString(path);
  if (name.length > unixPathBytes) throw new SystemError('address', errorNumber('ENAMETOOLONG'), path);
  const structure = Buffer.alloc(2 + name.length);
  structure.writeUInt16LE(families.unix, 0);
  structure.set(name, 2);
  return structure;
}

/** ::ffff:0:0/96, the addresses of IPv4 as IPv6. */
const mappedPrefix = 0xffff_0000_0000n;

function interfaceIndex(zone: string): number {
  const index = /^\d+$/.test(zone) ? Number(zone) : call('if_nametoindex', cString(zone));
  if (index === 0) throw new SystemError('if_nametoindex', errorNumber('ENODEV'), zone);
  return index;
}

/** Both ends of a connected TCP socket; undefined for anything else. */
export function endsOf(fd: number): { readonly peer: SocketAddress; readonly local: SocketAddress } | undefined {
  const peer = addressFrom('getpeername', fd);
  const local = ownAddress(fd);
  return peer === undefined || local === undefined ? undefined : { peer, local };
}

/** Our end of a TCP socket, connected or listening; undefined for anything else. */
export function ownAddress(fd: number): SocketAddress | undefined {
  return addressFrom('getsockname', fd);
}

function addressFrom(name: 'getpeername' | 'getsockname', fd: number): SocketAddress | undefined {
  const room = Buffer.alloc(addressRoomBytes);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(room.length);
  return call(name, fd, room, length) === 0 ? decodeSocketAddress(room) : undefined;
}

/** undefined for other families. A zone is told by its number. */
export function decodeSocketAddress(structure: Buffer): SocketAddress | undefined {
  const family = structure.readUInt16LE(0);
  const port = structure.readUInt16BE(2);
  if (family === families.inet) return { address: structure.subarray(4, 8).join('.'), port };
  if (family !== families.inet6) return undefined;
  const zone = structure.readUInt32LE(24);
  return { address: `${ipv6Text(structure.subarray(8, 24))}${zone === 0 ? '' : `%${zone}`}`, port };
}

/** RFC 5952, and IPv4-mapped addresses as IPv4, which is how sshd names its peers. */
function ipv6Text(bytes: Buffer): string {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff;
  if (mapped) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
  const runs = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map((match) => match[0]);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups;
  const at = groups.indexOf(longest);
  const head = groups.slice(0, at);
  const tail = groups.slice(at + longest.length).replace(/^:/, '');
  return `${head}::${tail}`;
}
