// What is said between ssh-sk-helper and the programs that start it, framed as agent messages are. Each request is
// answered by the message of the same name or by a failure with the number that the middleware gave (sk-api.h).

import { boolean, byte, bytes, type Field, text, uint32 } from '@sallyport/protocol/codec/fields';
import { message, struct } from '@sallyport/protocol/codec/struct';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { Reader } from '@sallyport/protocol/wire/reader';
import type { Writer } from '@sallyport/protocol/wire/writer';

const maximumItems = 1024;

/** A count and that many items. */
function listOf<T>(item: Field<T>): Field<readonly T[]> {
  return {
    read(reader: Reader) {
      const count = reader.uint32();
      if (count > maximumItems) throw new DecodeError('list of a security key is too long');
      return Array.from({ length: count }, () => item.read(reader));
    },
    write(writer: Writer, items: readonly T[]) {
      writer.uint32(items.length);
      for (const one of items) item.write(writer, one);
    },
  };
}

const options = listOf(struct({ name: text, value: text, required: boolean }));

export const enrollRequest = message('ENROLL', 1, {
  provider: text,
  algorithm: text,
  challenge: bytes,
  application: text,
  flags: byte,
  pin: text,
  options,
});
export const enrolled = message('ENROLLED', 2, {
  flags: byte,
  publicKey: bytes,
  keyHandle: bytes,
  signature: bytes,
  attestationCertificate: bytes,
  authenticatorData: bytes,
});
export const signRequest = message('SIGN', 3, {
  provider: text,
  algorithm: text,
  data: bytes,
  application: text,
  keyHandle: bytes,
  flags: byte,
  pin: text,
  options,
});
export const signed = message('SIGNED', 4, { flags: byte, counter: uint32, r: bytes, s: bytes });
export const loadRequest = message('LOAD', 5, { provider: text, pin: text, options });
export const loaded = message('LOADED', 6, {
  keys: listOf(
    struct({ algorithm: text, application: text, flags: byte, userId: bytes, publicKey: bytes, keyHandle: bytes }),
  ),
});
/** `code`: 0 when the middleware could not be used at all, else the negative number that it gave, without its sign. */
export const failed = message('FAILED', 7, { code: uint32, reason: text });
