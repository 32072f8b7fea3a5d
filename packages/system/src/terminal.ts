// The settings of a terminal (termios(3)): read, set, raw mode as ssh wants it, and the way to and from the modes of a
// pty-req (RFC 4254 section 8): the client tells its own terminal's, the server applies them to a pseudo-terminal.

import type { TerminalMode, TerminalModeName } from '@sallyport/protocol/terminal/terminal-modes';
import { disabledCharacter, terminalModeByOpcode, terminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import { check } from './libc.ts';
import type { FlagWord } from './terminal-flags.ts';
import {
  characterIndexes,
  flags,
  inputSpeedShift,
  minimumIndex,
  speedBits,
  speeds,
  timeIndex,
} from './terminal-flags.ts';

export interface TerminalSettings extends Readonly<Record<FlagWord, number>> {
  readonly lineDiscipline: number;
  readonly characters: readonly number[];
}

const control = { get: 0x5401, setNow: 0x5402, setWhenWritten: 0x5403 } as const;

// The kernel's struct termios: four words, the line discipline, 19 characters.
const words: readonly FlagWord[] = ['input', 'output', 'control', 'local'];
const characterCount = 19;
const structureBytes = 36;

/** Throws SystemError with ENOTTY when the descriptor is no terminal. */
export function terminalSettings(fd: number): TerminalSettings {
  const structure = Buffer.alloc(structureBytes);
  check('ioctl', fd, control.get, structure);
  const [input, output, controls, local] = words.map((_, index) => structure.readUInt32LE(index * 4)) as [
    number,
    number,
    number,
    number,
  ];
  const characters = [...structure.subarray(17, 17 + characterCount)];
  return { input, output, control: controls, local, lineDiscipline: structure.readUInt8(16), characters };
}

/** Applies settings at once, or when everything that was written before has gone out. */
export function setTerminalSettings(fd: number, settings: TerminalSettings, when: 'now' | 'when-written'): void {
  const structure = Buffer.alloc(structureBytes);
  for (const [index, word] of words.entries()) structure.writeUInt32LE(settings[word] >>> 0, index * 4);
  structure.writeUInt8(settings.lineDiscipline, 16);
  structure.set(settings.characters, 17);
  check('ioctl', fd, when === 'now' ? control.setNow : control.setWhenWritten, structure);
}

const rawOff: readonly TerminalModeName[] = [
  ...(['ISTRIP', 'INLCR', 'IGNCR', 'ICRNL', 'IXON', 'IXANY', 'IXOFF', 'IUCLC'] as const),
  ...(['ISIG', 'ICANON', 'ECHO', 'ECHOE', 'ECHOK', 'ECHONL', 'IEXTEN'] as const),
  'OPOST',
];

/** Every byte as it is, one at a time, both ways. The runtimes' raw mode would leave output processing on. */
export function rawSettings(settings: TerminalSettings): TerminalSettings {
  const raw = new Changes(settings);
  raw.setFlag('IGNPAR', true);
  for (const name of rawOff) raw.setFlag(name, false);
  raw.setCharacter(minimumIndex, 1);
  raw.setCharacter(timeIndex, 0);
  return raw.settings();
}

/** Every key as it is pressed, for programs that edit a line themselves; signals and output are as they were. */
export function lineEditingSettings(settings: TerminalSettings): TerminalSettings {
  const editing = new Changes(settings);
  for (const name of ['ICRNL', 'INLCR', 'IGNCR', 'IXON', 'ICANON', 'ECHO', 'IEXTEN'] as const) {
    editing.setFlag(name, false);
  }
  editing.setCharacter(minimumIndex, 1);
  editing.setCharacter(timeIndex, 0);
  return editing.settings();
}

/** The modes that a client sends for its terminal: speeds first, then every mode that this system has. */
export function modesOf(settings: TerminalSettings): TerminalMode[] {
  const outputCode = settings.control & speedBits;
  const inputCode = (settings.control >>> inputSpeedShift) & speedBits;
  const modes: TerminalMode[] = [
    { opcode: speedOpcodes.output, argument: speeds.get(outputCode) ?? 0 },
    { opcode: speedOpcodes.input, argument: speeds.get(inputCode === 0 ? outputCode : inputCode) ?? 0 },
  ];
  for (const { name, opcode } of terminalModes) {
    const index = characterIndexes[name];
    const flag = flags[name];
    if (index !== undefined) modes.push({ opcode, argument: settings.characters[index] || disabledCharacter });
    else if (flag !== undefined) modes.push({ opcode, argument: (settings[flag[0]] & flag[1]) === 0 ? 0 : 1 });
  }
  return modes;
}

const speedOpcodes = { input: 128, output: 129 } as const;

/** What the settings become under the modes of a pty-req. Opcodes and speeds that this system lacks change nothing. */
export function withModes(settings: TerminalSettings, modes: readonly TerminalMode[]): TerminalSettings {
  const changes = new Changes(settings);
  for (const { opcode, argument } of modes) {
    const name = terminalModeByOpcode(opcode)?.name as TerminalModeName | undefined;
    if (opcode === speedOpcodes.input) changes.setSpeed(argument, inputSpeedShift);
    else if (opcode === speedOpcodes.output) changes.setSpeed(argument, 0);
    else if (name !== undefined) changes.setMode(name, argument);
  }
  return changes.settings();
}

/** A copy of settings that is being changed. */
class Changes {
  private readonly words: Record<FlagWord, number>;
  private readonly characters: number[];
  private readonly lineDiscipline: number;

  constructor({ characters, lineDiscipline, ...flagWords }: TerminalSettings) {
    this.words = { ...flagWords };
    this.characters = [...characters];
    this.lineDiscipline = lineDiscipline;
  }

  settings(): TerminalSettings {
    return { ...this.words, lineDiscipline: this.lineDiscipline, characters: this.characters };
  }

  setMode(name: TerminalModeName, argument: number): void {
    const index = characterIndexes[name];
    if (index === undefined) this.setFlag(name, argument !== 0);
    else this.setCharacter(index, argument === disabledCharacter ? 0 : argument & 0xff);
  }

  setFlag(name: TerminalModeName, on: boolean): void {
    const flag = flags[name];
    if (flag === undefined) return;
    const [word, bits] = flag;
    this.words[word] = on ? this.words[word] | bits : this.words[word] & ~bits;
  }

  setCharacter(index: number, value: number): void {
    this.characters[index] = value;
  }

  setSpeed(bitsPerSecond: number, shift: number): void {
    for (const [code, speed] of speeds) {
      if (speed !== bitsPerSecond || speed === 0) continue;
      this.words.control = (this.words.control & ~(speedBits << shift)) | (code << shift);
    }
  }
}
