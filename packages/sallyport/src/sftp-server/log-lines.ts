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

/** Of names that may be anything. */
const maximumNameLength = 100;

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
  sentStatus: (code: number) => line('info', `sent status ${statusDescription(code)}`),
  dataFailed: (what: 'read' | 'write', path: Uint8Array, reason: string) =>
    line('error', `process_${what}: ${what} ${quoted(path)}: ${reason}`),
  noSuchUser: (user: Uint8Array) => line('error', `tilde_expand: No such user ${visibleBytes(user)}`),
  refusedReadOnly: (request: string) => line('verbose', `Refusing ${request} request in read-only mode`),
  refusedDenied: (request: string) => line('verbose', `Refusing denylisted ${request} request`),
  refusedNotAllowed: (request: string) => line('verbose', `Refusing non-allowlisted ${request} request`),
  unknownExtension: (name: string) =>
    line('error', `Unknown extended request "${visible(name.slice(0, maximumNameLength))}"`),
  unknownPacket: (number: number) => line('error', `Unknown message ${number}`),
  idsAsked: (users: number, groups: number) => line('verbose', `users-groups-by-id: ${users} users, ${groups} groups`),
  readEnd: () => line('debug1', 'read eof'),
  badMessage: ({ user, address }: SftpPeer) =>
    line('error', `bad message from ${visible(address)} local user ${visible(user)}`),
} as const;

/** Says one line for each thing that is set. */
export function settingLines(
  path: Uint8Array,
  wanted: FileAttributes,
  log: ((line: LogLine) => void) | undefined,
): void {
  if (log === undefined) return;
  const { size, permissions, modificationTime, uid, gid } = wanted;
  const say = (what: string): void => log(line('info', `set ${quoted(path)} ${what}`));
  if (size !== undefined) say(`size ${size}`);
  if (permissions !== undefined) say(`mode ${(permissions >>> 0).toString(8).padStart(4, '0')}`);
  if (modificationTime !== undefined) say(`modtime ${logTime(modificationTime)}`);
  if (uid !== undefined) say(`owner ${uid} group ${gid}`);
}
