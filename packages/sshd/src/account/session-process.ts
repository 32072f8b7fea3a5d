// The program of a session with its descriptors: pipes, or the master of a terminal. Bytes flow both ways with back-
// pressure; the end is told once, after the program has exited and everything that it wrote has been passed on.

import { utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import type { Pipe } from '@sallyport/system/descriptors';
import { closeDescriptor, growPipe, makePipe, socketPair } from '@sallyport/system/descriptors';
import { spawnProcess } from '@sallyport/system/spawn';
import type { ProgramEnd, ProgramOptions, RunningProgram } from './running-program.ts';
import type { SessionCommand } from './session-command.ts';
import { shellArguments } from './session-command.ts';
import { sessionEnvironment } from './session-environment.ts';
import type { SessionTerminal } from './session-terminal.ts';
import { acceptedSignal } from './signals.ts';
import { startFolder } from './start-folder.ts';

const pipeBytes = 1024 * 1024;

interface Plumbing {
  /** Standard input and output of the process. */
  readonly standard: readonly [number, number];
  readonly stdio: Readonly<Record<number, number>>;
  readonly childEnds: readonly number[];
  readonly input: number;
  /** Descriptors to read, with whether they are the error stream. */
  readonly outputs: readonly { readonly fd: number; readonly isError: boolean }[];
}

/**
 * A subsystem writes into a socket, as OpenSSH's may where it does not use pipes: the runtime reads that in fewer and
 * larger pieces. Commands get pipes, which they can open again as /dev/stdout.
 */
function pipes({ isSubsystem }: SessionCommand): Plumbing {
  const [input, output, error] = makeAll([makePipe, isSubsystem ? makeSocketPipe : makePipe, makePipe]);
  growPipe(input.writeFd, pipeBytes);
  if (!isSubsystem) growPipe(output.readFd, pipeBytes);
  return {
    stdio: { 0: input.readFd, 1: output.writeFd, 2: error.writeFd },
    standard: [input.readFd, output.writeFd],
    childEnds: [input.readFd, output.writeFd, error.writeFd],
    input: input.writeFd,
    outputs: [
      { fd: output.readFd, isError: false },
      { fd: error.readFd, isError: true },
    ],
  };
}

function makeSocketPipe(): Pipe {
  const [readFd, writeFd] = socketPair('stream');
  return { readFd, writeFd };
}

type Maker = () => Pipe;

function makeAll(makers: readonly [Maker, Maker, Maker]): [Pipe, Pipe, Pipe] {
  const made: Pipe[] = [];
  try {
    for (const make of makers) made.push(make());
    return made as [Pipe, Pipe, Pipe];
  } catch (error) {
    for (const { readFd, writeFd } of made) for (const fd of [readFd, writeFd]) closeDescriptor(fd);
    throw error;
  }
}

/** What a process of a session without a terminal gets beside the usual. */
export interface Extras {
  readonly stdio: Readonly<Record<number, number>>;
  /** Gets the descriptors that become the standard input and output of the process. */
  readonly variables: (input: number, output: number) => Readonly<Record<string, string>>;
  /** It has exited, whether or not its output has ended and anybody waits for that; before onEnd. */
  readonly onExit: () => void;
}

/** Starts the program; throws SystemError when it cannot be executed, and keeps nothing open then. */
export function startProcess(options: ProgramOptions, extras?: Extras): SessionProcess {
  const { grant, command, terminal } = options;
  const { TZ: timeZone } = process.env;
  const env = sessionEnvironment(grant, {
    accepted: options.accepted,
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(options.factsPath === undefined ? {} : { factsPath: options.factsPath }),
    ...(options.agentPath === undefined ? {} : { agentPath: options.agentPath }),
    ...(command.originalCommand === undefined ? {} : { originalCommand: command.originalCommand }),
    ...(terminal === undefined ? {} : { ttyPath: terminal.path, term: terminal.term }),
  });
  const argv = shellArguments(grant.shell, command.command);
  const plumbing = terminal === undefined ? pipes(command) : undefined;
  const folder = startFolder(grant.home);
  try {
    const pid = spawnProcess({
      path: grant.shell,
      argv,
      env: { ...env, ...(plumbing && extras?.variables(...plumbing.standard)) },
      cwd: folder.path,
      stdio: { ...plumbing?.stdio, ...extras?.stdio },
      newSession: true,
      openFiles: grant.openFiles,
      ...(terminal === undefined ? {} : { terminalPath: terminal.path }),
    });
    if (folder.complaint !== undefined) complain(folder.complaint, options);
    return new SessionProcess(pid, options, { plumbing, onExit: extras?.onExit });
  } catch (error) {
    for (const fd of plumbing === undefined ? [] : ourEnds(plumbing)) closeDescriptor(fd);
    throw error;
  } finally {
    for (const fd of plumbing?.childEnds ?? []) closeDescriptor(fd);
  }
}

function ourEnds({ input, outputs }: Plumbing): readonly number[] {
  return [input, ...outputs.map(({ fd }) => fd)];
}

function complain(text: string, { terminal, onOutput }: ProgramOptions): void {
  const isError = terminal === undefined;
  onOutput(utf8EncodeReversibly(isError ? text : text.replace('\n', '\r\n')), isError);
}

interface ProcessParts {
  readonly plumbing: Plumbing | undefined;
  readonly onExit: (() => void) | undefined;
}

export class SessionProcess implements RunningProgram {
  readonly #pid: number;
  readonly #options: ProgramOptions;
  readonly #input: ByteStream;
  readonly #outputs: ByteStream[] = [];
  #openOutputs: number;
  #inputOpen = true;
  #unconsumed = 0;
  #exit: ProgramEnd | undefined;
  #told = false;

  constructor(pid: number, options: ProgramOptions, { plumbing, onExit: exited }: ProcessParts) {
    this.#pid = pid;
    this.#options = options;
    if (plumbing === undefined) {
      this.#input = openDescriptor((options.terminal as SessionTerminal).takeMaster());
      this.#openOutputs = 1;
      this.#read(this.#input, false);
    } else {
      this.#input = openDescriptor(plumbing.input, { readable: false });
      this.#openOutputs = plumbing.outputs.length;
      this.#watchInput(this.#input);
      for (const { fd, isError } of plumbing.outputs) this.#read(openDescriptor(fd, { writable: false }), isError);
    }
    onExit(pid, (exit) => {
      this.#exit = exit;
      options.terminal?.closeSlave();
      exited?.();
      this.#settle();
    });
  }

  write(data: Uint8Array): void {
    if (!this.#inputOpen) {
      this.#options.onConsumed(data.length);
      return;
    }
    const taken = this.#input.writeNow?.(data) ?? 0;
    const room = taken === data.length || this.#input.write([data.slice(taken)]);
    if (room) this.#options.onConsumed(data.length);
    else this.#unconsumed += data.length;
  }

  /** Whether the system has everything that was written. */
  get isInputTaken(): boolean {
    return this.#unconsumed === 0 && this.#input.bufferedBytes === 0;
  }

  /** The client sends no more: a pipe is closed, a terminal stays as it is. */
  endInput(): void {
    if (this.#options.terminal === undefined && this.#inputOpen) this.#input.end();
  }

  resume(): void {
    for (const output of this.#outputs) output.resume();
  }

  /** The client wants no more output: the program's next write fails. */
  stopOutput(): void {
    if (this.#options.terminal === undefined) for (const output of this.#outputs) output.destroy();
  }

  signal(name: string): boolean {
    const number = acceptedSignal(name);
    if (number === undefined || this.#exit !== undefined) return false;
    try {
      process.kill(-this.#pid, number);
    } catch {
      return false;
    }
    return true;
  }

  destroy(): void {
    this.#told = true;
    this.#input.destroy();
    for (const output of this.#outputs) output.destroy();
  }

  #watchInput(stream: ByteStream): void {
    stream.onDrain = () => this.#drained();
    stream.onClose = () => {
      this.#inputOpen = false;
      this.#drained();
    };
  }

  #read(stream: ByteStream, isError: boolean): void {
    this.#outputs.push(stream);
    stream.onData = (chunk) => {
      if (!this.#options.onOutput(chunk, isError)) for (const output of this.#outputs) output.pause();
    };
    stream.onDrain = () => this.#drained();
    // The master of a terminal ends when its last program has closed it; what is still to be written has no reader
    // then.
    stream.onEnd = () => stream.destroy();
    stream.onClose = () => {
      if (stream === this.#input) this.#inputOpen = false;
      this.#openOutputs -= 1;
      this.#drained();
      this.#settle();
    };
    stream.resume();
  }

  #drained(): void {
    const bytes = this.#unconsumed;
    this.#unconsumed = 0;
    if (bytes > 0) this.#options.onConsumed(bytes);
  }

  #settle(): void {
    if (this.#exit === undefined || this.#openOutputs > 0 || this.#told) return;
    this.#told = true;
    this.#options.onEnd(this.#exit);
  }
}
