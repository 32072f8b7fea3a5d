// The packets of the file transfer protocol, version 3: draft-ietf-secsh-filexfer-02 sections 3 to 8, without the
// length in front (packet-stream.ts). The order of the fields of SYMLINK is that of OpenSSH (PROTOCOL section 4.1),
// which everybody else has taken over.

import type { Field } from '../codec/fields.ts';
import { bytes, rest, text, uint32, uint64 } from '../codec/fields.ts';
import type { ValueOf } from '../codec/struct.ts';
import { message } from '../codec/struct.ts';
import { DecodeError } from '../wire/decode-error.ts';
import type { FileAttributes } from './attributes.ts';
import { attributes } from './attributes.ts';

/** The version that both sides speak. */
export const sftpVersion = 3;

/** The largest packet behind its length that either side takes, as in OpenSSH. */
export const maximumPacketBytes = 256 * 1024;

/** The longest handle (section 6.3). */
export const maximumHandleBytes = 256;

/** Extensions that a peer may announce. */
const maximumExtensions = 1024;

/** Two lengths and the flags of the attributes are the least that a name takes. */
const leastNameBytes = 12;

/** A name of a directory; views of the packet when read. */
export interface NameEntry {
  readonly name: Uint8Array;
  /** A line as of `ls -l`, for people; it may say anything. */
  readonly longName: Uint8Array;
  readonly attributes: FileAttributes;
}

/** An announced extension: what `data` means is its own business, mostly a version in digits. */
export interface ExtensionPair {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Pairs up to the end of the packet. */
const extensionPairs: Field<readonly ExtensionPair[]> = {
  read(reader) {
    const pairs: ExtensionPair[] = [];
    while (reader.remaining > 0) {
      if (pairs.length === maximumExtensions) throw new DecodeError('too many extensions');
      pairs.push({ name: reader.text(), data: reader.string() });
    }
    return pairs;
  },
  write(writer, pairs) {
    for (const { name, data } of pairs) writer.string(name).string(data);
  },
};

/** A string that old servers leave away. */
const optionalText: Field<string> = {
  read: (reader) => (reader.remaining === 0 ? '' : reader.text()),
  write: (writer, value) => writer.string(value),
};

const nameEntries: Field<readonly NameEntry[]> = {
  read(reader) {
    const count = reader.uint32();
    if (count > reader.remaining / leastNameBytes) throw new DecodeError('more names than there is room for');
    return Array.from({ length: count }, () => ({
      name: reader.string(),
      longName: reader.string(),
      attributes: attributes.read(reader),
    }));
  },
  write(writer, entries) {
    writer.uint32(entries.length);
    for (const entry of entries) {
      writer.string(entry.name).string(entry.longName);
      attributes.write(writer, entry.attributes);
    }
  },
};

export const handleField: Field<Uint8Array> = {
  read(reader) {
    const handle = reader.string();
    if (handle.length === 0 || handle.length > maximumHandleBytes) {
      throw new DecodeError(`a handle of ${handle.length} bytes`);
    }
    return handle;
  },
  write: (writer, handle) => writer.string(handle),
};

export const init = message('SSH_FXP_INIT', 1, { version: uint32, extensions: extensionPairs });
export const version = message('SSH_FXP_VERSION', 2, { version: uint32, extensions: extensionPairs });

const id = uint32;
const path = bytes;
const handle = handleField;

/** Requests by the name of their kind; all have an id. `extended` is completed by a row of extensions.ts. */
export const requestPackets = {
  open: message('SSH_FXP_OPEN', 3, { id, path, flags: uint32, attributes }),
  close: message('SSH_FXP_CLOSE', 4, { id, handle }),
  read: message('SSH_FXP_READ', 5, { id, handle, offset: uint64, length: uint32 }),
  write: message('SSH_FXP_WRITE', 6, { id, handle, offset: uint64, data: bytes }),
  lstat: message('SSH_FXP_LSTAT', 7, { id, path }),
  fstat: message('SSH_FXP_FSTAT', 8, { id, handle }),
  setstat: message('SSH_FXP_SETSTAT', 9, { id, path, attributes }),
  fsetstat: message('SSH_FXP_FSETSTAT', 10, { id, handle, attributes }),
  opendir: message('SSH_FXP_OPENDIR', 11, { id, path }),
  readdir: message('SSH_FXP_READDIR', 12, { id, handle }),
  remove: message('SSH_FXP_REMOVE', 13, { id, path }),
  mkdir: message('SSH_FXP_MKDIR', 14, { id, path, attributes }),
  rmdir: message('SSH_FXP_RMDIR', 15, { id, path }),
  realpath: message('SSH_FXP_REALPATH', 16, { id, path }),
  stat: message('SSH_FXP_STAT', 17, { id, path }),
  rename: message('SSH_FXP_RENAME', 18, { id, from: path, to: path }),
  readlink: message('SSH_FXP_READLINK', 19, { id, path }),
  symlink: message('SSH_FXP_SYMLINK', 20, { id, target: path, link: path }),
  extended: message('SSH_FXP_EXTENDED', 200, { id, extension: text, fields: rest }),
} as const;

export type RequestName = keyof typeof requestPackets;

/** The fields of a request, its id included. */
export type RequestFields<Name extends RequestName> = ValueOf<(typeof requestPackets)[Name]>;

/** Replies by the name of their kind; the id is that of the request. */
export const replyPackets = {
  status: message('SSH_FXP_STATUS', 101, { id, code: uint32, text: optionalText, language: optionalText }),
  handle: message('SSH_FXP_HANDLE', 102, { id, handle }),
  data: message('SSH_FXP_DATA', 103, { id, data: bytes }),
  names: message('SSH_FXP_NAME', 104, { id, entries: nameEntries }),
  attributes: message('SSH_FXP_ATTRS', 105, { id, attributes }),
  extended: message('SSH_FXP_EXTENDED_REPLY', 201, { id, fields: rest }),
} as const;

export type ReplyName = keyof typeof replyPackets;

/** The fields of a reply, its id included. */
export type ReplyFields<Name extends ReplyName> = ValueOf<(typeof replyPackets)[Name]>;

/**
 * What answers a request when it succeeds. A status answers each: with code 0 where it stands here, with another when
 * the request failed.
 */
export const replyOf = {
  open: 'handle',
  close: 'status',
  read: 'data',
  write: 'status',
  lstat: 'attributes',
  fstat: 'attributes',
  setstat: 'status',
  fsetstat: 'status',
  opendir: 'handle',
  readdir: 'names',
  remove: 'status',
  mkdir: 'status',
  rmdir: 'status',
  realpath: 'names',
  stat: 'attributes',
  rename: 'status',
  readlink: 'names',
  symlink: 'status',
} as const satisfies Record<Exclude<RequestName, 'extended'>, ReplyName>;

/** Bits of the flags of OPEN (section 6.3). */
export const openFlags = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

const requestNames = new Map(
  (Object.keys(requestPackets) as RequestName[]).map((name) => [requestPackets[name].number, name]),
);
const replyNames = new Map((Object.keys(replyPackets) as ReplyName[]).map((name) => [replyPackets[name].number, name]));

/** The kind of request with this number; undefined when there is none. */
export function requestNameOf(number: number): RequestName | undefined {
  return requestNames.get(number);
}

/** The kind of reply with this number; undefined when there is none. */
export function replyNameOf(number: number): ReplyName | undefined {
  return replyNames.get(number);
}
