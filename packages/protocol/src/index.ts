// The public names of the protocol package; everything else is reached by its module's path.

export type { CryptoProvider } from './algorithms/crypto-provider.ts';
export type { Engine, PayloadEngine } from './engine.ts';
export type { FailureCode, FailureKind } from './failure/catalogue.ts';
export type { Failure } from './failure/failure.ts';
export { DecodeError } from './wire/decode-error.ts';
export { Reader } from './wire/reader.ts';
export { Writer } from './wire/writer.ts';
