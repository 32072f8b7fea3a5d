// What happens after login: a program on a session channel with the user's streams and terminal, or nothing but the
// connection (-N), until it is over one way or another; and the exit status that follows from it (ssh(1), EXIT STATUS).

import type { LogSink } from '@sallyport/protocol/log/log';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import { EscapeReader } from '@sallyport/protocol/terminal/escape';
import { encodeTerminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { SocketAddress } from '@sallyport/system/socket-address';
import type { ConnectionEnd, ConnectionPort } from '../connection-port.ts';
import { endLines } from '../end-lines.ts';
import { sessionMessages } from '../messages.ts';
import { performEscape } from './escape-actions.ts';
import { InputPump } from './input-pump.ts';
import type { KeepAlive } from './keep-alive.ts';
import { keepAlive } from './keep-alive.ts';
import type { LocalTerminal } from './local-terminal.ts';
import { OutputPump } from './output-pump.ts';
import type { Program, SessionChannelOwner } from './session-channel.ts';
import { knowsOpensshRequests, SessionChannel } from './session-channel.ts';
import type { EndingSignal } from './signals.ts';
import { onEndingSignal, signalNumber } from './signals.ts';

export interface SessionOptions {
  /** As lines name it: what the user typed. */
  readonly host: string;
  /** undefined behind a proxy command. */
  readonly peer: SocketAddress | undefined;
  /** undefined for -N. */
  readonly program: Program | undefined;
  /** Set when the program gets a terminal. */
  readonly terminal?: SessionTerminal | undefined;
  /** Variables to ask for: SendEnv and SetEnv. */
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  /** Not started; undefined is an input that is empty (-n). */
  readonly input: ByteStream | undefined;
  readonly output: ByteStream;
  readonly errorOutput: ByteStream;
  readonly keepAlive?: KeepAlive | undefined;
  /** Whether to promise the server that no other session follows. */
  readonly isOnlySession: boolean;
  readonly log: LogSink;
  /** Text for stderr as it is, even with -E. */
  readonly print: (text: string) => void;
  /** LogLevel is below INFO. */
  readonly isQuiet: () => boolean;
  /** One line louder or quieter; the new level. */
  readonly changeVerbosity: (by: 1 | -1) => string;
}

export interface SessionTerminal {
  readonly local: LocalTerminal;
  /** Value of TERM. */
  readonly term: string;
  /** Without it there is no session (-t). */
  readonly isRequired: boolean;
  readonly escapeByte: number | undefined;
}

export interface SessionEnd {
  /** For the process. */
  readonly status: number;
}

/** Runs to the end of the session and of the channels that were opened meanwhile; says goodbye to the server. */
export function runSession(port: ConnectionPort, options: SessionOptions): Promise<SessionEnd> {
  return new Session(port, options).run();
}

type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'failed' }
  | { readonly type: 'signal'; readonly signal: EndingSignal }
  | { readonly type: 'connection-ended'; readonly end: ConnectionEnd };

const unknownStatus = -1;
const failedStatus = 255;

class Session implements SessionChannelOwner {
  readonly #port: ConnectionPort;
  readonly #options: SessionOptions;
  readonly #startedAt = performance.now();
  readonly #escapes: EscapeReader | undefined;
  readonly #output: OutputPump;
  readonly #errorOutput: OutputPump;
  readonly #input: InputPump | undefined;
  readonly #settled: Promise<Outcome>;
  #settle: (outcome: Outcome) => void = () => undefined;
  #channel: SessionChannel | undefined;
  #status = unknownStatus;
  /** The program is over, and what it wrote is on its way to the user. */
  #isOver = false;

  constructor(port: ConnectionPort, options: SessionOptions) {
    this.#port = port;
    this.#options = options;
    const escapeByte = options.terminal?.escapeByte;
    this.#escapes = escapeByte === undefined ? undefined : new EscapeReader(escapeByte);
    const consumed = (bytes: number): void => this.#channel?.consume(bytes);
    this.#output = new OutputPump(options.output, { consumed, broken: () => this.#channel?.refuseOutput() });
    this.#errorOutput = new OutputPump(options.errorOutput, { consumed, broken: () => undefined });
    if (options.input !== undefined && options.program !== undefined) {
      this.#input = new InputPump(options.input, {
        send: (chunk) => this.#send(chunk),
        queuedBytes: () => this.#channel?.queuedBytes ?? 0,
        end: () => this.#channel?.sendEof(),
      });
    }
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async run(): Promise<SessionEnd> {
    const { log, terminal, keepAlive: alive } = this.#options;
    const releaseSignals = onEndingSignal((signal) => this.#settle({ type: 'signal', signal }));
    this.#open();
    log('debug1', 'Entering interactive session.');
    const onResize = (): void => this.#channel?.resize((terminal as SessionTerminal).local.size);
    if (terminal !== undefined) process.on('SIGWINCH', onResize);
    terminal?.local.enterRaw();
    const stopQuestions = alive === undefined ? undefined : keepAlive(this.#port, alive, () => this.#fellSilent());
    void this.#port.ended.then((end) => this.#connectionEnded(end));
    const outcome = await this.#settled;
    stopQuestions?.();
    this.#input?.stop();
    if (outcome.type === 'connection-ended') await this.#flush();
    releaseSignals();
    process.off('SIGWINCH', onResize);
    terminal?.local.leaveRaw();
    return { status: this.#conclude(outcome) };
  }

  opened(): void {
    if (this.#input === undefined) this.#channel?.sendEof();
    else this.#input.start();
  }

  received(data: Uint8Array, isError: boolean): void {
    (isError ? this.#errorOutput : this.#output).write(data);
  }

  sendingPossible(): void {
    this.#input?.sendingPossible();
  }

  inputUnwanted(): void {
    this.#input?.stop();
  }

  exited(status: number): void {
    this.#status = status;
  }

  terminalRefused(): void {
    const { terminal } = this.#options;
    if (terminal?.isRequired === true) this.#settle({ type: 'failed' });
    else terminal?.local.leaveRaw();
  }

  programRefused(): void {
    this.#settle({ type: 'failed' });
  }

  closed(): void {
    this.#isOver = true;
    this.#input?.stop();
    void this.#finishWithTheLastChannel();
  }

  #open(): void {
    const { program, terminal, environment, isOnlySession, log } = this.#options;
    if (program !== undefined) {
      const request = terminal && {
        term: terminal.term,
        size: terminal.local.size,
        modes: encodeTerminalModes(terminal.local.modes),
      };
      this.#channel = new SessionChannel(this.#port, { program, terminal: request, environment, log }, this);
    }
    if (!isOnlySession || !knowsOpensshRequests(this.#port.peerSoftware)) return;
    log('debug1', `Requesting ${globalRequestNames.noMoreSessions}`);
    this.#port.perform({
      type: 'request-global',
      request: globalRequestNames.noMoreSessions,
      fields: new Uint8Array(0),
    });
  }

  /** Everything that came has its way to the user; then forwarded connections may go on. */
  async #finishWithTheLastChannel(): Promise<void> {
    await this.#flush();
    this.#options.terminal?.local.leaveRaw();
    await this.#port.idle();
    this.#settle({ type: 'done' });
  }

  /** After the end of the program it is no news. */
  #connectionEnded(end: ConnectionEnd): void {
    if (this.#isOver) void this.#flush().then(() => this.#settle({ type: 'done' }));
    else this.#settle({ type: 'connection-ended', end });
  }

  async #flush(): Promise<void> {
    await Promise.all([this.#output.end(), this.#errorOutput.end()]);
  }

  #send(chunk: Uint8Array): void {
    if (this.#escapes === undefined) {
      this.#channel?.send(chunk);
      return;
    }
    for (const step of this.#escapes.read(chunk)) {
      if (step.type === 'send') this.#channel?.send(step.data);
      else this.#escape(step.command);
    }
  }

  #escape(command: Parameters<typeof performEscape>[0]): void {
    const { terminal, print, changeVerbosity } = this.#options;
    performEscape(command, escapeName(terminal?.escapeByte ?? 0), {
      print,
      changeVerbosity,
      disconnect: () => this.#settle({ type: 'disconnect' }),
      suspend: () => {
        terminal?.local.suspend();
        if (terminal !== undefined) this.#channel?.resize(terminal.local.size);
      },
      sendBreak: () => this.#channel?.sendBreak(),
      rekey: () => this.#port.rekey(),
      listChannels: () => this.#port.channels.map((channel) => `  #${channel}`),
    });
  }

  #fellSilent(): void {
    this.#options.log('info', sessionMessages.silent(this.#options.host));
    this.#settle({ type: 'failed' });
  }

  /** Says what is to be said at the end; the status of the process. */
  #conclude(outcome: Outcome): number {
    const { program, terminal, host, log, print, isQuiet } = this.#options;
    if (outcome.type === 'connection-ended') {
      if (!this.#tellEnd(outcome.end)) return failedStatus;
    } else {
      this.#port.end();
    }
    if (outcome.type === 'failed') return failedStatus;
    if (outcome.type === 'signal') {
      // Whoever ends a mere connection wants just that.
      if (program === undefined && outcome.signal === 'SIGTERM') this.#status = 0;
      else {
        log('verbose', sessionMessages.killed(signalNumber(outcome.signal)));
        return failedStatus;
      }
    }
    if (terminal !== undefined && !isQuiet()) print(`${sessionMessages.closed(host)}\r\n`);
    this.#tellTransfer();
    log('debug1', sessionMessages.exitStatus(this.#status));
    return this.#status === unknownStatus ? failedStatus : this.#status & 0xff;
  }

  /** Whether the connection ended in the way that a session may end in. */
  #tellEnd(end: ConnectionEnd): boolean {
    const { host, peer, log, print } = this.#options;
    if (end.cause.type === 'closed') {
      print(`${sessionMessages.closedByRemote(host)}\r\n`);
      return true;
    }
    if (end.cause.type === 'lost') log('error', sessionMessages.lost);
    else for (const { level, text } of endLines(end, peer)) log(level, text);
    return false;
  }

  #tellTransfer(): void {
    const { sentBytes, receivedBytes } = this.#port;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#options.log('verbose', sessionMessages.transferred(sentBytes, receivedBytes, seconds));
    this.#options.log('verbose', sessionMessages.perSecond(sentBytes / seconds, receivedBytes / seconds));
  }
}

/** As messages show the escape character. */
function escapeName(byte: number): string {
  return byte < 0x20 ? `^${String.fromCharCode(byte + 0x40)}` : String.fromCharCode(byte);
}
