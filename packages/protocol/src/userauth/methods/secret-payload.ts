// Encodes a message that carries a secret, without leaving copies of it behind: the buffer it grew in and the field it
// was made of are overwritten. The payload itself is the caller's to wipe.

import type { Message } from '../../codec/struct.ts';
import { Writer } from '../../wire/writer.ts';

export function secretPayload<T>(message: Message<T>, value: T, secretField: Uint8Array): Uint8Array {
  const writer = new Writer();
  message.write(writer, value);
  const payload = writer.bytes();
  writer.wipe();
  secretField.fill(0);
  return payload;
}
