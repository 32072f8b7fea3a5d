// The stream of bytes that a connection runs on: TCP of our own, a connection through another client, or what the
// caller has opened. It can be given up at any moment.

import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { createReadBuffer } from '@sallyport/system/node-socket';
import type { ByteStream } from '../driver/byte-stream.ts';
import { socketStream } from '../driver/socket-stream.ts';
import type { SshError } from '../errors.ts';
import { ConnectionLostError } from '../errors.ts';
import { Client } from './client.ts';
import type { ConnectSettings } from './connect-options.ts';
import { DialedStream } from './dialed-stream.ts';

/** For all that the connection reads. With what is made of it, it has to fit into a processor's own cache. */
const readBufferBytes = 128 * 1024;

/** What was begun, so that it can be stopped; and what stopped it. */
export interface Attempt {
  stop: () => void;
  cancelled: SshError | undefined;
}

export async function openStream(settings: ConnectSettings, attempt: Attempt): Promise<ByteStream> {
  const { via, host, port } = settings;
  if (via === undefined) return await openTcp(host, port, attempt);
  if (via instanceof Client) return (await via.dial(host, port, { signal: settings.signal })).byteStream();
  if (via instanceof DialedStream) return via.byteStream();
  return via instanceof Duplex ? socketStream(via) : via;
}

function openTcp(host: string, port: number, attempt: Attempt): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const reads = createReadBuffer(readBufferBytes);
    const socket = connectTcp({ host, port, allowHalfOpen: true, noDelay: true, ...reads.socketOptions });
    const fail = (cause: Error): void => {
      const message = `no connection to ${host} port ${port}`;
      reject(attempt.cancelled ?? new ConnectionLostError('connection-lost', message, { cause }));
    };
    attempt.stop = () => socket.destroy(new Error('given up'));
    socket.once('error', fail);
    socket.once('connect', () => {
      const stream = socketStream(socket, reads);
      socket.off('error', fail);
      resolve(stream);
    });
  });
}
