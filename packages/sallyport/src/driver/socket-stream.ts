// A socket of Node as a ByteStream: TCP, a Unix socket, or any other Duplex. Nagle's algorithm is off from the first
// byte: SSH's small packets must not wait.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { EndpointStream } from '@sallyport/system/byte-stream';
import { openSocket } from '@sallyport/system/node-socket';

import type { ByteStream } from './byte-stream.ts';

/** Takes over a socket, which should be made with `allowHalfOpen`: nobody else may read or write it. */
export function socketStream(socket: Socket | Duplex): ByteStream {
  return new EndpointStream((events) => openSocket(socket, events));
}
