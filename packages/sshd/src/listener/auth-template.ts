// The template of the auth processes, seen from the monitor: it is given connections, and each copy says which one it
// has. Copies are children of this process like any other.

import { callOfNumber, limitsOf } from '@sallyport/protocol/codec/frame-table';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { onExit } from '@sallyport/system/child-exit';
import { sendDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import type { Exit } from '@sallyport/system/spawn';
import type { ConnectionNotice } from '../auth/receive-connection.ts';
import { FrameChannel } from '../frames/frame-channel.ts';
import { templateReports } from '../monitor/calls.ts';
import type { AuthWorker } from './auth-worker.ts';
import type { Worker } from './worker-program.ts';

export interface AuthTemplateOptions {
  readonly worker: Worker;
  /** Milliseconds within which it must be ready, and make each copy; else it is ended. */
  readonly patienceMs: number;
  /** A copy has rehearsed a login: copyFor() may be called. */
  readonly onReady: () => void;
  /** It is gone, after retire() or by itself; connections for which it made no copy have lost theirs. */
  readonly onGone: () => void;
  /** The system had no room for a copy. */
  readonly onFailure: (error: unknown) => void;
  /** The template's own process, or that of a copy, has ended; `killed` by us. */
  readonly onExit: (of: 'template' | 'copy', pid: number, how: Ending) => void;
}

export interface Ending {
  readonly exit: Exit;
  /** We sent it SIGKILL, which may have come too late. */
  readonly killed: boolean;
}

interface Unsent {
  readonly number: number;
  readonly copy: Copy;
  readonly notice: Uint8Array;
  /** The connection's, which stays ours, and the copy's end of its pipe. */
  readonly descriptors: readonly [number, number];
}

const killSignal = 9;

/** Whether a process ended otherwise than by itself and well, or by us. */
export function isCrash({ exit, killed }: Ending): boolean {
  return 'signal' in exit ? !killed || exit.signal !== killSignal : exit.code !== 0;
}

export class AuthTemplate {
  readonly #options: AuthTemplateOptions;
  /** Copies that have not reported, by their numbers. */
  readonly #expected = new Map<number, Copy>();
  /** Connections for which there was no room in its socket. */
  readonly #unsent: Unsent[] = [];
  #patience: NodeJS.Timeout | undefined;
  #passingClosed = false;
  #copies = 0;
  #retired = false;
  /** Of the process that makes the copies; undefined when that has ended. */
  #pid: number | undefined;
  #hasMoved = false;

  constructor(options: AuthTemplateOptions) {
    this.#options = options;
    new FrameChannel(openDescriptor(options.worker.callsFd), {
      limitBytes: limitsOf(templateReports),
      frame: (number, body) => this.#report(number, body),
      closed: () => this.#closed(),
    });
    this.#isProcess(options.worker.pid);
    this.#watch();
  }

  /** How many copies it was asked for. */
  get copies(): number {
    return this.#copies;
  }

  /** A copy that serves the connection, whose descriptor stays ours; undefined when it takes no more. */
  copyFor(fd: number, peer: ConnectionNotice['peer']): AuthWorker | undefined {
    if (this.#retired) return undefined;
    const number = this.#copies + 1;
    const notice = utf8Encode(JSON.stringify({ peer, copy: number } satisfies ConnectionNotice));
    const [callsFd, copyCalls] = socketPair('stream');
    const copy = new Copy(callsFd);
    this.#copies = number;
    this.#expected.set(number, copy);
    this.#unsent.push({ number, copy, notice, descriptors: [fd, copyCalls] });
    this.#send();
    if (this.#patience === undefined) this.#watch();
    return copy;
  }

  /** It makes the copies that it was asked for and ends. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#send();
  }

  #isProcess(pid: number): void {
    this.#pid = pid;
    onExit(pid, (exit) => {
      if (this.#pid === pid) this.#pid = undefined;
      this.#options.onExit('template', pid, { exit, killed: false });
    });
  }

  /** As much as its socket takes; the rest when it has made a copy. */
  #send(): void {
    const { passingFd } = this.#options.worker;
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const { number, copy, notice, descriptors } = first;
      // The descriptor of a connection that is over may be another's now.
      if (copy.killed) this.#expected.delete(number);
      else if (!this.#sent(descriptors, notice)) return;
      closeDescriptor(descriptors[1]);
      this.#unsent.shift();
    }
    if (!this.#retired || this.#passingClosed) return;
    this.#passingClosed = true;
    closeDescriptor(passingFd);
  }

  /** True as well when it is gone, which closes the connection's pipe. */
  #sent(descriptors: readonly number[], notice: Uint8Array): boolean {
    try {
      return sendDescriptors(this.#options.worker.passingFd, descriptors, notice);
    } catch {
      return true;
    }
  }

  #report(number: number, body: Uint8Array): void {
    const { onReady, onFailure } = this.#options;
    this.#rest();
    this.#send();
    switch (callOfNumber(templateReports, number)) {
      case 'ready':
        return onReady();
      case 'moved':
        return this.#moved(templateReports.moved.fields.decode(body).pid);
      case 'tried': {
        const { pid } = templateReports.tried.fields.decode(body);
        onExit(pid, (exit) => this.#options.onExit('copy', pid, { exit, killed: false }));
        return this.#watch();
      }
      case 'copied': {
        const { copy, pid } = templateReports.copied.fields.decode(body);
        return this.#copied(copy, pid);
      }
      case 'notCopied':
        this.#expected.delete(templateReports.notCopied.fields.decode(body).copy);
        onFailure(new Error('the system has no room for another process'));
        return this.#watchExpected();
      default:
    }
  }

  /** What was started ends by itself. */
  #moved(pid: number): void {
    if (this.#hasMoved) return;
    this.#hasMoved = true;
    this.#isProcess(pid);
    this.#watch();
  }

  #copied(number: number, pid: number): void {
    const copy = this.#expected.get(number);
    this.#expected.delete(number);
    this.#watchExpected();
    copy?.started(pid);
    onExit(pid, (exit) => {
      copy?.ended();
      this.#options.onExit('copy', pid, { exit, killed: copy?.killed === true });
    });
  }

  #watchExpected(): void {
    if (this.#expected.size > 0) this.#watch();
  }

  /** A report that has come, but has not been read because this process was busy, is read before the second timer. */
  #watch(): void {
    const { patienceMs } = this.#options;
    this.#patience = setTimeout(() => {
      this.#patience = setTimeout(() => {
        if (this.#pid !== undefined) process.kill(this.#pid, 'SIGKILL');
      }, patienceMs / 10);
    }, patienceMs);
  }

  #rest(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  /** Nobody holds the other end any more: copies let go of it when they have reported. */
  #closed(): void {
    this.#rest();
    for (const { descriptors } of this.#unsent.splice(0)) closeDescriptor(descriptors[1]);
    this.retire();
    this.#expected.clear();
    this.#options.onGone();
  }
}

/** One auth process that is a copy; its process id comes a moment after it was asked for. */
class Copy implements AuthWorker {
  readonly calls: AuthWorker['calls'];
  killed = false;
  #pid = 0;
  #alive = false;

  constructor(callsFd: number) {
    this.calls = openDescriptor(callsFd);
  }

  get pid(): number {
    return this.#pid;
  }

  readonly kill = (): void => {
    this.killed = true;
    if (this.#alive) process.kill(this.#pid, 'SIGKILL');
  };

  started(pid: number): void {
    this.#pid = pid;
    this.#alive = true;
    if (this.killed) this.kill();
  }

  ended(): void {
    this.#alive = false;
  }
}
