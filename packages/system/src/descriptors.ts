// File descriptors as numbers: pairs and pipes, copies, flags. Everything made here closes itself at exec (O_CLOEXEC);
// who wants a child to have a descriptor names it to spawnProcess.

import { call, check, lastErrno } from './libc.ts';
import { errorNumber, SystemError } from './system-error.ts';

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;

const sockets = { local: 1, stream: 1, seqpacket: 5 } as const;

const command = {
  getDescriptorFlags: 1,
  setDescriptorFlags: 2,
  getStatusFlags: 3,
  setStatusFlags: 4,
  duplicateCloseOnExec: 1030,
  setPipeSize: 1031,
  getPipeSize: 1032,
} as const;

/** Two connected unix sockets. `seqpacket` keeps the bounds of messages. */
export function socketPair(type: 'stream' | 'seqpacket' = 'stream'): [number, number] {
  const pair = Buffer.alloc(8);
  check('socketpair', sockets.local, sockets[type] | closeOnExec, 0, pair);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

export function makePipe(): Pipe {
  const pair = Buffer.alloc(8);
  check('pipe2', pair, closeOnExec);
  return { readFd: pair.readInt32LE(0), writeFd: pair.readInt32LE(4) };
}

/** A copy of a descriptor with the lowest free number from `atLeast`. */
export function duplicate(fd: number, atLeast = 3): number {
  return check('fcntl', fd, command.duplicateCloseOnExec, atLeast);
}

/** Makes `target` mean what `fd` means; children inherit it. */
export function duplicateTo(fd: number, target: number): void {
  check('dup2', fd, target);
}

/**
 * Closes a descriptor. A late write error that close(2) reports does not matter here; a number that was not open
 * throws.
 */
export function closeDescriptor(fd: number): void {
  if (call('close', fd) === 0) return;
  const errno = lastErrno();
  if (errno === errorNumber('EBADF')) throw new SystemError('close', errno);
}

/** The flags that open(2) set and fcntl(2) may change; every copy of the descriptor shares them. */
export function statusFlags(fd: number): number {
  return check('fcntl', fd, command.getStatusFlags, 0);
}

/** Writes what a non-blocking descriptor takes at once; 0 when it is full, or broken. */
export function writeWhatFits(fd: number, bytes: Uint8Array): number {
  return Math.max(0, call('write', fd, bytes, bytes.length));
}

/** Events of poll(2). */
const events = { readable: 1, writable: 4 } as const;

/** Whether a read or a write would not wait now, after at most so many milliseconds; -1 waits as long as it takes. */
export function isReady(fd: number, what: keyof typeof events, timeoutMs: number): boolean {
  const structure = Buffer.alloc(8);
  structure.writeInt32LE(fd);
  structure.writeInt16LE(events[what], 4);
  return call('poll', structure, 1, timeoutMs) > 0;
}

/** As isatty(3), without node:tty, whose loading costs Bun some milliseconds. */
export function isTerminal(fd: number): boolean {
  return call('ioctl', fd, getTerminalSettings, Buffer.alloc(terminalSettingsBytes)) === 0;
}

/** TCGETS of ioctl_tty(2), and room for what it writes. */
const getTerminalSettings = 0x5401;
const terminalSettingsBytes = 64;

export interface AccessMode {
  readonly readable: boolean;
  readonly writable: boolean;
}

export function accessMode(fd: number): AccessMode {
  const mode = statusFlags(fd) & 3;
  return { readable: mode !== 1, writable: mode !== 0 };
}

export function setNonBlocking(fd: number, on: boolean): void {
  const flags = statusFlags(fd);
  const wanted = on ? flags | nonBlocking : flags & ~nonBlocking;
  if (wanted !== flags) check('fcntl', fd, command.setStatusFlags, wanted);
}

/** Whether a child that the runtime starts inherits the descriptor. */
export function setCloseOnExec(fd: number, on: boolean): void {
  check('fcntl', fd, command.setDescriptorFlags, on ? 1 : 0);
}

/** Asks for a larger pipe and returns what it has now; the system's limit for ordinary users may keep it as it was. */
export function growPipe(fd: number, bytes: number): number {
  const granted = call('fcntl', fd, command.setPipeSize, bytes);
  return granted < 0 ? check('fcntl', fd, command.getPipeSize, 0) : granted;
}

/**
 * Remembers the flags of descriptors 0 to 2, which we share with the shell and with other programs on the same pipe or
 * terminal, and returns what puts them back. It also happens by itself when the process exits.
 */
export function keepStandardFlags(): () => void {
  const kept = [0, 1, 2].map((fd) => ({ fd, flags: call('fcntl', fd, command.getStatusFlags, 0) }));
  const restore = (): void => {
    process.off('exit', restore);
    for (const { fd, flags } of kept) if (flags >= 0) call('fcntl', fd, command.setStatusFlags, flags);
  };
  process.on('exit', restore);
  return restore;
}
