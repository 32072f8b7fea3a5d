// What a loader of C functions offers; `load-bun.ts` and `load-koffi.ts` are the two that exist. And the types that
// turn a row of the table into the parameters of a function.

import type { CFunction, CSignature, CType, FunctionName, functions } from './functions.ts';

/** A pointer argument: memory of ours, an address, or null. */
export type Pointer = Uint8Array | number | null;

export type CValue = number | bigint | Uint8Array | null;

export type NativeFunction = (...args: readonly CValue[]) => number;

export interface Loader {
  /** undefined when the library or the function is not on this machine. */
  readonly bind: (name: string, row: CFunction) => NativeFunction | undefined;
  /** A function of a library that is loaded by its path, which has its address from dlsym(3) or a table of its own. */
  readonly functionAt: (address: number, signature: CSignature) => NativeFunction;
  /** The error number of the calling thread; ask directly after the call. */
  readonly errno: () => number;
  /** Where the bytes are; valid as long as the array is referenced. */
  readonly addressOf: (bytes: Uint8Array) => number;
}

type ArgumentOf<Type extends CType> = Type extends 'pointer' ? Pointer : Type extends 'offset' ? bigint : number;

/** The parameters of a function with these types. */
export type ArgumentsFor<Types extends readonly CType[]> = {
  readonly [Index in keyof Types]: ArgumentOf<Types[Index]>;
};

/** The parameters of a function of the table. */
export type ArgumentsOf<Name extends FunctionName> = ArgumentsFor<(typeof functions)[Name]['arguments']>;
