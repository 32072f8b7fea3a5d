// An open descriptor, or a socket of node:net, as a ByteStream: the only place that knows which of the runtime's means
// reads what.

import type { Stats } from 'node:fs';
import { constants, fstatSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { openPolled } from './bun-polled.ts';
import { bunRuntime } from './bun-runtime.ts';
import { BunSocketEndpoint } from './bun-socket.ts';
import type { ByteStream, Endpoint, EndpointEvents } from './byte-stream.ts';
import { EndpointStream } from './byte-stream.ts';
import { accessMode, duplicate, isTerminal } from './descriptors.ts';
import { openFile } from './file-endpoint.ts';
import { openInstantFile } from './instant-file.ts';
import { adoptDescriptor } from './node-adopted.ts';
import { openSocket } from './node-socket.ts';
import { joinHalves } from './two-way-stream.ts';

export interface DescriptorStreamOptions {
  /** Whether to read, and to write; what the descriptor was opened for unless told. */
  readonly readable?: boolean;
  readonly writable?: boolean;
  /** Most bytes of one chunk, where the runtime leaves that to us; 256 KiB unless told. */
  readonly readChunkBytes?: number;
}

/**
 * A stream over a socket, pipe, terminal or file that is open. It owns the descriptor and closes it; of 0, 1 and 2,
 * which we share with others, it uses a copy, and they stay open. Throws SystemError when the descriptor is not open.
 */
export function openDescriptor(fd: number, options: DescriptorStreamOptions = {}): ByteStream {
  const access = accessMode(fd);
  const wanted = {
    readable: options.readable ?? access.readable,
    writable: options.writable ?? access.writable,
    readChunkBytes: options.readChunkBytes ?? 256 * 1024,
  };
  return new EndpointStream((events) => openEndpoint(fd, wanted, events));
}

/**
 * A stream over a socket that the runtime connects, connected or accepted; it owns the socket and turns Nagle's delay
 * off.
 */
export function fromSocket(socket: Socket): ByteStream {
  return new EndpointStream((events) => openSocket(socket, events));
}

/** A stream that reads one descriptor and writes another; it owns both. */
export function openDescriptorPair(readFd: number, writeFd: number): ByteStream {
  const input = openDescriptor(readFd, { readable: true, writable: false });
  return joinHalves(input, openDescriptor(writeFd, { readable: false, writable: true }));
}

type Wanted = Required<DescriptorStreamOptions>;

function openEndpoint(fd: number, wanted: Wanted, events: EndpointEvents): Endpoint {
  const status = fstatSync(fd);
  const isTerminal = isTerminalDevice(fd, status);
  const own = fd > 2 ? fd : copyOfShared(fd, wanted, status);
  if (status.isFile() || instantDevices.includes(status.rdev)) return openInstantFile({ fd: own, ...wanted }, events);
  if (!status.isSocket() && !status.isFIFO() && !isTerminal) return openFile({ fd: own, ...wanted }, events);
  const bun = bunRuntime();
  if (bun === undefined) {
    return adoptDescriptor({ fd: own, isTerminal, isMaster: status.rdev === masterDevice, ...wanted }, events);
  }
  if (status.isSocket()) return new BunSocketEndpoint(bun, { fd: own, ...wanted }, events);
  return openPolled(bun, { fd: own, isTerminal, ...wanted }, events);
}

/**
 * A copy of descriptor 0, 1 or 2. A terminal, and a pipe that we write to, is opened anew where that is allowed: then
 * it has flags of its own, while non-blocking mode set on a mere copy would be seen by every program on the same
 * terminal or pipe.
 */
function copyOfShared(fd: number, wanted: Wanted, status: Stats): number {
  const isShared = isTerminalDevice(fd, status) && status.rdev !== masterDevice;
  const isOutput = status.isFIFO() && !wanted.readable;
  if (!isShared && !isOutput) return duplicate(fd);
  const mode = wanted.readable ? (wanted.writable ? constants.O_RDWR : constants.O_RDONLY) : constants.O_WRONLY;
  try {
    return openSync(`/proc/self/fd/${fd}`, mode | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return duplicate(fd);
  }
}

function isTerminalDevice(fd: number, status: Stats): boolean {
  return status.isCharacterDevice() && isTerminal(fd);
}

/** /dev/null, /dev/zero and /dev/full. */
const instantDevices: readonly number[] = [0x103, 0x105, 0x107];

/** /dev/ptmx: opening a master anew would make another pseudo-terminal. */
const masterDevice = 0x502;
