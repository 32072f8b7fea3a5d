// EXT_INFO (RFC 8308 section 2.3): name and value pairs, both ways. When it may come is in transport.ts, what an
// extension means is its reader's business.

import { extensionInfo } from '../messages/transport.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { maximumExtensions } from './limits.ts';

export function encodeExtensionInfo(extensions: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const writer = new Writer();
  for (const [name, value] of extensions) writer.string(name).string(value);
  return extensionInfo.encode({ count: extensions.size, extensions: writer.bytes() });
}

/** Values are copies; of a repeated name the first counts. @throws DecodeError */
export function decodeExtensionInfo(payload: Uint8Array): Map<string, Uint8Array> {
  const { count, extensions } = extensionInfo.decode(payload);
  if (count > maximumExtensions) throw new DecodeError('too many extensions');
  const reader = new Reader(extensions);
  const found = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const name = reader.text();
    const value = reader.string().slice();
    if (!found.has(name)) found.set(name, value);
  }
  reader.end();
  return found;
}
