// What is told about a file and set on it (draft-ietf-secsh-filexfer-02 section 5): a set of flags, then the fields
// that they announce. Unknown flags are refused, since what follows them could not be read.

import type { Field } from '../codec/fields.ts';
import { DecodeError } from '../wire/decode-error.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';

/** Every field may be absent. `uid` and `gid` come together, and so do the two times: one alone is not written. */
export interface FileAttributes {
  /** Bytes, as an unsigned 64-bit number. */
  readonly size?: bigint;
  readonly uid?: number;
  readonly gid?: number;
  /** `st_mode` with the bits of the file's type, where the sender knows them. */
  readonly permissions?: number;
  /** Seconds since 1970, unsigned 32-bit. */
  readonly accessTime?: number;
  readonly modificationTime?: number;
  readonly extended?: readonly ExtendedAttribute[];
}

export interface ExtendedAttribute {
  readonly type: Uint8Array;
  readonly data: Uint8Array;
}

/** Bits of the flags word. */
const flag = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const;
const knownFlags = (flag.size | flag.owner | flag.permissions | flag.times | flag.extended) >>> 0;

/** Two lengths are the least that an extended attribute takes. */
const leastExtendedBytes = 8;

/** The bits of `permissions` that say what a file is (`S_IFMT` and its values). */
export const fileTypes = {
  mask: 0o170000,
  socket: 0o140000,
  symlink: 0o120000,
  regular: 0o100000,
  blockDevice: 0o060000,
  directory: 0o040000,
  characterDevice: 0o020000,
  pipe: 0o010000,
} as const;

export const attributes: Field<FileAttributes> = { read: readAttributes, write: writeAttributes };

function readAttributes(reader: Reader): FileAttributes {
  const flags = reader.uint32();
  if ((flags & ~knownFlags) !== 0) throw new DecodeError('unknown flags of file attributes');
  const value: { -readonly [K in keyof FileAttributes]: FileAttributes[K] } = {};
  if ((flags & flag.size) !== 0) value.size = reader.uint64();
  if ((flags & flag.owner) !== 0) {
    value.uid = reader.uint32();
    value.gid = reader.uint32();
  }
  if ((flags & flag.permissions) !== 0) value.permissions = reader.uint32();
  if ((flags & flag.times) !== 0) {
    value.accessTime = reader.uint32();
    value.modificationTime = reader.uint32();
  }
  if ((flags & flag.extended) !== 0) value.extended = readExtended(reader);
  return value;
}

function readExtended(reader: Reader): ExtendedAttribute[] {
  const count = reader.uint32();
  if (count > reader.remaining / leastExtendedBytes) throw new DecodeError('too many extended attributes');
  return Array.from({ length: count }, () => ({ type: reader.string(), data: reader.string() }));
}

function writeAttributes(writer: Writer, value: FileAttributes): void {
  const { size, uid, gid, permissions, accessTime, modificationTime, extended } = value;
  const hasOwner = uid !== undefined && gid !== undefined;
  const hasTimes = accessTime !== undefined && modificationTime !== undefined;
  let flags = 0;
  if (size !== undefined) flags |= flag.size;
  if (hasOwner) flags |= flag.owner;
  if (permissions !== undefined) flags |= flag.permissions;
  if (hasTimes) flags |= flag.times;
  if (extended !== undefined) flags |= flag.extended;
  writer.uint32(flags);
  if (size !== undefined) writer.uint64(size);
  if (hasOwner) writer.uint32(uid).uint32(gid);
  if (permissions !== undefined) writer.uint32(permissions);
  if (hasTimes) writer.uint32(accessTime).uint32(modificationTime);
  if (extended === undefined) return;
  writer.uint32(extended.length);
  for (const { type, data } of extended) writer.string(type).string(data);
}
