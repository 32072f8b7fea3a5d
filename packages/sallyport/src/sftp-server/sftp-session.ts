// One client of an SFTP server: bytes in, bytes out, and between them its requests, one after the other, answered in
// order. Reads that wait for the medium wait together. It takes no more input than it can work on, and no requests
// while the client does not read its replies. Whose stream that is, is the owner's business.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { HandleBudget } from '@sallyport/protocol/sftp/handle-table';
import type { SftpRequest, SftpServerEvent } from '@sallyport/protocol/sftp/server';
import { SftpServerEngine } from '@sallyport/protocol/sftp/server';
import { statusCodes } from '@sallyport/protocol/sftp/status';

import type { Answer } from './answers.ts';
import type { SftpFileSystem } from './file-system.ts';
import type { SftpPeer } from './log-lines.ts';
import { sftpLines } from './log-lines.ts';
import type { RequestPolicy } from './request-policy.ts';
import { announcedExtensions } from './request-policy.ts';
import { SftpAnswers } from './sftp-answers.ts';
import type { Awaitable } from './steps.ts';
import { run } from './steps.ts';

export interface SftpServerOptions extends RequestPolicy {
  /** Files and directories that one client may have open; 16384 unless told. */
  readonly maximumHandles?: number;
  /** Shared with the other clients of this process. */
  readonly handleBudget?: HandleBudget;
  /** Lines as sftp-server logs them. */
  readonly log?: (line: LogLine) => void;
  /** Lines of errors only, where the others are not wanted. */
  readonly logError?: (line: LogLine) => void;
  /** Who is served, for the first and the last line of the log. */
  readonly peer?: SftpPeer;
  /** The client sends SYMLINK with the link before its target, as the draft has it and OpenSSH has not. */
  readonly linkFirst?: boolean;
  /** Works on without letting anything else of this process have its turn: for one that serves one client only. */
  readonly blocking?: boolean;
  /** Gets what the file system threw that has no code of the system: a fault of its own. */
  readonly onError?: (error: unknown) => void;
}

/** What a session needs of its stream. */
export interface SessionPorts {
  /** Takes replies, in order; false when it wants no more until drained(). */
  send(chunks: readonly Uint8Array[]): boolean;
  /** Whether requests wait, until drained(). */
  isHeld?(): boolean;
  /** That many bytes of receive() have been worked on. */
  consumed(bytes: number): void;
  /** The client broke the protocol: nothing more is answered. */
  failed(reason: string): void;
  /** After endInput(): everything that came is answered and sent. */
  finished(): void;
}

/** Reads that wait at the same time. */
const maximumReads = 8;
const defaultHandles = 16384;
/** Replies are sent before more is read: what was read just now is still in the processor's cache. */
const enoughOutputBytes = 255 * 1024;
/** Work that is done before others have their turn. */
const sliceMs = 4;

interface Waiting {
  readonly id: number;
  answer: Answer | undefined;
}

export class SftpSession {
  readonly #options: SftpServerOptions;
  readonly #ports: SessionPorts;
  readonly #engine: SftpServerEngine;
  readonly #answers: SftpAnswers;
  /** Bytes that have come and are not with the engine yet. */
  readonly #chunks: Uint8Array[] = [];
  #inputBytes = 0;
  /** Requests that wait for the file system, in the order of their answers. */
  readonly #waiting: Waiting[] = [];
  /** A request behind those, which is not a read or for which there is no room. */
  #held: SftpRequest | undefined;
  #onlyReads = true;
  #isFull = false;
  #isPumping = false;
  #inputEnded = false;
  #onClosed: (() => void)[] = [];
  #isClosed = false;
  #phase: 'open' | 'failed' | 'closed' = 'open';

  constructor(fs: SftpFileSystem, options: SftpServerOptions, ports: SessionPorts) {
    this.#options = options;
    this.#ports = ports;
    const policy = {
      readOnly: options.readOnly === true || fs.readOnly === true,
      ...(options.allow === undefined ? {} : { allow: options.allow }),
      ...(options.deny === undefined ? {} : { deny: options.deny }),
    };
    this.#engine = new SftpServerEngine({ extensions: announcedExtensions(policy, fs), enoughOutputBytes });
    this.#answers = new SftpAnswers({
      fs,
      policy,
      maximumHandles: options.maximumHandles ?? defaultHandles,
      handleBudget: options.handleBudget,
      log: options.log,
      logError: options.log ?? options.logError,
      blocking: options.blocking ?? false,
      linkFirst: options.linkFirst ?? false,
      onError: options.onError,
    });
    if (options.peer !== undefined) this.#answers.log?.(sftpLines.opened(options.peer));
  }

  /** Takes over bytes of the client. */
  receive(chunk: Uint8Array): void {
    if (this.#phase !== 'open') return;
    this.#chunks.push(chunk);
    this.#pump();
  }

  /** Replies may be sent again, or requests go on. */
  drained(): void {
    this.#isFull = false;
    this.#pump();
  }

  /** A chunk of a reply has left and may be used again. */
  taken(chunk: Uint8Array): void {
    this.#answers.rooms.give(chunk);
  }

  /** The client says no more. */
  endInput(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#answers.log?.(sftpLines.readEnd());
    this.#pump();
  }

  /** The client is gone: closes what it left open, when what is under way is over, and then calls back. */
  close(onClosed?: () => void): void {
    if (onClosed !== undefined && this.#isClosed) onClosed();
    else if (onClosed !== undefined) this.#onClosed.push(onClosed);
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#answers.isOver = true;
    this.#chunks.length = 0;
    this.#held = undefined;
    if (this.#waiting.length === 0) this.#closeAll();
  }

  #closeAll(): void {
    const closing = run(this.#answers.closeAll());
    const end = (): void => {
      if (this.#options.peer !== undefined) this.#answers.log?.(sftpLines.closed(this.#options.peer));
      this.#isClosed = true;
      for (const onClosed of this.#onClosed.splice(0)) onClosed();
    };
    if (closing instanceof Promise) void closing.then(end);
    else end();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    let goesOnLater = false;
    try {
      const until = this.#options.blocking === true ? Number.POSITIVE_INFINITY : performance.now() + sliceMs;
      while (this.#phase === 'open' && !this.#isHeld && this.#advance()) {
        if (performance.now() < until) continue;
        goesOnLater = true;
        setImmediate(() => this.#pump());
        break;
      }
      if (this.#phase !== 'closed') this.#flush();
    } finally {
      this.#isPumping = false;
    }
    if (goesOnLater || this.#isHeld) return;
    if (this.#inputEnded && this.#phase === 'open' && this.#isIdle) this.#ports.finished();
  }

  get #isHeld(): boolean {
    return this.#ports.isHeld?.() === true;
  }

  get #isIdle(): boolean {
    const isWorking = this.#waiting.length > 0 || this.#held !== undefined || this.#chunks.length > 0;
    return !isWorking && this.#engine.pendingBytes === 0;
  }

  /** One request or one chunk further; false when there is something to wait for. */
  #advance(): boolean {
    if (this.#held !== undefined) {
      if (!this.#mayStart(this.#held)) return false;
      const request = this.#held;
      this.#held = undefined;
      this.#start(request);
      return true;
    }
    if (!this.#onlyReads && this.#waiting.length > 0) return false;
    const event = this.#engine.nextEvent();
    if (event !== undefined) {
      this.#handle(event);
      return true;
    }
    if (this.#engine.isBlocked) return this.#flush() && !this.#engine.isBlocked;
    return this.#feed();
  }

  #feed(): boolean {
    if (this.#inputBytes > 0) this.#ports.consumed(this.#inputBytes);
    this.#inputBytes = 0;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return false;
    this.#inputBytes = chunk.length;
    this.#engine.receive(chunk);
    return true;
  }

  #handle(event: SftpServerEvent): void {
    if (event.type === 'request') this.#held = event.request;
    else if (event.type === 'started') this.#answers.log?.(sftpLines.version(event.version));
    else if (event.type === 'unknown') this.#logUnknown(event.request);
    else {
      this.#phase = 'failed';
      this.#ports.failed(event.failure.description);
    }
  }

  #logUnknown(request: string | number): void {
    if (typeof request === 'number') this.#answers.logError?.(sftpLines.unknownPacket(request));
    else this.#answers.logError?.(sftpLines.unknownExtension(request));
    this.#answers.log?.(sftpLines.sentStatus(statusCodes.operationUnsupported));
  }

  #mayStart(request: SftpRequest): boolean {
    if (this.#waiting.length === 0) return true;
    return this.#onlyReads && request.key === 'read' && this.#waiting.length < maximumReads;
  }

  #start(request: SftpRequest): void {
    const answering: Awaitable<Answer> = run(this.#answers.answer(request));
    const { id } = request;
    if (!(answering instanceof Promise) && this.#waiting.length === 0) {
      this.#reply(id, answering);
      return;
    }
    const waiting: Waiting = { id, answer: undefined };
    this.#onlyReads = request.key === 'read';
    this.#waiting.push(waiting);
    if (answering instanceof Promise) void answering.then((answer) => this.#answered(waiting, answer));
    else waiting.answer = answering;
  }

  #answered(waiting: Waiting, answer: Answer): void {
    waiting.answer = answer;
    while (this.#waiting[0]?.answer !== undefined) {
      const { id, answer: next } = this.#waiting.shift() as Waiting & { answer: Answer };
      if (this.#phase !== 'closed') this.#reply(id, next);
    }
    if (this.#phase !== 'closed') this.#pump();
    else if (this.#waiting.length === 0) this.#closeAll();
  }

  #reply(id: number, answer: Answer): void {
    const engine = this.#engine;
    switch (answer.kind) {
      case 'status': {
        const isFine = answer.code === statusCodes.ok || answer.code === statusCodes.endOfFile;
        if (!isFine) this.#answers.log?.(sftpLines.sentStatus(answer.code));
        return engine.status(id, answer.code, answer.text);
      }
      case 'handle':
        return engine.handle(id, answer.handle);
      case 'data':
        engine.data(id, answer.data);
        return this.#answers.rooms.giveUnlessSent(answer.data);
      case 'names':
        return engine.names(id, answer.entries);
      case 'attributes':
        return engine.attributes(id, answer.attributes);
      default:
        return engine.extended(id, answer.fields);
    }
  }

  /** Whether the replies that waited could be sent. */
  #flush(): boolean {
    if (this.#isFull) return false;
    if (this.#engine.pendingBytes > 0) this.#isFull = !this.#ports.send(this.#engine.takeOutput());
    return true;
  }
}
