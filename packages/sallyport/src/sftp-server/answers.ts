// What a request is answered with, and what an error of a file system means to a client: the codes that OpenSSH's
// sftp-server gives for the errors of the system.

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import type { NameEntry } from '@sallyport/protocol/sftp/packets';
import { statusCodes } from '@sallyport/protocol/sftp/status';

import { codeOf } from './file-error.ts';

export type Answer =
  | { readonly kind: 'status'; readonly code: number; readonly text?: string }
  | { readonly kind: 'handle'; readonly handle: Uint8Array }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'names'; readonly entries: readonly NameEntry[] }
  | { readonly kind: 'attributes'; readonly attributes: FileAttributes }
  | { readonly kind: 'extended'; readonly fields: Uint8Array };

export function status(code: number, text?: string): Answer {
  return text === undefined ? { kind: 'status', code } : { kind: 'status', code, text };
}

export const ok = status(statusCodes.ok);
export const endOfFile = status(statusCodes.endOfFile);
export const failure = status(statusCodes.failure);
export const permissionDenied = status(statusCodes.permissionDenied);
export const unsupported = status(statusCodes.operationUnsupported);

/** One name, as REALPATH and READLINK are answered. */
export function oneName(name: Uint8Array): Answer {
  return { kind: 'names', entries: [{ name, longName: name, attributes: {} }] };
}

const codes: Readonly<Record<string, number>> = {
  ENOENT: statusCodes.noSuchFile,
  ENOTDIR: statusCodes.noSuchFile,
  EBADF: statusCodes.noSuchFile,
  ELOOP: statusCodes.noSuchFile,
  EPERM: statusCodes.permissionDenied,
  EACCES: statusCodes.permissionDenied,
  EFAULT: statusCodes.permissionDenied,
  ENAMETOOLONG: statusCodes.badMessage,
  EINVAL: statusCodes.badMessage,
  ENOSYS: statusCodes.operationUnsupported,
};

export function answerOfError(error: unknown): Answer {
  const code = codeOf(error);
  return status(Object.hasOwn(codes, code) ? (codes[code] as number) : statusCodes.failure);
}
