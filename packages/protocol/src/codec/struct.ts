// A struct is a record of fields in wire order; a message is a struct behind its message number. Decoding is strict:
// bytes after the last field are an error unless the last field is `rest`.

import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import type { Field, FieldValue } from './fields.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- a record of fields of any value type
export type Fields = Readonly<Record<string, Field<any>>>;

/** The value of a struct: one property a field. */
export type StructValue<F extends Fields> = { -readonly [K in keyof F]: FieldValue<F[K]> };

export interface Struct<T> extends Field<T> {
  encode(value: T): Uint8Array;
  /** @throws DecodeError */
  decode(data: Uint8Array): T;
}

export interface Message<T> extends Struct<T> {
  readonly number: number;
  readonly name: string;
}

/** The value type of a struct or message. */
export type ValueOf<S> = S extends Field<infer T> ? T : never;

function codec<T>(read: (r: Reader) => T, write: (w: Writer, value: T) => void): Struct<T> {
  return {
    read,
    write,
    encode(value) {
      const writer = new Writer();
      write(writer, value);
      return writer.bytes();
    },
    decode(data) {
      const reader = new Reader(data);
      const value = read(reader);
      reader.end();
      return value;
    },
  };
}

export function struct<F extends Fields>(fields: F): Struct<StructValue<F>> {
  const entries = Object.entries(fields);
  return codec(
    (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) value[name] = field.read(reader);
      return value as StructValue<F>;
    },
    (writer, value) => {
      for (const [name, field] of entries) field.write(writer, value[name]);
    },
  );
}

/** A struct behind its number (RFC 4253 section 6: the first byte of a payload). */
export function message<F extends Fields>(name: string, number: number, fields: F): Message<StructValue<F>> {
  const body = struct(fields);
  const whole = codec<StructValue<F>>(
    (reader) => {
      if (reader.byte() !== number) throw new DecodeError(`not a ${name} message`);
      return body.read(reader);
    },
    (writer, value) => {
      writer.byte(number);
      body.write(writer, value);
    },
  );
  return { ...whole, number, name };
}
