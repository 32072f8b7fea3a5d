// One session channel in the account process: collects env and pty requests, runs one program, carries bytes both
// ways with back-pressure, and reports how the program ended (RFC 4254 section 6). It is the user already: nothing
// here needs rights.

import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { extendedDataStderr } from '@sallyport/protocol/messages/connection';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { errorText, SystemError } from '@sallyport/system/system-error';
import type { Grant } from '../authentication/grant.ts';
import { ownLines } from '../own-lines.ts';
import { noLoginFile, noLoginStatus, noLoginText } from './no-login.ts';
import { exitRequest } from './program-exit.ts';
import type { ProgramEnd, RunningProgram } from './running-program.ts';
import type { SessionCommand, Wanted } from './session-command.ts';
import { sessionCommand } from './session-command.ts';
import { acceptsVariable } from './session-environment.ts';
import type { AgentRequest, SessionRequest } from './session-request.ts';
import { decodeSessionRequest } from './session-request.ts';
import { SessionTerminal } from './session-terminal.ts';
import { startProgram } from './start-program.ts';

export interface SessionOptions {
  readonly channel: number;
  /** Counts the connection's sessions from 0, for the log. */
  readonly id: number;
  readonly grant: Grant;
  readonly clientIdentification: string;
  readonly perform: (command: ConnectionCommand) => void;
  /** Bytes that are queued for the peer on this channel. */
  readonly queuedBytes: () => number;
  readonly log: (line: LogLine) => void;
  readonly logDrain: () => Promise<void> | undefined;
  /** Lends the client's agent to the connection's sessions; whether it did. */
  readonly forwardAgent: (request: AgentRequest) => boolean;
  /** Its socket, once it is lent. */
  readonly agentPath: () => string | undefined;
  /** The file of ExposeAuthInfo. */
  readonly factsPath: () => string | undefined;
}

const highWaterBytes = 512 * 1024;

export class Session {
  readonly #options: SessionOptions;
  readonly #accepted = new Map<string, string>();
  #terminal: SessionTerminal | undefined;
  #process: RunningProgram | undefined;
  #command: SessionCommand | undefined;
  #inputEnded = false;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A CHANNEL_REQUEST; answers it if it wants a reply. */
  request(type: string, wantReply: boolean, fields: Uint8Array): void {
    const request = decodeSessionRequest(type, fields);
    const start = request === undefined ? undefined : wantedOf(request);
    const success = request !== undefined && (start === undefined ? this.#apply(request) : this.#prepare(start));
    const { channel, perform } = this.#options;
    if (wantReply) perform({ type: 'reply-channel-request', channel, success });
    if (success && start !== undefined) this.#start();
  }

  /** Bytes for the program; what it has taken is consumed. */
  receive(data: Uint8Array): void {
    if (this.#process === undefined) this.#consume(data.length);
    else this.#process.write(data);
  }

  receiveEof(): void {
    this.#inputEnded = true;
    this.#process?.endInput();
  }

  /** The peer has room again: reading of the program's output goes on. */
  resume(): void {
    this.#process?.resume();
  }

  /** The channel or the connection is gone: descriptors are closed, and a terminal's program gets its hang-up. */
  destroy(): void {
    this.#ended = true;
    this.#process?.destroy();
    this.#terminal?.close();
    const { grant, id, log } = this.#options;
    log(stableLines.closeSession({ ...grant.peer, user: grant.user }, id));
  }

  #consume(bytes: number): void {
    this.#options.perform({ type: 'consume', channel: this.#options.channel, bytes });
  }

  #apply(request: SessionRequest): boolean {
    const { grant } = this.#options;
    switch (request.type) {
      case 'env':
        if (this.#process !== undefined || this.#accepted.size >= 1024) return false;
        if (!acceptsVariable(grant, request.name, request.value)) return false;
        this.#accepted.set(request.name, request.value);
        return true;
      case 'pty-req':
        if (!grant.permitPty || this.#terminal !== undefined || this.#process !== undefined) return false;
        this.#terminal = SessionTerminal.open(request.pty);
        return this.#terminal !== undefined;
      case 'window-change':
        this.#terminal?.resize(request.size);
        return this.#terminal !== undefined;
      case 'break':
        // RFC 4335: a pseudo-terminal has no line on which a break could be; tcsendbreak(3) does nothing there.
        return this.#terminal !== undefined;
      case 'signal':
        return this.#signal(request.name);
      case 'auth-agent-req@openssh.com':
      case 'agent-req':
        return this.#process === undefined && this.#options.forwardAgent(request.type);
      case 'eow@openssh.com':
        this.#process?.stopOutput();
        return true;
      default:
        return false;
    }
  }

  #signal(name: string): boolean {
    const refused = this.#command === undefined || this.#command.forced || this.#command.isSubsystem;
    return !refused && (this.#process?.signal(name) ?? false);
  }

  #prepare(wanted: Wanted): boolean {
    if (this.#command !== undefined || this.#ended) return false;
    const { grant, log } = this.#options;
    const command = sessionCommand(grant, wanted);
    if (command === undefined) {
      if (wanted.type === 'subsystem') log(stableLines.subsystemFailed(wanted.name, grant.user));
      return false;
    }
    this.#command = command;
    return true;
  }

  #start(): void {
    const { grant, clientIdentification, id, log, logDrain, channel, perform, queuedBytes } = this.#options;
    const command = this.#command as SessionCommand;
    const on = this.#terminal === undefined ? '' : ` on ${this.#terminal.path.replace('/dev/', '')}`;
    log(stableLines.startingSession(`${command.description}${on}`, { ...grant.peer, user: grant.user }, id));
    const closed = noLoginText(grant.uid);
    if (closed !== undefined) {
      log(stableLines.noLogins(grant.user, noLoginFile));
      return this.#failWith(closed, noLoginStatus);
    }
    try {
      this.#process = startProgram({
        grant,
        command,
        accepted: this.#accepted,
        agentPath: this.#options.agentPath(),
        factsPath: this.#options.factsPath(),
        terminal: this.#terminal,
        onOutput: (data, isError) => {
          perform(
            isError
              ? { type: 'send-data', channel, extended: extendedDataStderr, data }
              : { type: 'send-data', channel, data },
          );
          return queuedBytes() < highWaterBytes;
        },
        onConsumed: (bytes) => this.#consume(bytes),
        onEnd: (end) => this.#finish(end),
        queuedBytes,
        clientIdentification,
        log,
        logDrain,
      });
      if (this.#inputEnded) this.#process.endInput();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#notStarted(error);
    }
  }

  /** The shell, or what it needs, is not there: the client is told as by a shell that fails. */
  #notStarted(error: SystemError): void {
    const { grant, log } = this.#options;
    log(ownLines.failed(`starting ${grant.shell}`, error));
    this.#failWith(utf8Encode(`${grant.shell}: ${errorText(error.code)}\n`), 1);
  }

  /** Ends without a program: what one would have written to stderr, and its status. */
  #failWith(text: Uint8Array, code: number): void {
    const { channel, perform } = this.#options;
    const hasTerminal = this.#terminal !== undefined;
    const data = hasTerminal ? withCarriageReturns(text) : text;
    if (data.length > 0)
      perform({ type: 'send-data', channel, ...(hasTerminal ? {} : { extended: extendedDataStderr }), data });
    this.#finish({ code });
  }

  #finish(end: ProgramEnd): void {
    if (this.#ended) return;
    const { channel, perform } = this.#options;
    perform({ type: 'request-channel', channel, ...exitRequest(end) });
    perform({ type: 'send-eof', channel });
    perform({ type: 'close-channel', channel });
  }
}

/** What a terminal would make of the text. */
function withCarriageReturns(text: Uint8Array): Uint8Array {
  return Uint8Array.from([...text].flatMap((byte) => (byte === 0x0a ? [0x0d, 0x0a] : [byte])));
}

function wantedOf(request: SessionRequest): Wanted | undefined {
  return request.type === 'exec' || request.type === 'shell' || request.type === 'subsystem' ? request : undefined;
}
