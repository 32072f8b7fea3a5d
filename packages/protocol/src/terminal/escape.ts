// The escape characters of an interactive session (ssh, "ESCAPE CHARACTERS"): at the beginning of a line the escape
// character and the one after it are a command to the client instead of input. A pure machine: bytes in, bytes to send
// and commands out, in order; who performs a command also prints what it has to say.

export type EscapeCommand = (typeof escapeCommands)[number]['command'];

interface EscapeRow {
  readonly byte: number;
  readonly command: string;
}

const controlZ = 0x1a;
const code = (character: string): number => character.charCodeAt(0);

/** The characters after the escape character that mean something; the escape character itself stands for itself. */
export const escapeCommands = [
  { byte: code('.'), command: 'disconnect' },
  { byte: controlZ, command: 'suspend' },
  { byte: code('&'), command: 'background' },
  { byte: code('#'), command: 'list-channels' },
  { byte: code('?'), command: 'help' },
  { byte: code('B'), command: 'send-break' },
  { byte: code('C'), command: 'command-line' },
  { byte: code('R'), command: 'rekey' },
  { byte: code('V'), command: 'less-verbose' },
  { byte: code('v'), command: 'more-verbose' },
  { byte: code('I'), command: 'connection-information' },
] as const satisfies readonly EscapeRow[];

const commandsByByte: ReadonlyMap<number, EscapeCommand> = new Map(
  escapeCommands.map(({ byte, command }) => [byte, command]),
);

/** `data` is a view of the input, or one byte of its own. */
export type EscapeOutput =
  | { readonly type: 'send'; readonly data: Uint8Array }
  | { readonly type: 'command'; readonly command: EscapeCommand };

/** Where the next byte stands: where an escape is looked for, behind an escape character, or elsewhere in a line. */
type EscapePlace = 'line-start' | 'escape' | 'line';

const carriageReturn = 13;
const newline = 10;

export class EscapeReader {
  readonly #escape: number;
  #place: EscapePlace = 'line-start';
  #disconnected = false;

  /** The byte that begins an escape. */
  constructor(escapeByte: number) {
    this.#escape = escapeByte;
  }

  /** What to do for this input, in order; after `disconnect` nothing more is read. */
  read(input: Uint8Array): EscapeOutput[] {
    const outputs: EscapeOutput[] = [];
    let from = 0;
    const flush = (to: number, next: number): void => {
      if (to > from) outputs.push({ type: 'send', data: input.subarray(from, to) });
      from = next;
    };
    for (let at = 0; at < input.length && !this.#disconnected; at++) {
      const byte = input[at] as number;
      if (this.#place === 'line-start' && byte === this.#escape) {
        flush(at, at + 1);
        this.#place = 'escape';
        continue;
      }
      const command = this.#place === 'escape' ? commandsByByte.get(byte) : undefined;
      if (command !== undefined && byte !== this.#escape) {
        outputs.push({ type: 'command', command });
        this.#disconnected = command === 'disconnect';
        this.#place = 'line-start';
        from = at + 1;
        continue;
      }
      // Not a command: the escape character was input after all, unless it is there twice.
      if (this.#place === 'escape' && byte !== this.#escape) {
        outputs.push({ type: 'send', data: Uint8Array.of(this.#escape) });
      }
      this.#place = byte === carriageReturn || byte === newline ? 'line-start' : 'line';
    }
    if (!this.#disconnected) flush(input.length, input.length);
    return outputs;
  }
}
