// A program on another host for a program of this suite, without a second process: the connection is made here with
// everything that ssh does (configuration, known hosts, prompts, agent, proxies), by the arguments that ssh would get.
// Sentences go to stderr as ssh's do. sftp and scp use it.

import type { ByteStream } from '@sallyport/system/byte-stream';
import { writeError } from '../shared/standard-streams.ts';
import type { LoggedIn } from './connect.ts';
import { ProgramLog } from './log.ts';
import { logIn } from './log-in.ts';
import { sessionMessages } from './messages.ts';
import { parseArguments } from './options.ts';
import type { Prepared } from './prepare.ts';
import { checkConnectable, prepare, reportProblem } from './prepare.ts';
import { keepAlive } from './session/keep-alive.ts';
import type { Outcome } from './session/outcome.ts';
import { conclude } from './session/outcome.ts';
import { ProgramStream } from './session/program-stream.ts';
import { keepAliveOf, programOf, variablesToSend } from './session-options.ts';

/** A program whose standard input and output are ours. */
export interface RemoteProgram {
  readonly stream: ByteStream;
  /** Resolves, never rejects, when it is over: its exit status, 255 for errors of ssh. */
  readonly exit: Promise<number>;
  /** Ends the connection; `exit` follows. */
  close(): void;
}

export interface RemoteProgramRequest {
  /** Options as ssh takes them on its command line. */
  readonly sshArguments: readonly string[];
  readonly host: string;
  readonly program: { readonly subsystem: string } | { readonly command: string };
}

/** The arguments that ssh is called with for a request, by us or as a program of its own (-S). */
export function sshArgumentsFor({ sshArguments, host, program }: RemoteProgramRequest): readonly string[] {
  if ('subsystem' in program) return [...sshArguments, '-s', '--', host, program.subsystem];
  return [...sshArguments, '--', host, program.command];
}

/** Connects, logs in and asks for the program. undefined when it did not work out, after saying why on stderr. */
export async function openRemoteProgram(request: RemoteProgramRequest): Promise<RemoteProgram | undefined> {
  const log = new ProgramLog();
  try {
    const prepared = prepare(parseArguments(sshArgumentsFor(request)), log);
    checkConnectable(prepared);
    const program = programOf(prepared.plan.options, prepared.invocation);
    const loggedIn = await logIn(prepared);
    if (loggedIn === undefined || program === undefined) return undefined;
    return startProgram(prepared, loggedIn, program);
  } catch (error) {
    reportProblem(error, log);
    return undefined;
  }
}

type Program = NonNullable<ReturnType<typeof programOf>>;

function startProgram({ plan, log, environment }: Prepared, loggedIn: LoggedIn, program: Program): RemoteProgram {
  const { port, transport, options } = loggedIn;
  const startedAt = performance.now();
  const state = { status: -1 };
  let settle: (outcome: Outcome) => void = () => undefined;
  const settled = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  const stream = new ProgramStream(
    port,
    { program, environment: variablesToSend(options, environment), log: log.log },
    {
      errorOutput: (data) => writeError(data),
      over: (status) => {
        state.status = status;
        settle({ type: 'done' });
      },
    },
  );
  const alive = keepAliveOf(options);
  const stopQuestions =
    alive === undefined
      ? undefined
      : keepAlive(port, alive, () => {
          log.log('info', sessionMessages.silent(plan.host));
          settle({ type: 'failed' });
        });
  void port.ended.then((end) => settle({ type: 'connection-ended', end }));
  const exit = settled.then((outcome) => {
    stopQuestions?.();
    const peer = transport.ends?.peer;
    const status = conclude(port, outcome, {
      host: plan.host,
      peer,
      hasProgram: true,
      hasTerminal: false,
      status: state.status,
      startedAt,
      log: log.log,
      print: writeError,
      isQuiet: () => !log.shows('info'),
    });
    stream.lost();
    return status;
  });
  return { stream, exit, close: () => settle({ type: 'disconnect' }) };
}
