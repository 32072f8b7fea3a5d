// An SFTP server on any stream of bytes: a session's channel, the pipes of a process, a pair in memory. The stream is
// paused while its client asks faster than the file system answers.

import type { ByteStream } from '../driver/byte-stream.ts';
import { ProtocolError } from '../errors.ts';
import type { SftpFileSystem } from './file-system.ts';
import { sftpLines } from './log-lines.ts';
import type { SftpServerOptions } from './sftp-session.ts';
import { SftpSession } from './sftp-session.ts';

const nobody = { user: 'UNKNOWN', address: 'UNKNOWN' };

/** Requests that have come and are not worked on, in bytes: from here on the stream is paused. */
const enoughInputBytes = 1024 * 1024;

/**
 * Serves one client until it says no more, or is gone. Takes over the stream, and closes what the client left open.
 * Rejects with ProtocolError when the client breaks the protocol, and with the stream's error.
 */
export function serveSftp(stream: ByteStream, fs: SftpFileSystem, options: SftpServerOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    let waitingBytes = 0;
    const session = new SftpSession(fs, options, {
      send: (chunks) => stream.write(chunks),
      consumed: (bytes) => {
        waitingBytes -= bytes;
        if (waitingBytes < enoughInputBytes) stream.resume();
      },
      failed: (reason) => {
        options.log?.(sftpLines.badMessage(options.peer ?? nobody));
        stream.destroy();
        leave(new ProtocolError('message-malformed', `the SFTP client broke the protocol: ${reason}`));
      },
      finished: () => {
        stream.end();
        leave(undefined);
      },
    });
    const leave = (error: Error | undefined): void => {
      session.close(() => (error === undefined ? resolve() : reject(error)));
    };
    stream.onData = (chunk) => {
      waitingBytes += chunk.length;
      if (waitingBytes >= enoughInputBytes) stream.pause();
      session.receive(chunk);
    };
    stream.onEnd = () => session.endInput();
    stream.onDrain = () => session.drained();
    stream.onTaken = (chunk) => session.taken(chunk);
    stream.onClose = leave;
    stream.resume();
  });
}
