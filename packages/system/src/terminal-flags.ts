// Where Linux keeps each terminal mode of RFC 4254 section 8 (termios(3), the numbering of x64 and arm64): the index of
// a control character, or the word and the bits of a flag. Modes that Linux does not have are missing.

import type { TerminalModeName } from '@sallyport/protocol/terminal/terminal-modes';

export type FlagWord = 'input' | 'output' | 'control' | 'local';

export const characterIndexes: Partial<Record<TerminalModeName, number>> = {
  VINTR: 0,
  VQUIT: 1,
  VERASE: 2,
  VKILL: 3,
  VEOF: 4,
  VEOL: 11,
  VEOL2: 16,
  VSTART: 8,
  VSTOP: 9,
  VSUSP: 10,
  VREPRINT: 12,
  VWERASE: 14,
  VLNEXT: 15,
  VDISCARD: 13,
};

/**
 * Two entries of the character array that have no opcode: most bytes and tenths of a second that a raw read waits for.
 */
export const minimumIndex = 6;
export const timeIndex = 5;

export const flags: Partial<Record<TerminalModeName, readonly [word: FlagWord, bits: number]>> = {
  IGNPAR: ['input', 0o4],
  PARMRK: ['input', 0o10],
  INPCK: ['input', 0o20],
  ISTRIP: ['input', 0o40],
  INLCR: ['input', 0o100],
  IGNCR: ['input', 0o200],
  ICRNL: ['input', 0o400],
  IUCLC: ['input', 0o1000],
  IXON: ['input', 0o2000],
  IXANY: ['input', 0o4000],
  IXOFF: ['input', 0o10000],
  IMAXBEL: ['input', 0o20000],
  IUTF8: ['input', 0o40000],
  ISIG: ['local', 0o1],
  ICANON: ['local', 0o2],
  XCASE: ['local', 0o4],
  ECHO: ['local', 0o10],
  ECHOE: ['local', 0o20],
  ECHOK: ['local', 0o40],
  ECHONL: ['local', 0o100],
  NOFLSH: ['local', 0o200],
  TOSTOP: ['local', 0o400],
  IEXTEN: ['local', 0o100000],
  ECHOCTL: ['local', 0o1000],
  ECHOKE: ['local', 0o4000],
  PENDIN: ['local', 0o40000],
  OPOST: ['output', 0o1],
  OLCUC: ['output', 0o2],
  ONLCR: ['output', 0o4],
  OCRNL: ['output', 0o10],
  ONOCR: ['output', 0o20],
  ONLRET: ['output', 0o40],
  CS7: ['control', 0o40],
  CS8: ['control', 0o60],
  PARENB: ['control', 0o400],
  PARODD: ['control', 0o1000],
};

/**
 * Bits of the control word that hold the speed; the input speed has its own, and is the output speed where they are 0.
 */
export const speedBits = 0o10017;
export const inputSpeedShift = 16;

/** Bits per second for each value of the speed bits. */
export const speeds: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 50],
  [2, 75],
  [3, 110],
  [4, 134],
  [5, 150],
  [6, 200],
  [7, 300],
  [8, 600],
  [9, 1200],
  [10, 1800],
  [11, 2400],
  [12, 4800],
  [13, 9600],
  [14, 19200],
  [15, 38400],
  [0o10001, 57600],
  [0o10002, 115200],
  [0o10003, 230400],
  [0o10004, 460800],
  [0o10005, 500000],
  [0o10006, 576000],
  [0o10007, 921600],
  [0o10010, 1000000],
  [0o10011, 1152000],
  [0o10012, 1500000],
  [0o10013, 2000000],
  [0o10014, 2500000],
  [0o10015, 3000000],
  [0o10016, 3500000],
  [0o10017, 4000000],
]);
