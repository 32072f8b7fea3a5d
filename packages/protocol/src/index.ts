// The public names of the protocol package; everything else is reached by its module's path.

export { DecodeError } from './wire/decode-error.ts';
export { Reader } from './wire/reader.ts';
export { Writer } from './wire/writer.ts';
