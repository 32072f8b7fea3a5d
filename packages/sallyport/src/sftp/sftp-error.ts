// What goes wrong with a file: an operation on a path, at the server or here. The code says what a program may act on;
// texts of the server are shown escaped and never acted on.

import { visible } from '@sallyport/protocol/log/log';
import { statusDescription, statusName } from '@sallyport/protocol/sftp/status';

import type { SftpErrorCode } from '../errors.ts';
import { SshError } from '../errors.ts';
import { pathText } from './names.ts';

/** What was done to which file. */
export interface SftpSubject {
  /** The operation in small letters, such as `open`, `read` or `posix-rename`; `local open` for a file of ours. */
  readonly operation: string;
  readonly path: Uint8Array;
}

/** An operation on a file failed. */
export class SftpError extends SshError {
  declare readonly code: SftpErrorCode;
  readonly operation: string;
  /** The path as text; bytes that are no UTF-8 are lost in it. */
  readonly path: string;
  readonly pathBytes: Uint8Array;
  /** The server's status; undefined when the server did not refuse. */
  readonly status: number | undefined;
  /** One sentence for people, without operation and path. */
  readonly reason: string;
  /** The server's own words, escaped, where they are other than those of its status. */
  readonly said: string | undefined;

  constructor(
    code: SftpErrorCode,
    subject: SftpSubject,
    details: ErrorOptions & { readonly reason: string; readonly status?: number; readonly said?: string },
  ) {
    const { reason, status, said, ...options } = details;
    super(code, `${subject.operation} "${visible(pathText(subject.path))}": ${reason}`, options);
    this.operation = subject.operation;
    this.pathBytes = subject.path;
    this.path = pathText(subject.path);
    this.status = status;
    this.reason = reason;
    this.said = said;
  }
}

/** No file has a NUL in its path, and servers end the session for one: such a request is refused here. */
export function pathProblem(subject: SftpSubject): SftpError | undefined {
  if (!subject.path.includes(0)) return undefined;
  return new SftpError('no-such-file', subject, { reason: 'a path with a NUL in it' });
}

/** Characters of a server's text that are shown. */
const maximumTextLength = 256;

/** The error for a status other than 0. */
export function statusError(subject: SftpSubject, status: { readonly code: number; readonly text: string }): SftpError {
  const { code, text } = status;
  const name = statusName(code);
  const description = statusDescription(code);
  const said = visible(text.slice(0, maximumTextLength));
  const refusal = name === 'ok' ? 'failure' : name;
  const isMore = said !== '' && said !== description;
  const details = isMore ? { reason: `${description} (${said})`, said } : { reason: description };
  return new SftpError(refusal, subject, { ...details, status: code });
}

/** The error for an operation of ours that failed. */
export function localError(operation: string, path: Uint8Array, cause: unknown): SftpError {
  const reason = visible(cause instanceof Error ? cause.message : String(cause));
  return new SftpError('local-failed', { operation: `local ${operation}`, path }, { reason, cause });
}
