// What a client of SFTP does, in the lines that `sftp -v` and `scp -v` show: the server's greeting and limits, each
// request about a path, and refusals. Blocks of files are not among them: there is one for every 255 KiB.

import type { LogLevel } from '@sallyport/protocol/log/log';
import { visible, visibleBytes } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { LimitFields } from '@sallyport/protocol/sftp/extensions';
import { extensionTable } from '@sallyport/protocol/sftp/extensions';
import { requestPackets } from '@sallyport/protocol/sftp/packets';

import type { SftpError, SftpSubject } from './sftp-error.ts';
import type { SftpLimits } from './sftp-limits.ts';

const line = (level: LogLevel, text: string): LogLine => ({ level, text });
const known: ReadonlySet<string> = new Set(Object.values(extensionTable).map(({ name }) => name));
/** Requests with a number of their own (draft-ietf-secsh-filexfer-02 section 3); all others are extensions. */
const plain: ReadonlySet<string> = new Set(Object.keys(requestPackets));

function request({ operation, path }: SftpSubject): string {
  const name = plain.has(operation) ? operation.toUpperCase() : `EXTENDED(${operation})`;
  return `SSH2_FXP_${name}${path.length === 0 ? '' : ` "${visibleBytes(path)}"`}`;
}

export const debugLines = {
  version: () => line('debug2', 'Remote version: 3'),
  extension: (name: string, data: Uint8Array) => {
    if (!known.has(name)) return line('debug2', `Unrecognised server extension "${visible(name)}"`);
    return line('debug2', `Server supports extension "${name}" revision ${visibleBytes(data)}`);
  },
  limits: (told: LimitFields, { readBytes, writeBytes, openHandles }: SftpLimits) => [
    line(
      'debug3',
      `server upload/download buffer sizes ${told.writeBytes} / ${told.readBytes}; using ${writeBytes} / ${readBytes}`,
    ),
    line('debug3', `server handle limit ${told.openHandles}; using ${openHandles}`),
  ],
  sending: (subject: SftpSubject) => line('debug2', `Sending ${request(subject)}`),
  sent: (id: number) => line('debug3', `Sent message I:${id}`),
  refused: (error: SftpError) =>
    line('debug1', `${error.operation} "${visibleBytes(error.pathBytes)}": ${error.reason}`),
} as const;
