// Where lines come from when nobody edits them: a batch file, a pipe, or a terminal that does its own editing. Bytes
// are read as they come, and a line is given as soon as it is whole.

import { read } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { byteStringOf } from '../shared/byte-string.ts';
import { isNonBlockingError } from '../shared/waiting.ts';

/** One line after the other. */
export interface CommandLines {
  /** A byte string without its end; undefined when there are no more. */
  next(): Promise<string | undefined>;
  /** No line is wanted any more, not even the one that is being waited for. */
  leave(): void;
}

const chunkBytes = 64 * 1024;
const retryMs = 10;
const readInto = promisify(read);

/** What there is on a descriptor, waiting for the first byte; nothing at its end, or when it cannot be read. */
export async function readAvailable(fd: number, mostBytes: number): Promise<Uint8Array> {
  const chunk = Buffer.alloc(mostBytes);
  for (;;) {
    try {
      const { bytesRead } = await readInto(fd, chunk, 0, mostBytes, null);
      return chunk.subarray(0, bytesRead);
    } catch (error) {
      if (!isNonBlockingError(error)) return chunk.subarray(0, 0);
      await sleep(retryMs);
    }
  }
}

/** What a user sees of it. */
export interface LinePrompts {
  /** Before each line. */
  ask(): void;
  /** The end of input, which a terminal does not show. */
  ended(): void;
}

/** Lines of an open descriptor. */
export class DescriptorLines implements CommandLines {
  readonly #fd: number;
  readonly #prompts: LinePrompts | undefined;
  #waiting = '';
  #isOver = false;

  constructor(fd: number, prompts?: LinePrompts) {
    this.#fd = fd;
    this.#prompts = prompts;
  }

  async next(): Promise<string | undefined> {
    this.#prompts?.ask();
    for (;;) {
      const end = this.#waiting.indexOf('\n');
      if (end >= 0) {
        const line = this.#waiting.slice(0, end);
        this.#waiting = this.#waiting.slice(end + 1);
        return line;
      }
      if (this.#isOver) return this.#rest();
      const bytes = await readAvailable(this.#fd, chunkBytes);
      if (bytes.length === 0) this.#isOver = true;
      this.#waiting += byteStringOf(bytes);
    }
  }

  leave(): void {
    // Nothing was done to the descriptor.
  }

  #rest(): string | undefined {
    const rest = this.#waiting;
    this.#waiting = '';
    if (rest === '') this.#prompts?.ended();
    return rest === '' ? undefined : rest;
  }
}
