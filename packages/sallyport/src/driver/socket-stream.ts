// A socket of Node as a ByteStream: TCP, a Unix socket, or any other Duplex. Nagle's algorithm is off from the first
// byte: SSH's small packets must not wait.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { EndpointStream } from '@sallyport/system/byte-stream';
import { openSocket, type ReadBuffer } from '@sallyport/system/node-socket';

import type { ByteStream } from './byte-stream.ts';

/**
 * Takes over a socket, which should be made with `allowHalfOpen`: nobody else may read or write it. `reads` is what it
 * was made with.
 */
export function socketStream(socket: Socket | Duplex, reads?: ReadBuffer): ByteStream {
  return new EndpointStream((events) => openSocket(socket, events, reads));
}
