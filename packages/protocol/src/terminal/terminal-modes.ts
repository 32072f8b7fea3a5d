// The modes string of pty-req (RFC 4254 section 8, RFC 8160): one row per opcode, its encoder and its decoder. What a
// mode does to a terminal is the business of packages/system; values are passed on as they are.

import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

/** Which of the terminal's settings a mode belongs to. */
export type TerminalModeGroup = 'character' | 'input' | 'local' | 'output' | 'control' | 'speed';

export interface TerminalModeRow {
  /** The name in RFC 4254 section 8, which is termios' name too. */
  readonly name: string;
  readonly opcode: number;
  readonly group: TerminalModeGroup;
}

export const terminalModes = [
  { name: 'VINTR', opcode: 1, group: 'character' },
  { name: 'VQUIT', opcode: 2, group: 'character' },
  { name: 'VERASE', opcode: 3, group: 'character' },
  { name: 'VKILL', opcode: 4, group: 'character' },
  { name: 'VEOF', opcode: 5, group: 'character' },
  { name: 'VEOL', opcode: 6, group: 'character' },
  { name: 'VEOL2', opcode: 7, group: 'character' },
  { name: 'VSTART', opcode: 8, group: 'character' },
  { name: 'VSTOP', opcode: 9, group: 'character' },
  { name: 'VSUSP', opcode: 10, group: 'character' },
  { name: 'VDSUSP', opcode: 11, group: 'character' },
  { name: 'VREPRINT', opcode: 12, group: 'character' },
  { name: 'VWERASE', opcode: 13, group: 'character' },
  { name: 'VLNEXT', opcode: 14, group: 'character' },
  { name: 'VFLUSH', opcode: 15, group: 'character' },
  { name: 'VSWTCH', opcode: 16, group: 'character' },
  { name: 'VSTATUS', opcode: 17, group: 'character' },
  { name: 'VDISCARD', opcode: 18, group: 'character' },
  { name: 'IGNPAR', opcode: 30, group: 'input' },
  { name: 'PARMRK', opcode: 31, group: 'input' },
  { name: 'INPCK', opcode: 32, group: 'input' },
  { name: 'ISTRIP', opcode: 33, group: 'input' },
  { name: 'INLCR', opcode: 34, group: 'input' },
  { name: 'IGNCR', opcode: 35, group: 'input' },
  { name: 'ICRNL', opcode: 36, group: 'input' },
  { name: 'IUCLC', opcode: 37, group: 'input' },
  { name: 'IXON', opcode: 38, group: 'input' },
  { name: 'IXANY', opcode: 39, group: 'input' },
  { name: 'IXOFF', opcode: 40, group: 'input' },
  { name: 'IMAXBEL', opcode: 41, group: 'input' },
  { name: 'IUTF8', opcode: 42, group: 'input' },
  { name: 'ISIG', opcode: 50, group: 'local' },
  { name: 'ICANON', opcode: 51, group: 'local' },
  { name: 'XCASE', opcode: 52, group: 'local' },
  { name: 'ECHO', opcode: 53, group: 'local' },
  { name: 'ECHOE', opcode: 54, group: 'local' },
  { name: 'ECHOK', opcode: 55, group: 'local' },
  { name: 'ECHONL', opcode: 56, group: 'local' },
  { name: 'NOFLSH', opcode: 57, group: 'local' },
  { name: 'TOSTOP', opcode: 58, group: 'local' },
  { name: 'IEXTEN', opcode: 59, group: 'local' },
  { name: 'ECHOCTL', opcode: 60, group: 'local' },
  { name: 'ECHOKE', opcode: 61, group: 'local' },
  { name: 'PENDIN', opcode: 62, group: 'local' },
  { name: 'OPOST', opcode: 70, group: 'output' },
  { name: 'OLCUC', opcode: 71, group: 'output' },
  { name: 'ONLCR', opcode: 72, group: 'output' },
  { name: 'OCRNL', opcode: 73, group: 'output' },
  { name: 'ONOCR', opcode: 74, group: 'output' },
  { name: 'ONLRET', opcode: 75, group: 'output' },
  { name: 'CS7', opcode: 90, group: 'control' },
  { name: 'CS8', opcode: 91, group: 'control' },
  { name: 'PARENB', opcode: 92, group: 'control' },
  { name: 'PARODD', opcode: 93, group: 'control' },
  { name: 'TTY_OP_ISPEED', opcode: 128, group: 'speed' },
  { name: 'TTY_OP_OSPEED', opcode: 129, group: 'speed' },
] as const satisfies readonly TerminalModeRow[];

export type TerminalModeName = (typeof terminalModes)[number]['name'];

/** One mode as it is sent: the opcode may be one that no row names. */
export interface TerminalMode {
  readonly opcode: number;
  readonly argument: number;
}

/** The argument of a control character that is switched off. */
export const disabledCharacter = 255;

const endOfModes = 0;
/** RFC 4254 section 8: opcodes from 160 on are not defined, and parsing stops at one. */
const firstUndefinedOpcode = 160;
/** More modes than there are opcodes say nothing new. */
const maximumModes = 256;

const rowsByOpcode: ReadonlyMap<number, TerminalModeRow> = new Map(terminalModes.map((row) => [row.opcode, row]));

export function terminalModeByOpcode(opcode: number): TerminalModeRow | undefined {
  return rowsByOpcode.get(opcode);
}

export function encodeTerminalModes(modes: readonly TerminalMode[]): Uint8Array {
  const writer = new Writer(modes.length * 5 + 1);
  for (const { opcode, argument } of modes) {
    if (!(opcode > endOfModes && opcode < firstUndefinedOpcode)) throw new Error(`opcode ${opcode} takes no argument`);
    writer.byte(opcode).uint32(argument);
  }
  return writer.byte(endOfModes).bytes();
}

/** The modes in their order, up to the end mark, an undefined opcode or an argument that is cut off; never throws. */
export function decodeTerminalModes(bytes: Uint8Array): TerminalMode[] {
  const reader = new Reader(bytes);
  const modes: TerminalMode[] = [];
  while (reader.remaining >= 5 && modes.length < maximumModes) {
    const opcode = reader.byte();
    if (opcode === endOfModes || opcode >= firstUndefinedOpcode) break;
    modes.push({ opcode, argument: reader.uint32() });
  }
  return modes;
}
