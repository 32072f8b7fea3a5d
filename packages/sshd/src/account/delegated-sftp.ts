// A session whose command is our own sftp-server: the account's shell starts it as any program, so that shell, start-up
// files and options have their say, and it then leaves the session to this process, when nothing about it is other than
// about us (decision record 0023). Until it does, and when it does not, its pipes are used as any program's.

import { limitsOf } from '@sallyport/protocol/codec/frame-table';
import type { ValueOf } from '@sallyport/protocol/codec/struct';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import { fileIdentity } from '@sallyport/system/file-identity';
import { ownUmask, processStanding } from '@sallyport/system/process-standing';
import type { SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { readSftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import {
  delegationAnswers,
  delegationDescriptor,
  delegationOffers,
  delegationVariable,
} from 'sallyport/sftp-server/delegation';
import { FrameChannel } from '../frames/frame-channel.ts';
import type { ProgramOptions, RunningProgram } from './running-program.ts';
import type { SftpProgramOptions } from './served-sftp.ts';
import { ServedSftp } from './served-sftp.ts';
import type { SessionProcess } from './session-process.ts';
import { startProcess } from './session-process.ts';

type Offer = ValueOf<typeof delegationOffers.offer.fields>;

const permissionBits = 0o777;
/** Its status when the client wants no more output. */
const lostDescriptor = 1;

/** A path that every shell takes as it is. */
const plainPath = /^\/[\w./+@%:,-]+(?=[ \t]|$)/;

/** Whether the command starts the sftp-server that belongs to this executable. */
export function isDelegating({ command, terminal }: ProgramOptions): boolean {
  const [path] = plainPath.exec(command.command ?? '') ?? [];
  if (path === undefined || terminal !== undefined || !path.endsWith('/sftp-server')) return false;
  try {
    return fileIdentity(path) === fileIdentity('/proc/self/exe');
  } catch {
    return false;
  }
}

/** Throws SystemError when the shell cannot be started. */
export function startDelegating(options: SftpProgramOptions): RunningProgram {
  const [ours, theirs] = socketPair();
  try {
    return new DelegatedSftp(options, { ours, theirs });
  } finally {
    closeDescriptor(theirs);
  }
}

class DelegatedSftp implements RunningProgram {
  readonly #options: SftpProgramOptions;
  readonly #process: SessionProcess;
  readonly #control: FrameChannel;
  #phase: 'process' | 'taking-over' | 'serving' = 'process';
  #offered: { readonly offer: Offer; readonly line: SftpServerCommandLine } | undefined;
  /** What came while the program had not handed over its input yet. */
  #held: Uint8Array[] = [];
  #inputEnded = false;
  #outputStopped = false;
  /** The program writes its log as fast as lines come. */
  #hasLogRoom = true;
  /** What the service will have consumed that the program's pipe had taken before. */
  #consumedBefore = 0;
  #service: ServedSftp | undefined;

  constructor(options: SftpProgramOptions, { ours, theirs }: { readonly ours: number; readonly theirs: number }) {
    this.#options = options;
    try {
      this.#process = startProcess(options, {
        stdio: { [delegationDescriptor]: theirs },
        onExit: () => this.#exited(),
        variables: (input, output) => ({
          [delegationVariable]: [process.pid, ...[theirs, input, output].map(fileIdentity)].join(' '),
        }),
      });
    } catch (error) {
      closeDescriptor(ours);
      throw error;
    }
    this.#control = new FrameChannel(openDescriptor(ours), {
      limitBytes: limitsOf(delegationOffers),
      frame: (number, body) => this.#hear(number, body),
      drained: () => {
        this.#hasLogRoom = true;
        this.#service?.resume();
      },
      closed: () => this.#service?.destroy(),
    });
  }

  write(data: Uint8Array): void {
    if (this.#phase === 'process') this.#process.write(data);
    else if (this.#service === undefined) this.#held.push(new Uint8Array(data));
    else this.#service.receive(new Uint8Array(data));
  }

  endInput(): void {
    this.#inputEnded = true;
    // Also for what the shell may start behind sftp-server.
    this.#process.endInput();
    this.#service?.endInput();
  }

  resume(): void {
    this.#process.resume();
    this.#service?.resume();
  }

  stopOutput(): void {
    this.#outputStopped = true;
    if (this.#service === undefined) this.#process.stopOutput();
    else this.#service.end(lostDescriptor);
  }

  signal(name: string): boolean {
    return this.#process.signal(name);
  }

  /** The program logs what is closed, and that the session is over, before it ends. */
  destroy(): void {
    this.#process.destroy();
    if (this.#service === undefined) this.#control.destroy();
    else this.#service.end(0);
  }

  /** Throws DecodeError for what may not come now: then the program is left alone. */
  #hear(number: number, body: Uint8Array): void {
    if (number === delegationOffers.offer.number) this.#answer(delegationOffers.offer.fields.decode(body));
    else this.#serve(delegationOffers.input.fields.decode(body).data);
  }

  #answer(offer: Offer): void {
    if (this.#phase !== 'process') throw new DecodeError('a session can be left once');
    const line = readSftpServerCommandLine(offer.argv.split('\0'));
    const isLikeUs = this.#process.isInputTaken && offer.standing === processStanding();
    if (!isLikeUs || 'problem' in line) {
      this.#control.destroy();
      return;
    }
    this.#phase = 'taking-over';
    this.#offered = { offer, line };
    this.#control.send(delegationAnswers.accepted, {});
  }

  #serve(input: Uint8Array): void {
    if (this.#phase !== 'taking-over' || this.#offered === undefined) throw new DecodeError('no input was asked for');
    this.#phase = 'serving';
    this.#consumedBefore = input.length;
    const { offer, line } = this.#offered;
    const umask = offer.umask & permissionBits;
    const service = new ServedSftp({
      program: this.#options,
      line,
      start: offer.folder,
      umask: umask === ownUmask() ? undefined : umask,
      maximumHandles: offer.maximumHandles,
      log: ({ level, text }) => {
        this.#hasLogRoom = this.#control.send(delegationAnswers.line, { level, text });
      },
      isHeld: () => !this.#hasLogRoom,
      onConsumed: (bytes) => this.#consume(bytes),
      onEnd: (status) => this.#control.send(delegationAnswers.end, { status }),
    });
    this.#service = service;
    if (this.#outputStopped) service.end(lostDescriptor);
    for (const chunk of [input, ...this.#held.splice(0)]) if (chunk.length > 0) service.receive(chunk);
    if (this.#inputEnded) service.endInput();
  }

  #consume(bytes: number): void {
    const before = Math.min(bytes, this.#consumedBefore);
    this.#consumedBefore -= before;
    if (bytes > before) this.#options.onConsumed(bytes - before);
  }

  /**
   * The program is over: with it the session, whoever served it, and whatever start-up files have left behind with its
   * descriptors.
   */
  #exited(): void {
    this.#service?.destroy();
    this.#control.destroy();
  }
}
