// What happens after login: a program on a session channel with the user's streams and terminal, or nothing but the
// connection (-N), until it is over one way or another; and the exit status that follows from it (ssh(1), EXIT STATUS).

import type { LogSink } from '@sallyport/protocol/log/log';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import { encodeTerminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { SocketAddress } from '@sallyport/system/socket-address';
import type { ConnectionEnd, ConnectionPort } from '../connection-port.ts';
import { sessionMessages } from '../messages.ts';
import { escapedInput } from './escape-actions.ts';
import { InputPump } from './input-pump.ts';
import type { KeepAlive } from './keep-alive.ts';
import { keepAlive } from './keep-alive.ts';
import type { LocalTerminal } from './local-terminal.ts';
import type { Outcome } from './outcome.ts';
import { conclude, unknownStatus } from './outcome.ts';
import { OutputPump } from './output-pump.ts';
import type { Program, SessionChannelOwner } from './session-channel.ts';
import { knowsOpensshRequests, SessionChannel } from './session-channel.ts';
import { onEndingSignal } from './signals.ts';

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
  /** Whether the server is to let its programs use our agent. */
  readonly forwardsAgent?: boolean | undefined;
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
  /** Waited for when the program has ended, before the connection does. */
  readonly beforeEnd?: (() => Promise<void>) | undefined;
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

class Session implements SessionChannelOwner {
  readonly #port: ConnectionPort;
  readonly #options: SessionOptions;
  readonly #startedAt = performance.now();
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
    const consumed = (bytes: number): void => this.#channel?.consume(bytes);
    this.#output = new OutputPump(options.output, { consumed, broken: () => this.#channel?.refuseOutput() });
    this.#errorOutput = new OutputPump(options.errorOutput, { consumed, broken: () => undefined });
    if (options.input !== undefined && options.program !== undefined) {
      this.#input = new InputPump(options.input, {
        send: this.#sender(),
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
    let releaseSignals = (): void => undefined;
    const signalled = new Promise<Outcome>((resolve) => {
      releaseSignals = onEndingSignal((signal) => resolve({ type: 'signal', signal }));
    });
    this.#open();
    log('debug1', 'Entering interactive session.');
    const onResize = (): void => this.#channel?.resize((terminal as SessionTerminal).local.size);
    if (terminal !== undefined) process.on('SIGWINCH', onResize);
    terminal?.local.enterRaw();
    const stopQuestions = alive === undefined ? undefined : keepAlive(this.#port, alive, () => this.#fellSilent());
    void this.#port.ended.then((end) => this.#connectionEnded(end));
    const settled = await Promise.race([this.#settled, signalled]);
    stopQuestions?.();
    this.#input?.stop();
    const isLost = settled.type === 'connection-ended';
    const last = isLost ? this.#flush() : settled.type === 'done' ? this.#options.beforeEnd?.() : undefined;
    const outcome = last === undefined ? settled : await Promise.race([last.then(() => settled), signalled]);
    releaseSignals();
    process.off('SIGWINCH', onResize);
    terminal?.local.leaveRaw();
    const { program, host, peer, print, isQuiet } = this.#options;
    const hasProgram = program !== undefined && program.type !== 'stdio-forward';
    const facts = { host, peer, hasProgram, hasTerminal: terminal !== undefined };
    const past = { ...facts, status: this.#status, startedAt: this.#startedAt };
    return { status: conclude(this.#port, outcome, { ...past, log, print, isQuiet }) };
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
    const { program, terminal, environment, forwardsAgent, isOnlySession, log } = this.#options;
    if (program !== undefined) {
      const request = terminal && {
        term: terminal.term,
        size: terminal.local.size,
        modes: encodeTerminalModes(terminal.local.modes),
      };
      const wanted = { program, terminal: request, environment, forwardsAgent, log };
      this.#channel = new SessionChannel(this.#port, wanted, this);
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
    await Promise.all([this.#output.flush(), this.#errorOutput.flush()]);
  }

  /** What becomes of the user's input. */
  #sender(): (chunk: Uint8Array) => void {
    const { terminal, print, changeVerbosity } = this.#options;
    const send = (data: Uint8Array): void => this.#channel?.send(data);
    if (terminal?.escapeByte === undefined) return send;
    return escapedInput(terminal.escapeByte, send, {
      print,
      changeVerbosity,
      disconnect: () => this.#settle({ type: 'disconnect' }),
      suspend: () => {
        terminal.local.suspend();
        this.#channel?.resize(terminal.local.size);
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
}
