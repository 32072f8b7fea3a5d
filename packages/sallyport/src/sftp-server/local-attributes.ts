// What the system says of a file as SFTP has it, and what SFTP sets on one: size, mode, times, owner, in OpenSSH's
// order. Each that can be set is, also when another cannot; the last failure is the one that counts.

import type { BigIntStats } from 'node:fs';

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';

import type { Steps } from './steps.ts';

/** Times wrap at 2^32 seconds, as the protocol's do. */
export function attributesOf(status: BigIntStats): FileAttributes {
  return {
    size: status.size,
    uid: Number(status.uid),
    gid: Number(status.gid),
    permissions: Number(status.mode),
    accessTime: seconds(status.atimeMs),
    modificationTime: seconds(status.mtimeMs),
  };
}

function seconds(milliseconds: bigint): number {
  return Number(BigInt.asUintN(32, milliseconds / 1000n));
}

/** How each attribute is set on one file. */
export interface AttributeSetters {
  size(bytes: bigint): Steps<void>;
  permissions(mode: number): Steps<void>;
  times(access: number, modification: number): Steps<void>;
  owner(uid: number, gid: number): Steps<void>;
}

/** File permissions with the set-ID and sticky bits. */
const settableMode = 0o7777;

export function* applyAttributes(wanted: FileAttributes, setters: AttributeSetters): Steps<void> {
  const { size, permissions, accessTime, modificationTime, uid, gid } = wanted;
  const failures: unknown[] = [];
  if (size !== undefined) yield* attempt(setters.size(size), failures);
  if (permissions !== undefined) yield* attempt(setters.permissions(permissions & settableMode), failures);
  if (accessTime !== undefined && modificationTime !== undefined)
    yield* attempt(setters.times(accessTime, modificationTime), failures);
  if (uid !== undefined && gid !== undefined) yield* attempt(setters.owner(uid, gid), failures);
  if (failures.length > 0) throw failures.at(-1);
}

function* attempt(setting: Steps<void>, failures: unknown[]): Steps<void> {
  try {
    yield* setting;
  } catch (error) {
    failures.push(error);
  }
}
