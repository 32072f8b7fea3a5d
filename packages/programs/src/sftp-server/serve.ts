// Serves one client on standard input and output, one request at a time and by blocking calls. What of the command line
// concerns the whole process (-d, -u) has been done.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { accountById } from '@sallyport/system/accounts';
import type { SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { isLogged } from 'sallyport/sftp-server/command-line';
import { localFileSystem } from 'sallyport/sftp-server/local-file-system';
import type { SftpPeer } from 'sallyport/sftp-server/log-lines';
import { sftpLines } from 'sallyport/sftp-server/log-lines';
import { SftpSession } from 'sallyport/sftp-server/sftp-session';
import { reasonOf } from '../shared/failure-reason.ts';
import { readChunk, writeChunks } from './descriptor-io.ts';
import { messages } from './messages.ts';
import { maximumHandles, ownFolder } from './own-process.ts';

const lostDescriptor = 1;
const brokenProtocol = 11;

const readBytes = 512 * 1024;

/** Returns the exit status when the client is gone. */
export function serve(line: SftpServerCommandLine, log: (entry: LogLine) => void): number {
  const files = localFileSystem({ blocking: true, start: ownFolder() });
  const state: { status: number | undefined } = { status: undefined };
  const session: SftpSession = new SftpSession(
    files,
    {
      ...line,
      blocking: true,
      maximumHandles: maximumHandles(),
      ...(isLogged(line, 'info') ? { log, peer: whoIsServed() } : { logError: log }),
    },
    {
      send: (chunks) => {
        try {
          writeChunks(1, chunks);
        } catch (error) {
          log({ level: 'error', text: messages.writeFailed(reasonOf(error)) });
          state.status ??= lostDescriptor;
        }
        for (const chunk of chunks) session.taken(chunk);
        return true;
      },
      consumed: () => undefined,
      failed: () => {
        log(sftpLines.badMessage(whoIsServed()));
        state.status ??= brokenProtocol;
      },
      finished: () => {
        state.status ??= 0;
      },
    },
  );
  const room = new Uint8Array(readBytes);
  while (state.status === undefined) {
    const chunk = nextChunk(room, log);
    if (chunk === undefined) state.status = lostDescriptor;
    else if (chunk.length === 0) session.endInput();
    else session.receive(chunk);
  }
  session.close();
  return state.status;
}

function nextChunk(room: Uint8Array, log: (entry: LogLine) => void): Uint8Array | undefined {
  try {
    return readChunk(0, room);
  } catch (error) {
    log({ level: 'error', text: messages.readFailed(reasonOf(error)) });
    return undefined;
  }
}

/** The last line of a session that another process has served and did not end; returns the exit status. */
export function sayClosed(log: (entry: LogLine) => void): number {
  log(sftpLines.closed(whoIsServed()));
  return lostDescriptor;
}

function whoIsServed(): SftpPeer {
  const [address = ''] = (process.env['SSH_CONNECTION'] ?? '').split(' ');
  const uid = process.getuid?.() ?? 0;
  return { user: accountById(uid)?.name ?? String(uid), address: address === '' ? 'UNKNOWN' : address };
}
