// The loader for Node: the package koffi, prebuilt for every platform that we run on. It is required at the first call
// (it costs 15 to 30 ms).

import { createRequire } from 'node:module';
import type { CFunction, CSignature, CType } from './functions.ts';
import { libraries } from './functions.ts';
import type { Loader, NativeFunction } from './loader.ts';

interface KoffiLibrary {
  func(name: string, result: string, args: readonly string[]): (...args: readonly unknown[]) => unknown;
}

interface Koffi {
  proto(name: string, result: string, args: readonly string[]): unknown;
  call(address: bigint, type: unknown, ...args: readonly unknown[]): unknown;
  load(file: string): KoffiLibrary;
  errno(): number;
  address(bytes: Uint8Array): bigint;
}

const argumentTypes: Readonly<Record<CType, string>> = {
  int: 'int',
  uint: 'unsigned int',
  long: 'long',
  size: 'size_t',
  offset: 'int64_t',
  pointer: 'void *',
  void: 'void',
};

const resultTypes: Readonly<Record<CType, string>> = { ...argumentTypes, pointer: 'uintptr_t' };

export function loadKoffi(): Loader {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const opened = new Map<string, KoffiLibrary>();
  const open = (file: string): KoffiLibrary => {
    const library = opened.get(file) ?? koffi.load(file);
    opened.set(file, library);
    return library;
  };
  const bind = (name: string, row: CFunction): NativeFunction | undefined => {
    const types = row.arguments.map((type) => argumentTypes[type]);
    for (const file of libraries[row.library]) {
      try {
        return open(file).func(name, resultTypes[row.result], types) as NativeFunction;
      } catch {
        continue;
      }
    }
    return undefined;
  };
  const types = new Map<string, unknown>();
  const functionAt = (address: number, signature: CSignature): NativeFunction => {
    const args = signature.arguments.map((type) => argumentTypes[type]);
    const name = ['function', signature.result, ...signature.arguments].join('_');
    const type = types.get(name) ?? koffi.proto(name, resultTypes[signature.result], args);
    types.set(name, type);
    return (...values) => koffi.call(BigInt(address), type, ...values) as number;
  };
  return { bind, functionAt, errno: () => koffi.errno(), addressOf: (bytes) => Number(koffi.address(bytes)) };
}
