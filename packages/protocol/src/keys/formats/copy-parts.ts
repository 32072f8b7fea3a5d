// The numbers of a private key for those formats that arrange them anew. PrivateKey gives them away only in the
// encoding of openssh-key-v1, so this is a copy; it is the caller's to wipe.

import { Reader } from '../../wire/reader.ts';
import { Writer } from '../../wire/writer.ts';
import type { PrivateKey } from '../private-key.ts';
import type { AnyPrivateParts } from '../types/key-type.ts';
import { keyTypeOfName } from '../types/table.ts';

/** undefined when the key lives in a token. */
export function copyParts(key: PrivateKey): Exclude<AnyPrivateParts, { readonly application: string }> | undefined {
  if (key.securityKey !== undefined) return undefined;
  const writer = new Writer();
  key.writeTo(writer);
  const encoded = writer.bytes();
  writer.wipe();
  const reader = new Reader(encoded);
  const parts = keyTypeOfName(reader.text())?.readPrivate(reader);
  encoded.fill(0);
  return parts === undefined || 'application' in parts ? undefined : parts;
}

export function wipeParts(parts: AnyPrivateParts): void {
  for (const value of Object.values(parts)) if (value instanceof Uint8Array) value.fill(0);
}
