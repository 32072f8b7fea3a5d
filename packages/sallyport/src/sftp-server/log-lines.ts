// What sftp-server says in its log, in OpenSSH's words: tools read these lines. Names that clients give are escaped, so
// that none can forge a line.

import type { LogLevel } from '@sallyport/protocol/log/log';
import { visible, visibleBytes } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import { openFlags } from '@sallyport/protocol/sftp/packets';
import { statusDescription } from '@sallyport/protocol/sftp/status';

import { logTime } from './local-time.ts';
import type { OpenHandle } from './open-handles.ts';

const line = (level: LogLevel, text: string): LogLine => ({ level, text });
const quoted = (name: Uint8Array): string => `"${visibleBytes(name)}"`;

/** Who is served: a local user, from an address. */
export interface SftpPeer {
  readonly user: string;
  readonly address: string;
}

const flagNames = [
  ['READ', openFlags.read],
  ['WRITE', openFlags.write],
  ['APPEND', openFlags.append],
  ['CREATE', openFlags.create],
  ['TRUNCATE', openFlags.truncate],
  ['EXCL', openFlags.exclusive],
] as const;

function flagsText(flags: number): string {
  return flagNames.flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name])).join(',');
}

export const sftpLines = {
  opened: ({ user, address }: SftpPeer) =>
    line('info', `session opened for local user ${visible(user)} from [${visible(address)}]`),
  closed: ({ user, address }: SftpPeer) =>
    line('info', `session closed for local user ${visible(user)} from [${visible(address)}]`),
  version: (version: number) => line('verbose', `received client version ${version}`),
  open: (path: Uint8Array, flags: number, mode: number) =>
    line('info', `open ${quoted(path)} flags ${flagsText(flags)} mode 0${mode.toString(8)}`),
  /** `forced` at the end of a session. */
  close: (handle: OpenHandle, how?: 'forced') => {
    const what = `${how === undefined ? '' : `${how} `}close`;
    if (handle.kind === 'directory') return line('info', `${what}dir ${quoted(handle.path)}`);
    const counts = `bytes read ${handle.readBytes} written ${handle.writtenBytes}`;
    return line('info', `${what} ${quoted(handle.path)} ${counts}`);
  },
  /** A request that names one thing: `opendir "D"`, `remove name "F"`. */
  named: (level: 'info' | 'verbose', what: string, path: Uint8Array) => line(level, `${what} ${quoted(path)}`),
  mkdir: (path: Uint8Array, mode: number) => line('info', `mkdir name ${quoted(path)} mode 0${mode.toString(8)}`),
  between: (what: string, from: Uint8Array, to: Uint8Array) =>
    line('info', `${what} old ${quoted(from)} new ${quoted(to)}`),
  sentStatus: (code: number, text?: string) => line('info', `sent status ${text ?? statusDescription(code)}`),
  refusedReadOnly: (request: string) => line('verbose', `Refusing ${request} request in read-only mode`),
  refusedDenied: (request: string) => line('verbose', `Refusing denylisted ${request} request`),
  refusedNotAllowed: (request: string) => line('verbose', `Refusing non-allowlisted ${request} request`),
  readEnd: () => line('debug1', 'read eof'),
  malformed: (reason: string) => line('error', `malformed message: ${visible(reason)}`),
} as const;

/** One line for each thing that is set. */
export function settingLines(path: Uint8Array, wanted: FileAttributes): LogLine[] {
  const { size, permissions, modificationTime, uid, gid } = wanted;
  const what = `set ${quoted(path)}`;
  const lines: LogLine[] = [];
  if (size !== undefined) lines.push(line('info', `${what} size ${size}`));
  if (permissions !== undefined)
    lines.push(line('info', `${what} mode ${(permissions >>> 0).toString(8).padStart(4, '0')}`));
  if (modificationTime !== undefined) lines.push(line('info', `${what} modtime ${logTime(modificationTime)}`));
  if (uid !== undefined) lines.push(line('info', `${what} owner ${uid} group ${gid}`));
  return lines;
}
