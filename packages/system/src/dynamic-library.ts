// A shared library that the user names by its path: PKCS#11 modules and FIDO middleware. Its code runs in this
// process with all rights of it, so only helper processes open one, never a program that holds keys. Nothing is ever
// unloaded.

import type { CSignature } from './functions.ts';
import { call, functionAt, nativeFunction } from './libc.ts';
import type { NativeFunction } from './loader.ts';
import { cString, stringAt } from './memory.ts';

const bindAllNow = 2;

export class DynamicLibrary {
  readonly #handle: number;

  /** Runs the constructors of the library. @throws Error with the words of dlerror(3) */
  constructor(path: string) {
    // Binding a function would overwrite the words of the error.
    for (const name of ['dlerror', 'strlen', 'memcpy'] as const) nativeFunction(name);
    this.#handle = call('dlopen', cString(path), bindAllNow);
    if (this.#handle === 0) throw new Error(lastError(path));
  }

  /** undefined when the library does not have it. */
  find(name: string, signature: CSignature): NativeFunction | undefined {
    const address = call('dlsym', this.#handle, cString(name));
    return address === 0 ? undefined : functionAt(address, signature);
  }
}

function lastError(path: string): string {
  const address = call('dlerror');
  return address === 0 ? `${path} cannot be loaded` : stringAt(address);
}
