// The command line that `ps` shows. Both runtimes' process.title is cut to the length of the arguments or has no
// effect, so the title is written over the arguments and, as setproctitle(3) does it elsewhere, over the environment
// behind them.

import { readFileSync } from 'node:fs';
import { call, check } from './libc.ts';
import { cString } from './memory.ts';

/** Memory of the kernel's making: the arguments, and directly behind them the environment. */
interface TitleArea {
  readonly address: number;
  readonly bytes: number;
}

const known: { area?: TitleArea } = {};

/**
 * Shows a title instead of the arguments; longer than the room there is, it is cut. Call it when the arguments are
 * read.
 */
export function setProcessTitle(title: string): void {
  known.area ??= prepareArea();
  const { address, bytes } = known.area;
  const text = Buffer.from(title, 'utf8').subarray(0, bytes - 1);
  call('memset', address, 0, bytes);
  call('memcpy', address, text, text.length);
}

// proc(5), /proc/pid/stat: fields 48 to 51 are arg_start, arg_end, env_start and env_end; the first field behind the
// program's name, which may hold any character, is number 3.
function prepareArea(): TitleArea {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [argumentsStart, argumentsEnd, environmentStart, environmentEnd] = fields.slice(45, 49) as [
    number,
    number,
    number,
    number,
  ];
  moveEnvironment();
  const end = environmentStart === argumentsEnd ? environmentEnd : argumentsEnd;
  return { address: argumentsStart, bytes: end - argumentsStart };
}

/** Gives the C library, and with it Node's process.env, copies of all variables that are not in the way. */
function moveEnvironment(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name !== '' && value !== undefined) check('setenv', cString(name), cString(value), 1);
  }
}
