// How a session ended, what is said about it, and the status of the process that follows (ssh(1), EXIT STATUS). It
// waits for nothing: streams and terminal have been dealt with before.

import type { LogSink } from '@sallyport/protocol/log/log';
import type { SocketAddress } from '@sallyport/system/socket-address';
import type { ConnectionEnd, ConnectionPort } from '../connection-port.ts';
import { endLines } from '../end-lines.ts';
import { sessionMessages } from '../messages.ts';
import type { EndingSignal } from './signals.ts';
import { signalNumber } from './signals.ts';

export type Outcome =
  /** The program and every forwarded connection are over. */
  | { readonly type: 'done' }
  /** The user said so, by an escape. */
  | { readonly type: 'disconnect' }
  /** What was wrong has been said. */
  | { readonly type: 'failed' }
  | { readonly type: 'signal'; readonly signal: EndingSignal }
  | { readonly type: 'connection-ended'; readonly end: ConnectionEnd };

export interface PastSession {
  readonly host: string;
  readonly peer: SocketAddress | undefined;
  readonly hasProgram: boolean;
  readonly hasTerminal: boolean;
  /** Of the remote program; unknownStatus if it has told none. */
  readonly status: number;
  /** By performance.now(). */
  readonly startedAt: number;
  readonly log: LogSink;
  readonly print: (text: string) => void;
  readonly isQuiet: () => boolean;
}

/** As the log shows it. */
export const unknownStatus = -1;
const failedStatus = 255;

/** Says goodbye to the server if it is still there, and to the user; gives the status of the process. */
export function conclude(port: ConnectionPort, outcome: Outcome, session: PastSession): number {
  port.end();
  switch (outcome.type) {
    case 'failed':
      return failedStatus;
    case 'connection-ended':
      return tellEnd(outcome.end, session) ? finish(port, session) : failedStatus;
    case 'signal':
      // Whoever ends a mere connection wants just that.
      if (!session.hasProgram && outcome.signal === 'SIGTERM') return finish(port, { ...session, status: 0 });
      session.log('verbose', sessionMessages.killed(signalNumber(outcome.signal)));
      return failedStatus;
    case 'done':
    case 'disconnect':
      return finish(port, session);
  }
}

/** Whether the connection ended in a way that a session may end in. */
function tellEnd(end: ConnectionEnd, { host, peer, log, print }: PastSession): boolean {
  if (end.cause.type === 'closed') {
    print(`${sessionMessages.closedByRemote(host)}\r\n`);
    return true;
  }
  if (end.cause.type === 'lost') log('error', sessionMessages.lost);
  else for (const { level, text } of endLines(end, peer)) log(level, text);
  return false;
}

function finish(port: ConnectionPort, session: PastSession): number {
  const { host, hasTerminal, status, startedAt, log, print, isQuiet } = session;
  if (hasTerminal && !isQuiet()) print(`${sessionMessages.closed(host)}\r\n`);
  const { sentBytes, receivedBytes } = port;
  const seconds = (performance.now() - startedAt) / 1000;
  log('verbose', sessionMessages.transferred(sentBytes, receivedBytes, seconds));
  log('verbose', sessionMessages.perSecond(sentBytes / seconds, receivedBytes / seconds));
  log('debug1', sessionMessages.exitStatus(status));
  return status === unknownStatus ? failedStatus : status & 0xff;
}
