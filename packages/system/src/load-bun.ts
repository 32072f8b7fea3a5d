// The loader for Bun: `bun:ffi`, which is built in. It is required at the first call (1.5 ms; `import()` would take 23
// ms), by a `require` that Node's loader and the bundler both leave alone.

import { createRequire } from 'node:module';
import type { CFunction, CSignature, CType } from './functions.ts';
import { functions, libraries } from './functions.ts';
import type { Loader, NativeFunction } from './loader.ts';

interface BunSignature {
  readonly args: readonly string[];
  readonly returns: string;
}

interface BunFfi {
  readonly CFunction: new (options: BunSignature & { readonly ptr: number }) => NativeFunction;
  dlopen(
    file: string,
    symbols: Readonly<Record<string, BunSignature>>,
  ): { readonly symbols: Readonly<Record<string, NativeFunction>> };
  ptr(bytes: Uint8Array): number;
  readonly read: { i32(address: number): number };
}

const argumentTypes: Readonly<Record<CType, string>> = {
  int: 'i32',
  uint: 'u32',
  long: 'i64',
  size: 'u64',
  offset: 'i64',
  pointer: 'ptr',
  void: 'void',
};

// The `_fast` forms answer with a number, not a BigInt, whenever the value is exact as a number.
const resultTypes: Readonly<Record<CType, string>> = {
  ...argumentTypes,
  long: 'i64_fast',
  size: 'u64_fast',
  pointer: 'u64_fast',
};

const errnoFunction = '__errno_location';

export function loadBun(): Loader {
  const ffi = createRequire(import.meta.url)('bun:ffi') as BunFfi;
  const bind = (name: string, row: CFunction): NativeFunction | undefined => {
    const symbol = signatureOf(row);
    for (const file of libraries[row.library]) {
      try {
        return ffi.dlopen(file, { [name]: symbol }).symbols[name];
      } catch {
        continue;
      }
    }
    return undefined;
  };
  const errnoAddress = bind(errnoFunction, functions[errnoFunction])?.();
  if (errnoAddress === undefined) throw new Error(`The C library of this machine has no ${errnoFunction}`);
  const functionAt = (address: number, signature: CSignature): NativeFunction =>
    new ffi.CFunction({ ptr: address, ...signatureOf(signature) });
  return { bind, functionAt, errno: () => ffi.read.i32(errnoAddress), addressOf: (bytes) => ffi.ptr(bytes) };
}

function signatureOf(signature: CSignature): BunSignature {
  return { args: signature.arguments.map((type) => argumentTypes[type]), returns: resultTypes[signature.result] };
}
