// A socket, pipe or terminal that is open already, as an endpoint on Node: `new net.Socket({fd})` and tty.ReadStream.
//
// Before libuv 1.52 the end of a terminal can be reported while its last output is still unread, and an error can
// overtake it. Hence a second descriptor, from which the rest is read at the end, and `onread`, with which the runtime
// keeps no data of its own.

import { createRequire } from 'node:module';
import type { OnReadOpts, Socket, SocketConstructorOpts } from 'node:net';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';
import { closeDescriptor, duplicate, setNonBlocking, writeWhatFits } from './descriptors.ts';
import { call, lastErrno } from './libc.ts';
import { writeBatch } from './node-socket.ts';
import { errorNumber, SystemError } from './system-error.ts';

export interface AdoptOptions {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly readChunkBytes: number;
  readonly isTerminal: boolean;
  /** The master of a pseudo-terminal, to which the runtime would write in blocking mode. */
  readonly isMaster: boolean;
}

type SocketOptions = SocketConstructorOpts & { readonly onread?: OnReadOpts };

type Sink = NonNullable<Endpoint['sink']>;

interface SocketClasses {
  readonly Socket: new (options: SocketOptions) => Socket;
  readonly ReadStream: new (fd: number, options: SocketOptions) => Socket;
}

/** Owns the descriptor. */
export function adoptDescriptor(options: AdoptOptions, events: EndpointEvents): Endpoint {
  const { readable, writable, isTerminal } = options;
  const state = { isFlowing: false, isOver: false };
  const tail = isTerminal && readable ? duplicate(options.fd) : undefined;
  const socket = openSocket(options, (chunk) => {
    events.data(chunk);
    return state.isFlowing;
  });
  const hasCopied = descriptorOf(socket) !== options.fd;
  const end = (): void => {
    if (state.isOver) return;
    state.isOver = true;
    if (tail !== undefined) for (const chunk of readRest(tail)) events.data(chunk);
    events.end();
  };
  socket.pause();
  socket.on('end', end);
  socket.on('close', end);
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (isTerminal && error.code === 'EIO') end();
    else events.error(error);
  });
  const setFlowing = (isFlowing: boolean): void => {
    state.isFlowing = isFlowing;
    if (isFlowing) socket.resume();
    else socket.pause();
  };
  const close = (): void => {
    state.isOver = true;
    socket.destroy();
    if (hasCopied) closeDescriptor(options.fd);
    if (tail !== undefined) closeDescriptor(tail);
  };
  return {
    ...(readable && { source: { start: () => setFlowing(true), stop: () => setFlowing(false) } }),
    ...(writable && { sink: options.isMaster ? masterSink(options.fd, state) : socketSink(socket, options) }),
    close,
  };
}

function socketSink(socket: Socket, { fd, isTerminal }: AdoptOptions): Sink {
  return {
    ...(!isTerminal && { writeNow: (bytes) => writeWhatFits(fd, bytes) }),
    write: (batch, done) => writeBatch(socket, batch, done),
    end: () => void (isTerminal || socket.end()),
  };
}

/** Asks again after a while when the terminal is full, for the runtime cannot say when it is not. */
function masterSink(fd: number, state: { readonly isOver: boolean }): Sink {
  const write = (chunk: Uint8Array, done: WriteDone): void => {
    const written = state.isOver ? chunk.length : call('write', fd, chunk, chunk.length);
    const errno = written < 0 ? lastErrno() : 0;
    const rest = chunk.subarray(Math.max(written, 0));
    if (errno !== 0 && errno !== errorNumber('EAGAIN')) done(new SystemError('write', errno));
    else if (rest.length === 0) done();
    else setTimeout(write, retryMs, rest, done);
  };
  return { write: (batch, done) => write(Buffer.concat(batch), done), end: () => undefined };
}

const retryMs = 10;

function openSocket(options: AdoptOptions, receive: (chunk: Uint8Array) => boolean): Socket {
  const { fd, readable, writable, isTerminal } = options;
  const require = createRequire(import.meta.url);
  const classes = require(isTerminal ? 'node:tty' : 'node:net') as SocketClasses;
  const onread = {
    buffer: Buffer.allocUnsafeSlow(options.readChunkBytes),
    callback: (length: number, buffer: Uint8Array) => receive(Uint8Array.prototype.slice.call(buffer, 0, length)),
  };
  const socketOptions = { readable, writable, allowHalfOpen: true, ...(readable && { onread }) };
  if (isTerminal) setNonBlocking(fd, true);
  return isTerminal ? new classes.ReadStream(fd, socketOptions) : new classes.Socket({ fd, ...socketOptions });
}

/** A slave of a pseudo-terminal is opened anew by the runtime, which then closes only its own descriptor. */
function descriptorOf(socket: Socket): number | undefined {
  return (socket as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
}

/** What a terminal still has; at most what the kernel keeps for it. */
function readRest(fd: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  for (;;) {
    const room = Buffer.allocUnsafe(4096);
    const length = call('read', fd, room, room.length);
    if (length <= 0) return rest;
    rest.push(room.subarray(0, length));
  }
}
