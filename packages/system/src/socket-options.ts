// Options of sockets by descriptor, one row each: socket(7), tcp(7), ip(7), ipv6(7). All of them are 32-bit numbers;
// switches are 0 and 1.

import { check } from './libc.ts';

const level = { socket: 1, ip: 0, tcp: 6, ipv6: 41 } as const;

const options = {
  reuseAddress: [level.socket, 2],
  keepAlive: [level.socket, 9],
  ipv6Only: [level.ipv6, 26],
  noDelay: [level.tcp, 1],
  error: [level.socket, 4],
  trafficClassV4: [level.ip, 1],
  trafficClassV6: [level.ipv6, 67],
} as const satisfies Readonly<Record<string, readonly [level: number, name: number]>>;

export type SocketOption = keyof typeof options;

export function setSocketOption(fd: number, option: SocketOption, value: number): void {
  const number = Buffer.alloc(4);
  number.writeInt32LE(value);
  const [at, name] = options[option];
  check('setsockopt', fd, at, name, number, number.length);
}

export function socketOption(fd: number, option: SocketOption): number {
  const number = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(number.length);
  const [at, name] = options[option];
  check('getsockopt', fd, at, name, number, length);
  return number.readInt32LE();
}
