// Calls into the table of C functions. Nothing is loaded before the first call, and a function is bound when it is
// first used, so a program that needs none of this pays nothing.

import type { CSignature, FunctionName } from './functions.ts';
import { functions } from './functions.ts';
import { loadBun } from './load-bun.ts';
import { loadKoffi } from './load-koffi.ts';
import type { ArgumentsOf, Loader, NativeFunction } from './loader.ts';
import { SystemError } from './system-error.ts';

const current: { loader?: Loader } = {};
const bound = new Map<FunctionName, NativeFunction>();

function loader(): Loader {
  current.loader ??= process.versions['bun'] === undefined ? loadKoffi() : loadBun();
  return current.loader;
}

/** The function itself, for paths that cannot afford a look-up; undefined when this machine does not have it. */
export function nativeFunction<Name extends FunctionName>(
  name: Name,
): ((...args: ArgumentsOf<Name>) => number) | undefined {
  const known = bound.get(name) ?? loader().bind(name, functions[name]);
  if (known !== undefined) bound.set(name, known);
  return known;
}

/** A function that is known by its address only. */
export function functionAt(address: number, signature: CSignature): NativeFunction {
  return loader().functionAt(address, signature);
}

/** Calls a function and gives its result as it is. */
export function call<Name extends FunctionName>(name: Name, ...args: ArgumentsOf<Name>): number {
  const found = nativeFunction(name);
  if (found === undefined) throw new Error(`The C library of this machine has no ${name}`);
  return found(...args);
}

/**
 * The error number that the last call left behind. A call that the runtime makes of its own in between may fail as well
 * and leave another one (ENOMEM was seen on Node, once in some million calls): a number must not let anybody in.
 */
export function lastErrno(): number {
  return loader().errno();
}

/** Calls a function that answers -1 on failure; throws SystemError then. */
export function check<Name extends FunctionName>(name: Name, ...args: ArgumentsOf<Name>): number {
  const result = call(name, ...args);
  if (result < 0) throw new SystemError(name, lastErrno());
  return result;
}

/** Calls a function that answers with an error number (getpwnam_r, posix_spawn); throws SystemError unless it is 0. */
export function checkNumber<Name extends FunctionName>(name: Name, ...args: ArgumentsOf<Name>): void {
  const errno = call(name, ...args);
  if (errno !== 0) throw new SystemError(name, errno);
}

/**
 * Where the bytes are, for structures that hold pointers; the caller keeps the array referenced until the call is
 * over.
 */
export function addressOf(bytes: Uint8Array): number {
  return loader().addressOf(bytes);
}
