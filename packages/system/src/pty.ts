// Pseudo-terminals (pty(7)): a master for us, a slave for the shell, and the size that the shell sees. The master is
// non-blocking and is read by openDescriptor, which delivers everything before the end.

import { closeDescriptor } from './descriptors.ts';
import { check } from './libc.ts';
import { cString } from './memory.ts';

const readWriteNoTerminal = 0o402;
const closeOnExec = 0o2000000;
const control = { getSize: 0x5413, setSize: 0x5414, slaveNumber: 0x80045430, lock: 0x40045431 } as const;

/** Size of a terminal: cells, and pixels when known (0 otherwise). */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
}

export interface Pty {
  readonly masterFd: number;
  /** Keep it until the process that uses the terminal runs: a master without any slave reads as ended. */
  readonly slaveFd: number;
  /** Name of the slave, as `/dev/pts/3`. */
  readonly path: string;
}

export function openPty(size: WindowSize): Pty {
  const masterFd = check('posix_openpt', readWriteNoTerminal | closeOnExec);
  try {
    check('ioctl', masterFd, control.lock, Buffer.alloc(4));
    const number = Buffer.alloc(4);
    check('ioctl', masterFd, control.slaveNumber, number);
    const path = `/dev/pts/${number.readUInt32LE()}`;
    setWindowSize(masterFd, size);
    const slaveFd = check('open', cString(path), readWriteNoTerminal | closeOnExec, 0);
    return { masterFd, slaveFd, path };
  } catch (error) {
    closeDescriptor(masterFd);
    throw error;
  }
}

/** Sets the size of a terminal, either end; the processes in its foreground get SIGWINCH when it differs. */
export function setWindowSize(fd: number, size: WindowSize): void {
  const room = Buffer.alloc(8);
  const cells = [size.rows, size.columns, size.widthPixels, size.heightPixels];
  for (const [index, value] of cells.entries()) room.writeUInt16LE(Math.min(value, 0xffff), index * 2);
  check('ioctl', fd, control.setSize, room);
}

export function windowSize(fd: number): WindowSize {
  const room = Buffer.alloc(8);
  check('ioctl', fd, control.getSize, room);
  const [rows, columns, widthPixels, heightPixels] = [0, 2, 4, 6].map((at) => room.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return { columns, rows, widthPixels, heightPixels };
}
