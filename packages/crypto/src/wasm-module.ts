// Turns the embedded bytes of a WebAssembly module into its exports, synchronously: the modules have a few kilobytes.
// The compiler's library for this package does not declare WebAssembly, so the three names used are declared here.

import { Buffer } from 'node:buffer';

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** A linear memory; `buffer` is another object after every growth. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** The exports of a module without imports; the caller knows their types. */
export function instantiate(base64: string): object {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  return new Instance(new Module(Buffer.from(base64, 'base64')), {}).exports;
}
