// sftp-server: serves the files of whoever runs it to one client on standard input and output, one request at a time
// and by blocking calls. Statuses are OpenSSH's: 0 at the end of input, 1 for wrong use and lost descriptors, 11 for a
// client that breaks the protocol.

import { readFileSync, readlinkSync } from 'node:fs';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { requestTable } from '@sallyport/protocol/sftp/requests';
import { accountById } from '@sallyport/system/accounts';
import { errorText } from '@sallyport/system/system-error';
import type { CommandLineProblem, SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { expandStartFolder, isLogged, readSftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { localFileSystem } from 'sallyport/sftp-server/local-file-system';
import type { SftpPeer } from 'sallyport/sftp-server/log-lines';
import { sftpLines } from 'sallyport/sftp-server/log-lines';
import { SftpSession } from 'sallyport/sftp-server/sftp-session';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { readChunk, writeChunks } from './descriptor-io.ts';
import { messages, usage } from './messages.ts';
import { openServerLog } from './server-log.ts';

const badUse = 1;
const lostDescriptor = 1;
const brokenProtocol = 11;
const fatal = 255;

const readBytes = 512 * 1024;
/** Descriptors for everything but handles, as OpenSSH counts. */
const otherDescriptors = 5;
const fewestDescriptors = 256;

export function main(argv: readonly string[]): Promise<number> {
  const line = readSftpServerCommandLine(argv);
  if ('problem' in line) return Promise.resolve(complain(line));
  return Promise.resolve(line.query === undefined ? serve(line) : answerQuery(line.query));
}

function complain({ problem }: CommandLineProblem): number {
  writeError(problem === undefined ? usage : `${problem}\n`);
  if (problem === undefined || problem.startsWith('Unrecognized')) return badUse;
  return fatal;
}

function answerQuery(query: string): number {
  if (query !== 'requests') {
    writeError(`${messages.badQuery}\n`);
    return badUse;
  }
  writeOut(
    Object.values(requestTable)
      .map(({ name }) => `${name}\n`)
      .join(''),
  );
  return 0;
}

function serve(line: SftpServerCommandLine): number {
  const log = openServerLog(line);
  if (line.umask !== undefined) process.umask(line.umask);
  if (!enterStartFolder(line, log)) return fatal;
  const files = localFileSystem({ blocking: true, start: ownFolder() });
  const state: { status: number | undefined } = { status: undefined };
  const session: SftpSession = new SftpSession(
    files,
    {
      ...line,
      blocking: true,
      maximumHandles: maximumHandles(),
      ...(isLogged(line, 'info') && { log, peer: whoIsServed() }),
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

/** False when the folder of -d means nothing; one that cannot be entered is left, as OpenSSH does. */
function enterStartFolder(line: SftpServerCommandLine, log: (entry: LogLine) => void): boolean {
  if (line.startFolder === undefined) return true;
  const account = accountById(process.getuid?.() ?? 0);
  const folder = expandStartFolder(line.startFolder, account ?? { name: '', home: '/' });
  if (folder === undefined) {
    log({ level: 'fatal', text: messages.badToken(line.startFolder) });
    return false;
  }
  try {
    process.chdir(folder);
  } catch (error) {
    log({ level: 'error', text: messages.cannotEnter(folder, reasonOf(error)) });
  }
  return true;
}

/** The folder of this process, whose name need not be text. */
function ownFolder(): Uint8Array | string {
  try {
    return readlinkSync('/proc/self/cwd', { encoding: 'buffer' });
  } catch {
    return process.cwd();
  }
}

function whoIsServed(): SftpPeer {
  const [address = ''] = (process.env['SSH_CONNECTION'] ?? '').split(' ');
  const uid = process.getuid?.() ?? 0;
  return { user: accountById(uid)?.name ?? String(uid), address: address === '' ? 'UNKNOWN' : address };
}

/** As many files as this process may open, without loading what calls the C library. */
function maximumHandles(): number {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? fewestDescriptors);
  return Math.max(1, soft - otherDescriptors);
}

function reasonOf(error: unknown): string {
  return errorText((error as NodeJS.ErrnoException).code ?? '');
}
