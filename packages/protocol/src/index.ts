// The public names of the protocol package, for those who embed it; inside the workspace a module is imported by its
// own path. Gathers names and defines none.

export type { CryptoProvider } from './algorithms/crypto-provider.ts';
export type { Engine, PayloadEngine } from './engine.ts';
export type { FailureCode, FailureKind } from './failure/catalogue.ts';
export type { Failure } from './failure/failure.ts';
export { DecodeError } from './wire/decode-error.ts';
export { Reader } from './wire/reader.ts';
export { Writer } from './wire/writer.ts';
