// What a server tells about a file, in the shape that applications use, and the way back for what is set on one.
// Nothing that a server tells is trusted here or made to fit.

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import { fileTypes } from '@sallyport/protocol/sftp/attributes';

export type FileType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'socket'
  | 'pipe'
  | 'character-device'
  | 'block-device'
  | 'unknown';

/** Undefined is what the server did not tell. Nothing of it is to be trusted. */
export interface FileStatus {
  readonly type: FileType;
  /** Bytes; exact up to 2^53. */
  readonly size: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The twelve bits of chmod(1). */
  readonly permissions: number | undefined;
  /** The whole `st_mode`. */
  readonly mode: number | undefined;
  /** Seconds since 1970. */
  readonly accessTime: number | undefined;
  readonly modificationTime: number | undefined;
}

/** A name of a folder with what the server told about it. */
export interface RemoteEntry extends FileStatus {
  /** As text; bytes that are no UTF-8 are lost in it. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** The server's line for people, as of `ls -l`; escape it before a terminal sees it. */
  readonly longName: Uint8Array;
}

/** What can be set; what is absent stays as it is. Uid and gid go together, and so do the two times. */
export interface FileChanges {
  readonly size?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly permissions?: number | undefined;
  /** Seconds since 1970. */
  readonly accessTime?: number | undefined;
  readonly modificationTime?: number | undefined;
}

const permissionBits = 0o7777;
const latestTime = 0xffffffff;

const typesByBits: Readonly<Record<number, FileType>> = {
  [fileTypes.regular]: 'file',
  [fileTypes.directory]: 'directory',
  [fileTypes.symlink]: 'symlink',
  [fileTypes.socket]: 'socket',
  [fileTypes.pipe]: 'pipe',
  [fileTypes.characterDevice]: 'character-device',
  [fileTypes.blockDevice]: 'block-device',
};

export function fileStatus(attributes: FileAttributes): FileStatus {
  const { size, uid, gid, permissions, accessTime, modificationTime } = attributes;
  return {
    type: typesByBits[(permissions ?? 0) & fileTypes.mask] ?? 'unknown',
    size: size === undefined ? undefined : Number(size),
    uid,
    gid,
    permissions: permissions === undefined ? undefined : permissions & permissionBits,
    mode: permissions,
    accessTime,
    modificationTime,
  };
}

/** Throws TypeError when one of a pair is missing. */
export function fileAttributes(changes: FileChanges): FileAttributes {
  const { size, uid, gid, permissions, accessTime, modificationTime } = changes;
  if ((uid === undefined) !== (gid === undefined)) throw new TypeError('uid and gid are set together');
  if ((accessTime === undefined) !== (modificationTime === undefined)) {
    throw new TypeError('accessTime and modificationTime are set together');
  }
  return {
    ...(size === undefined ? {} : { size: BigInt(size) }),
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(accessTime === undefined || modificationTime === undefined
      ? {}
      : { accessTime: wholeSeconds(accessTime), modificationTime: wholeSeconds(modificationTime) }),
  };
}

/** Version 3 has unsigned 32-bit seconds: times outside become the nearest. */
function wholeSeconds(time: number): number {
  return Math.min(Math.max(Math.floor(time), 0), latestTime);
}
