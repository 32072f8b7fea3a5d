// The session channel of the client (RFC 4254 section 6): asks for a terminal, variables and the program without
// waiting for an answer in between, and tells its owner what comes. It knows nothing of descriptors and terminals.

import type { ChannelWindow } from '@sallyport/protocol/connection/events';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import {
  breakFields,
  envFields,
  execFields,
  exitStatusFields,
  ptyRequestFields,
  shellFields,
  subsystemFields,
  windowChangeFields,
} from '@sallyport/protocol/messages/channel-requests';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { WindowSize } from '@sallyport/system/pty';
import type { ChannelEvent, ChannelOpening, ConnectionPort } from '../connection-port.ts';
import { forwardMessages, sessionMessages } from '../messages.ts';
import { openFailureText } from '../open-failure.ts';

export type Program =
  | { readonly type: 'shell' }
  | { readonly type: 'exec'; readonly command: string }
  | { readonly type: 'subsystem'; readonly name: string }
  /** No program: our streams are a connection that the server makes (-W). */
  | { readonly type: 'stdio-forward'; readonly opening: ChannelOpening };

export interface TerminalRequest {
  /** Value of TERM. */
  readonly term: string;
  readonly size: WindowSize;
  /** Encoded (RFC 4254 section 8). */
  readonly modes: Uint8Array;
}

export interface SessionChannelOptions {
  readonly program: Program;
  readonly terminal?: TerminalRequest | undefined;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  /** Whether the server is to let its programs use our agent. */
  readonly forwardsAgent?: boolean | undefined;
  /** Of what we receive; OpenSSH's sizes unless told. */
  readonly window?: ChannelWindow | undefined;
  readonly log: LogSink;
}

export interface SessionChannelOwner {
  /** Data may be sent. */
  opened(): void;
  /** A view that is valid until this returns. */
  received(data: Uint8Array, isError: boolean): void;
  sendingPossible(): void;
  /** The server sends no more data; its other words may follow. */
  outputEnded?(): void;
  /** The server takes no more input (PROTOCOL section 2.1). */
  inputUnwanted(): void;
  exited(status: number): void;
  terminalRefused(): void;
  programRefused(): void;
  /** The channel is gone, or was never opened. */
  closed(): void;
}

/** OpenSSH's sizes: a session with a terminal has half of everything. */
const plainWindow: ChannelWindow = { bytes: 2 * 1024 * 1024, maximumPacketBytes: 32 * 1024 };
const terminalWindow: ChannelWindow = { bytes: 1024 * 1024, maximumPacketBytes: 16 * 1024 };
const tokens = { terminal: 1, program: 2 } as const;
const breakMs = 1000;
const nothing = new Uint8Array(0);

export class SessionChannel {
  readonly #port: ConnectionPort;
  readonly #options: SessionChannelOptions;
  readonly #owner: SessionChannelOwner;
  readonly #channel: number;
  #isOpen = false;

  constructor(port: ConnectionPort, options: SessionChannelOptions, owner: SessionChannelOwner) {
    this.#port = port;
    this.#options = options;
    this.#owner = owner;
    const { opening, name } = channelFor(options);
    this.#channel = port.openChannel(opening, (event) => this.#handle(event));
    const { channelType } = opening;
    options.log('debug1', `channel ${this.#channel}: new ${channelType} [${name}] (inactive timeout: 0)`);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get queuedBytes(): number {
    return this.#isOpen ? this.#port.queuedBytes(this.#channel) : 0;
  }

  /** Takes the data for good. */
  send(data: Uint8Array): void {
    if (this.#isOpen) this.#port.perform({ type: 'send-data', channel: this.#channel, data });
  }

  sendEof(): void {
    if (this.#isOpen) this.#port.perform({ type: 'send-eof', channel: this.#channel });
  }

  /** So many received bytes have been passed on. */
  consume(bytes: number): void {
    if (this.#isOpen) this.#port.perform({ type: 'consume', channel: this.#channel, bytes });
  }

  resize(size: WindowSize): void {
    this.#request('window-change', windowChangeFields.encode(size));
  }

  sendBreak(): void {
    this.#request('break', breakFields.encode({ lengthMs: breakMs }));
  }

  /** Nobody reads our output any more; only OpenSSH and we know the word for it (PROTOCOL section 2.1). */
  refuseOutput(): void {
    if (knowsOpensshRequests(this.#port.peerSoftware)) this.#request('eow@openssh.com', nothing);
  }

  #request(request: string, fields: Uint8Array, token?: number): void {
    if (!this.#isOpen) return;
    const answered = token === undefined ? {} : { token };
    this.#port.perform({ type: 'request-channel', channel: this.#channel, request, fields, ...answered });
  }

  #handle(event: ChannelEvent): void {
    switch (event.type) {
      case 'data-received':
        return this.#owner.received(event.data, event.extended !== undefined);
      case 'sending-possible':
        return this.#owner.sendingPossible();
      case 'channel-opened':
        this.#isOpen = true;
        this.#startProgram();
        return this.#owner.opened();
      case 'channel-refused':
        return this.#refused(openFailureText(event.reason, event.description));
      case 'channel-request-received':
        return this.#answerRequest(event);
      case 'channel-request-answered':
        return this.#requestAnswered(event.token, event.success);
      case 'channel-closed':
        this.#isOpen = false;
        if (this.#isForward) this.#owner.exited(0);
        return this.#owner.closed();
      case 'eof-received':
        return this.#owner.outputEnded?.();
      case 'channel-requested':
        // Not about a channel of ours.
        return;
    }
  }

  #startProgram(): void {
    const { terminal, environment, program, forwardsAgent, log } = this.#options;
    if (forwardsAgent === true) {
      log('debug1', 'Requesting authentication agent forwarding.');
      this.#request('auth-agent-req@openssh.com', nothing);
    }
    if (terminal !== undefined) {
      const { term, size, modes } = terminal;
      this.#request('pty-req', ptyRequestFields.encode({ term, ...size, modes }), tokens.terminal);
    }
    if (environment.length > 0) log('debug1', 'Sending environment.');
    for (const { name, value } of environment) {
      log('debug1', `channel ${this.#channel}: setting env ${visible(name)} = "${visible(value)}"`);
      this.#request('env', envFields.encode({ name: utf8Encode(name), value: utf8Encode(value) }));
    }
    switch (program.type) {
      case 'shell':
        return this.#request('shell', shellFields.encode({}), tokens.program);
      case 'exec':
        log('debug1', `Sending command: ${visible(program.command)}`);
        return this.#request('exec', execFields.encode({ command: utf8Encode(program.command) }), tokens.program);
      case 'subsystem':
        log('debug1', `Sending subsystem: ${visible(program.name)}`);
        return this.#request('subsystem', subsystemFields.encode({ name: program.name }), tokens.program);
      case 'stdio-forward':
        return;
    }
  }

  get #isForward(): boolean {
    return this.#options.program.type === 'stdio-forward';
  }

  #refused(reason: string): void {
    this.#options.log('info', sessionMessages.openFailed(this.#channel, reason));
    if (this.#isForward) this.#options.log('fatal', forwardMessages.stdioFailed);
    this.#owner.closed();
  }

  #requestAnswered(token: number, success: boolean): void {
    if (success) return;
    const { program, log } = this.#options;
    const what = token === tokens.terminal ? 'PTY allocation' : program.type;
    log('error', sessionMessages.requestFailed(what, this.#channel));
    if (token === tokens.terminal) this.#owner.terminalRefused();
    else this.#owner.programRefused();
  }

  #answerRequest(event: Extract<ChannelEvent, { readonly type: 'channel-request-received' }>): void {
    const { request, wantReply, fields } = event;
    const reply = wantReply ? 1 : 0;
    const about = `channel ${this.#channel} rtype ${visible(request)} reply ${reply}`;
    this.#options.log('debug1', `client_input_channel_req: ${about}`);
    const success = this.#obey(request, fields);
    if (wantReply) this.#port.perform({ type: 'reply-channel-request', channel: this.#channel, success });
  }

  /** What a server may ask of its client's session; exit-signal has no status that it could become. */
  #obey(request: string, fields: Uint8Array): boolean {
    if (request === 'eow@openssh.com') {
      this.#owner.inputUnwanted();
      return true;
    }
    if (request !== 'exit-status') return false;
    try {
      this.#owner.exited(exitStatusFields.decode(fields).status);
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }
}

function channelFor({ program, terminal, window: asked }: SessionChannelOptions): {
  readonly opening: ChannelOpening;
  readonly name: string;
} {
  if (program.type === 'stdio-forward') return { opening: program.opening, name: 'stdio-forward' };
  const window = asked ?? (terminal === undefined ? plainWindow : terminalWindow);
  return { opening: { channelType: 'session', fields: nothing, window }, name: 'client-session' };
}

/** Whether a server understands requests that only OpenSSH's documents name and other servers may choke on. */
export function knowsOpensshRequests(software: string): boolean {
  return /^(?:OpenSSH|Sallyport)_/.test(software);
}
