// A shared library that is named by its path: PKCS#11 modules, FIDO middleware, libfido2. Its code runs in this
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
    const address = this.address(name);
    return address === 0 ? undefined : functionAt(address, signature);
  }

  /** Where it is; 0 when the library does not have it. */
  address(name: string): number {
    return call('dlsym', this.#handle, cString(name));
  }
}

function lastError(path: string): string {
  const address = call('dlerror');
  return address === 0 ? `${path} cannot be loaded` : stringAt(address);
}
