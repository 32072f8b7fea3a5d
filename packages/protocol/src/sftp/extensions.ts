// The extensions of OpenSSH 10.5, one row each: name and version as VERSION announces them, the fields of the request
// behind its name, and what answers it (PROTOCOL section 4; copy-data and home-directory are of
// draft-ietf-secsh-filexfer-extensions-00).

import type { Field } from '../codec/fields.ts';
import { bytes, uint32, uint64 } from '../codec/fields.ts';
import type { ValueOf } from '../codec/struct.ts';
import { struct } from '../codec/struct.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { attributes } from './attributes.ts';
import type { ReplyName } from './packets.ts';
import { handleField as handle } from './packets.ts';

const path = bytes;

/** The answer to statvfs and fstatvfs: sizes in blocks of `fragmentBytes`. */
export const fileSystemFields = struct({
  blockBytes: uint64,
  fragmentBytes: uint64,
  blocks: uint64,
  freeBlocks: uint64,
  availableBlocks: uint64,
  files: uint64,
  freeFiles: uint64,
  availableFiles: uint64,
  id: uint64,
  flags: uint64,
  maximumNameBytes: uint64,
});
export type FileSystemFields = ValueOf<typeof fileSystemFields>;

/** Bits of FileSystemFields.flags. */
export const fileSystemFlags = { readOnly: 1n, noSetuid: 2n } as const;

/** The answer to limits: 0 where there is no limit that the server knows. */
export const limitFields = struct({
  packetBytes: uint64,
  readBytes: uint64,
  writeBytes: uint64,
  openHandles: uint64,
});
export type LimitFields = ValueOf<typeof limitFields>;

/** Values one after the other in a string of their own. */
function packed<T>(item: Field<T>): Field<readonly T[]> {
  return {
    read(reader) {
      const inner = new Reader(reader.string());
      const values: T[] = [];
      while (inner.remaining > 0) values.push(item.read(inner));
      return values;
    },
    write(writer, values) {
      const inner = new Writer();
      for (const value of values) item.write(inner, value);
      writer.string(inner.bytes());
    },
  };
}

const idLists = struct({ users: packed(uint32), groups: packed(uint32) });
/** The answer to users-groups-by-id: a name for each number that was asked for, empty when there is none. */
export const nameLists = struct({ users: packed(bytes), groups: packed(bytes) });

const two = struct({ from: path, to: path });

export const extensionTable = {
  posixRename: { name: 'posix-rename@openssh.com', version: '1', request: two, reply: 'status' },
  statvfs: { name: 'statvfs@openssh.com', version: '2', request: struct({ path }), reply: 'extended' },
  fstatvfs: { name: 'fstatvfs@openssh.com', version: '2', request: struct({ handle }), reply: 'extended' },
  hardlink: { name: 'hardlink@openssh.com', version: '1', request: two, reply: 'status' },
  fsync: { name: 'fsync@openssh.com', version: '1', request: struct({ handle }), reply: 'status' },
  lsetstat: { name: 'lsetstat@openssh.com', version: '1', request: struct({ path, attributes }), reply: 'status' },
  limits: { name: 'limits@openssh.com', version: '1', request: struct({}), reply: 'extended' },
  expandPath: { name: 'expand-path@openssh.com', version: '1', request: struct({ path }), reply: 'names' },
  copyData: {
    name: 'copy-data',
    version: '1',
    // A length of 0 is everything up to the end.
    request: struct({
      readHandle: handle,
      readOffset: uint64,
      length: uint64,
      writeHandle: handle,
      writeOffset: uint64,
    }),
    reply: 'status',
  },
  homeDirectory: { name: 'home-directory', version: '1', request: struct({ user: bytes }), reply: 'names' },
  usersGroupsById: {
    name: 'users-groups-by-id@openssh.com',
    version: '1',
    request: idLists,
    reply: 'extended',
  },
} as const satisfies Readonly<Record<string, ExtensionRow>>;

interface ExtensionRow {
  readonly name: string;
  readonly version: string;
  readonly request: { encode(value: never): Uint8Array; decode(data: Uint8Array): unknown };
  readonly reply: ReplyName;
}

export type ExtensionKey = keyof typeof extensionTable;

/** The fields of the request of an extension. */
export type ExtensionFields<Key extends ExtensionKey> = ValueOf<(typeof extensionTable)[Key]['request']>;

/** The extension with this name; undefined when it is not ours. */
export function extensionKeyOf(name: string): ExtensionKey | undefined {
  return keysByName.get(name);
}

const keysByName: ReadonlyMap<string, ExtensionKey> = new Map(
  (Object.keys(extensionTable) as ExtensionKey[]).map((key) => [extensionTable[key].name, key]),
);
