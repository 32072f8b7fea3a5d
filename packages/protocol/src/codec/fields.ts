// The field kinds of RFC 4251 section 5 as values: a message is a record of them, from which come its type, its encoder
// and its decoder (struct.ts).

import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';

/** How one field is read and written. */
export interface Field<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** The value type of a field. */
export type FieldValue<F> = F extends Field<infer T> ? T : never;

const field = <T>(read: (r: Reader) => T, write: (w: Writer, value: T) => void): Field<T> => ({ read, write });

export const byte = field<number>(
  (r) => r.byte(),
  (w, value) => w.byte(value),
);
export const boolean = field<boolean>(
  (r) => r.boolean(),
  (w, value) => w.boolean(value),
);
export const uint32 = field<number>(
  (r) => r.uint32(),
  (w, value) => w.uint32(value),
);
export const uint64 = field<bigint>(
  (r) => r.uint64(),
  (w, value) => w.uint64(value),
);
/** `string` as bytes; a view of the message when read. */
export const bytes = field<Uint8Array>(
  (r) => r.string(),
  (w, value) => w.string(value),
);
/** `string` as UTF-8 text. */
export const text = field<string>(
  (r) => r.text(),
  (w, value) => w.string(value),
);
export const names = field<readonly string[]>(
  (r) => r.nameList(),
  (w, value) => w.nameList(value),
);
/** mpint as unsigned big-endian bytes without leading zeros. */
export const mpint = field<Uint8Array>(
  (r) => r.mpintBytes(),
  (w, value) => w.mpint(value),
);
/** Everything that is left, without a length. */
export const rest = field<Uint8Array>(
  (r) => r.rest(),
  (w, value) => w.raw(value),
);

/** `count` bytes without a length. */
export const fixed = (count: number): Field<Uint8Array> =>
  field(
    (r) => r.take(count),
    (w, value) => w.raw(value),
  );
