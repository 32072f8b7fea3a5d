// One line from the user's terminal, with what is typed shown or not. A signal that ends or stops the program meanwhile
// finds the terminal as it was before; after a stop the question is asked again. Line editing is the terminal's.

import { closeSync, constants, openSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { hideEcho } from '@sallyport/system/terminal-echo';
import { readLine, writeError } from './standard-streams.ts';

const maximumLineBytes = 1023;
const endingSignals = ['SIGALRM', 'SIGHUP', 'SIGINT', 'SIGPIPE', 'SIGQUIT', 'SIGTERM'] as const;
const stoppingSignals = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;
const readInto = promisify(read);

export interface LineOptions {
  /** Whether what is typed is shown. */
  readonly echo: boolean;
  /** Without a terminal the line comes from stdin and the prompt goes to stderr. */
  readonly mayUseStandardInput: boolean;
}

/** Whether there is a terminal to ask on, whatever stdin is. */
export function hasTerminal(): boolean {
  const fd = openTerminal();
  if (fd !== undefined) closeSync(fd);
  return fd !== undefined;
}

/** The line's bytes without its end, at most 1023; undefined when nothing can be read. */
export async function readTerminalLine(prompt: string, options: LineOptions): Promise<Uint8Array | undefined> {
  const fd = openTerminal();
  if (fd !== undefined) {
    try {
      return await askOn(fd, options.mayUseStandardInput ? prompt : `\r${prompt}`, options.echo);
    } catch {
      return undefined;
    } finally {
      closeSync(fd);
    }
  }
  if (!options.mayUseStandardInput) return undefined;
  writeError(prompt);
  return readLine()?.slice(0, maximumLineBytes);
}

function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

async function askOn(fd: number, prompt: string, echo: boolean): Promise<Uint8Array> {
  let restore: (() => void) | undefined;
  const ask = (): void => {
    for (const signal of [...endingSignals, ...stoppingSignals]) process.on(signal, onSignal);
    restore = echo ? undefined : hideEcho(fd);
    writeSync(fd, prompt);
  };
  const settle = (): void => {
    for (const signal of [...endingSignals, ...stoppingSignals]) process.off(signal, onSignal);
    restore?.();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    settle();
    process.kill(process.pid, signal);
    if (stoppingSignals.some((stopping) => stopping === signal)) ask();
  };
  ask();
  try {
    const line = await readToLineEnd(fd);
    if (!echo) writeSync(fd, '\n');
    return line;
  } finally {
    settle();
  }
}

/** Reads to the end of the line even where it is too long, so that nobody takes its rest for an answer. */
async function readToLineEnd(fd: number): Promise<Uint8Array> {
  const line = Buffer.alloc(maximumLineBytes);
  const chunk = Buffer.alloc(4096);
  let length = 0;
  for (;;) {
    const { bytesRead } = await readInto(fd, chunk, 0, chunk.length, null);
    const end = chunk.subarray(0, bytesRead).findIndex((byte) => byte === 0x0a || byte === 0x0d);
    length += chunk.copy(line, length, 0, end < 0 ? bytesRead : end);
    if (end < 0 && bytesRead > 0) continue;
    const found = Uint8Array.from(line.subarray(0, length));
    line.fill(0);
    chunk.fill(0);
    return found;
  }
}
