// sftp-server: serves the files of whoever runs it to one client on standard input and output. Below our sshd it leaves
// that to the account process, where it can; else it does so itself. Statuses are OpenSSH's: 0 at the end of input, 1
// for wrong use and lost descriptors, 11 for a client that breaks the protocol.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { requestTable } from '@sallyport/protocol/sftp/requests';
import { accountById } from '@sallyport/system/accounts';
import { forbidTracing } from '@sallyport/system/identity';
import type { CommandLineProblem, SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { expandStartFolder, readSftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { reasonOf } from '../shared/failure-reason.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { delegate } from './delegate.ts';
import { messages, usage } from './messages.ts';
import { openServerLog } from './server-log.ts';

const badUse = 1;
const fatal = 255;

export function main(argv: readonly string[]): Promise<number> {
  const line = readSftpServerCommandLine(argv);
  if ('problem' in line) return Promise.resolve(complain(line));
  return line.query === undefined ? start(line, argv) : Promise.resolve(answerQuery(line.query));
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

async function start(line: SftpServerCommandLine, argv: readonly string[]): Promise<number> {
  // The client must not read or write this process' memory as /proc/PID/mem, whoever serves it.
  forbidTracing();
  const log = openServerLog(line);
  if (line.umask !== undefined) process.umask(line.umask);
  if (!enterStartFolder(line, log)) return fatal;
  const status = delegate(argv, log);
  if (typeof status === 'number') return status;
  const { serve, sayClosed } = await import('./serve.ts');
  return status === undefined ? serve(line, log) : sayClosed(log);
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
