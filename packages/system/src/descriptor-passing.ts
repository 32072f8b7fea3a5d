// Open descriptors through a unix socket (SCM_RIGHTS, unix(7)), and who is at its other end (SO_PEERCRED). The
// runtimes' own sockets drop descriptors when they read, so a socket that carries some must never be given to
// openDescriptor.

import { closeDescriptor } from './descriptors.ts';
import { addressOf, call, check, lastErrno } from './libc.ts';
import { putPointer } from './memory.ts';
import { errorNumber, SystemError } from './system-error.ts';

const socketLevel = 1;
const rights = 1;
const peerCredentialsOption = 17;
const doNotSignal = 0x4000;
const doNotWait = 0x40;
const closeOnExecFlag = 0x40000000;
const controlTruncated = 0x8;
const dataTruncated = 0x20;
const largestCount = 253;

// struct msghdr, one struct iovec, the control message and the data, in one buffer whose pointers point into itself.
const iovecAt = 56;
const controlAt = 72;
const controlHeaderBytes = 16;

interface Message {
  readonly whole: Buffer;
  readonly dataAt: number;
}

function layOut(descriptorCount: number, dataBytes: number): Message {
  const controlBytes = descriptorCount === 0 ? 0 : controlHeaderBytes + ((descriptorCount * 4 + 7) & ~7);
  const dataAt = controlAt + controlBytes;
  const whole = Buffer.alloc(dataAt + dataBytes);
  const base = addressOf(whole);
  putPointer(whole, 16, base + iovecAt);
  putPointer(whole, 24, 1);
  putPointer(whole, iovecAt, base + dataAt);
  putPointer(whole, iovecAt + 8, dataBytes);
  if (controlBytes > 0) {
    putPointer(whole, 32, base + controlAt);
    putPointer(whole, 40, controlBytes);
  }
  return { whole, dataAt };
}

/**
 * Sends descriptors with at least one byte of data; the receiver gets copies, ours stay open. Answers false when the
 * socket is full and nothing was sent. On a stream socket the data must be small enough to go at once: a part throws.
 */
export function sendDescriptors(socket: number, descriptors: readonly number[], data: Uint8Array): boolean {
  if (data.length === 0 || descriptors.length > largestCount) throw new SystemError('sendmsg', errorNumber('EINVAL'));
  const { whole, dataAt } = layOut(descriptors.length, data.length);
  if (descriptors.length > 0) {
    putPointer(whole, controlAt, controlHeaderBytes + descriptors.length * 4);
    whole.writeInt32LE(socketLevel, controlAt + 8);
    whole.writeInt32LE(rights, controlAt + 12);
  }
  for (const [index, fd] of descriptors.entries()) {
    whole.writeInt32LE(fd, controlAt + controlHeaderBytes + index * 4);
  }
  whole.set(data, dataAt);
  const sent = call('sendmsg', socket, whole, doNotSignal);
  if (sent === data.length) return true;
  const errno = sent < 0 ? lastErrno() : errorNumber('EMSGSIZE');
  if (errno === errorNumber('EAGAIN')) return false;
  throw new SystemError('sendmsg', errno);
}

export interface ReceivedDescriptors {
  /** They close themselves at exec and are the caller's to close. */
  readonly descriptors: readonly number[];
  /** Empty with no descriptors: the other end is closed. */
  readonly data: Buffer;
}

export interface ReceiveLimits {
  readonly maximumDescriptors: number;
  readonly maximumBytes: number;
  /** Waits for a message and blocks this thread meanwhile; unset, an empty socket answers undefined. */
  readonly wait?: boolean;
}

/**
 * One message with the descriptors in it. More descriptors or bytes than the limits allow close all of them and throw.
 */
export function receiveDescriptors(socket: number, limits: ReceiveLimits): ReceivedDescriptors | undefined {
  const { whole, dataAt } = layOut(limits.maximumDescriptors, limits.maximumBytes);
  const flags = closeOnExecFlag | (limits.wait === true ? 0 : doNotWait);
  let received = call('recvmsg', socket, whole, flags);
  while (received < 0) {
    const errno = lastErrno();
    if (errno === errorNumber('EAGAIN')) return undefined;
    if (errno !== errorNumber('EINTR')) throw new SystemError('recvmsg', errno);
    received = call('recvmsg', socket, whole, flags);
  }
  const descriptors = descriptorsIn(whole);
  if ((whole.readInt32LE(48) & (controlTruncated | dataTruncated)) !== 0) {
    for (const fd of descriptors) closeDescriptor(fd);
    throw new SystemError('recvmsg', errorNumber('EMSGSIZE'));
  }
  return { descriptors, data: whole.subarray(dataAt, dataAt + received) };
}

function descriptorsIn(whole: Buffer): number[] {
  const controlBytes = Number(whole.readBigUInt64LE(40));
  if (controlBytes < controlHeaderBytes) return [];
  const isRights = whole.readInt32LE(controlAt + 8) === socketLevel && whole.readInt32LE(controlAt + 12) === rights;
  if (!isRights) return [];
  const count = (Number(whole.readBigUInt64LE(controlAt)) - controlHeaderBytes) / 4;
  return Array.from({ length: count }, (_, index) => whole.readInt32LE(controlAt + controlHeaderBytes + index * 4));
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who connected, or made the pair, at the other end of a unix socket. */
export function peerCredentials(socket: number): PeerCredentials {
  const credentials = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentials.length);
  check('getsockopt', socket, socketLevel, peerCredentialsOption, credentials, length);
  return {
    pid: credentials.readInt32LE(0),
    uid: credentials.readUInt32LE(4),
    gid: credentials.readUInt32LE(8),
  };
}
