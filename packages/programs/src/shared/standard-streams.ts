// The three standard streams of a short program, synchronously: what was written is with the system when the call
// returns, so that a program may leave at any time. Programs that carry a session's bytes use streams instead.

import { readSync, writeSync } from 'node:fs';
import { isNonBlockingError, pauseMilliseconds } from './waiting.ts';

const lineLimitBytes = 8192;

export function writeOut(text: string | Uint8Array): void {
  writeAll(1, text);
}

export function writeError(text: string | Uint8Array): void {
  writeAll(2, text);
}

/** Nobody reads any more: what remains is dropped, as the program would have ended by SIGPIPE. */
function writeAll(fd: number, text: string | Uint8Array): void {
  let rest = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!isNonBlockingError(error)) return;
      pauseMilliseconds(1);
    }
  }
}

/**
 * One line of stdin without its line end, at most 8 KiB; undefined at the end of input. Reads no byte beyond the line,
 * so that whoever reads next finds it.
 */
export function readLine(): Uint8Array | undefined {
  const line = Buffer.alloc(lineLimitBytes);
  const byte = Buffer.alloc(1);
  let length = 0;
  while (length < lineLimitBytes) {
    if (!readInto(0, byte)) {
      if (length === 0) return undefined;
      break;
    }
    if (byte[0] === 0x0a) break;
    line[length++] = byte[0] as number;
  }
  const found = Uint8Array.from(line.subarray(0, length));
  line.fill(0);
  return found;
}

/** Everything that is left on stdin. */
export function readRest(): Uint8Array {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const count = readInto(0, chunk);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
  }
}

/** So many bytes of stdin and none beyond; undefined when it ends before. */
export function readExactly(count: number): Uint8Array | undefined {
  const room = Buffer.alloc(count);
  for (let length = 0; length < count; ) {
    const more = readInto(0, room.subarray(length));
    if (more === 0) return undefined;
    length += more;
  }
  return room;
}

/** Waits for input; 0 at its end, and when stdin cannot be read. */
function readInto(fd: number, target: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, target);
    } catch (error) {
      if (!isNonBlockingError(error)) return 0;
      pauseMilliseconds(10);
    }
  }
}
