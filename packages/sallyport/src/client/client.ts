// A connection to a server, as an application sees it: run commands,
// start programs, dial through it, close it.

import type { ChannelWindow } from '@sallyport/protocol/connection/events';
import {
  envFields,
  execFields,
  ptyRequestFields,
  shellFields,
  subsystemFields,
} from '@sallyport/protocol/messages/channel-requests';
import { directTcpipFields } from '@sallyport/protocol/messages/connection';
import type { NegotiatedAlgorithms } from '@sallyport/protocol/transport/events';
import { utf8Decode, utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { CallOptions } from '../cancellation.ts';
import { cancellable, throwIfAborted, watch } from '../cancellation.ts';
import type { Channel } from '../channel/channel.ts';
import { CommandError, SshError } from '../errors.ts';
import { sftpOverChannel, sftpWindow } from '../sftp/sftp-channel.ts';
import type { SftpClient } from '../sftp/sftp-client.ts';
import { CommandResult } from './command-result.ts';
import { DialedStream } from './dialed-stream.ts';
import { quoteCommand } from './quote.ts';
import type { TerminalSize } from './remote-process.ts';
import { RemoteProcess } from './remote-process.ts';
import type { ClientSession } from './session.ts';

/** A terminal for the program. */
export interface PtyOptions extends Partial<TerminalSize> {
  /** Value of TERM; `xterm-256color` unless told. */
  readonly term?: string;
  /** Encoded terminal modes (RFC 4254 section 8) without the final 0; none unless told. */
  readonly modes?: Uint8Array;
}

/** What a program reads: all of it, or pieces as they come. */
export type ProgramInput = string | Uint8Array | AsyncIterable<Uint8Array | string>;

export interface SpawnOptions extends CallOptions {
  /** Give the program a terminal; its stderr then comes with stdout. */
  readonly pty?: boolean | PtyOptions;
  /** Variables asked for; servers take only those that they are configured to take. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sent and ended; without it `stdin` is the caller's. */
  readonly input?: ProgramInput;
}

export interface RunOptions extends SpawnOptions {
  /** Reject with CommandError unless the command ends with status 0. */
  readonly check?: boolean;
  /** Bytes of stdout and of stderr that are kept; more rejects with code `limit-exceeded`. 64 MiB unless told. */
  readonly outputLimitBytes?: number;
}

interface OpenWindow {
  readonly window?: ChannelWindow;
}

const defaultSize = { columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 };

export class Client implements AsyncDisposable {
  /** Resolves, never rejects: undefined after end(), else what took the connection away. */
  readonly closed: Promise<SshError | undefined>;
  /** The user we are logged in as. */
  readonly user: string;
  readonly #session: ClientSession;

  /** Made by connect(). */
  constructor(session: ClientSession, user: string) {
    this.#session = session;
    this.user = user;
    this.closed = session.closed;
  }

  /** What the latest key exchange agreed on. */
  get negotiated(): NegotiatedAlgorithms {
    const { algorithms } = this.#session.facts;
    if (algorithms === undefined) throw new Error('no key exchange yet');
    return algorithms;
  }

  /** The server's identification line, such as `SSH-2.0-OpenSSH_9.2p1`. */
  get serverIdentification(): string {
    return this.#session.facts.identification ?? '';
  }

  /** The server's extensions (RFC 8308) as text. */
  get serverExtensions(): ReadonlyMap<string, string> {
    return new Map([...(this.#session.facts.extensions ?? [])].map(([name, value]) => [name, utf8Decode(value)]));
  }

  /** The blob of the server's host key, or of the certificate that it presented. */
  get hostKey(): Uint8Array {
    return this.#session.facts.hostKey ?? new Uint8Array(0);
  }

  /**
   * Runs a command to its end. An array is quoted for a POSIX shell word by word, a string is sent as it is. Rejects
   * with ChannelError when it cannot be started, TimeoutError or AbortedError when given up (the channel is closed,
   * the connection goes on), ConnectionLostError, and with `check` CommandError.
   */
  async run(command: string | readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const { signal, timeoutMs, check, outputLimitBytes, ...rest } = options;
    throwIfAborted({ signal });
    let cancelled: SshError | undefined;
    let process: RemoteProcess | undefined;
    const stop = watch({ signal, timeoutMs }, (error) => {
      cancelled = error;
      process?.abort(error);
    });
    try {
      process = await this.spawn(command, { signal, timeoutMs, ...rest, input: rest.input ?? '' });
      if (cancelled !== undefined) throw cancelled;
      const result = await collect(process, outputLimitBytes);
      if (check === true && result.exit.code !== 0) throw new CommandError(result);
      return result;
    } catch (error) {
      process?.abort();
      throw error;
    } finally {
      stop();
    }
  }

  /**
   * Starts a command and resolves when the server has started it. Aborting `signal` later ends the program;
   * `timeoutMs` limits the start only.
   */
  spawn(command: string | readonly string[], options: SpawnOptions = {}): Promise<RemoteProcess> {
    const line = typeof command === 'string' ? command : quoteCommand(command);
    return this.#start({ request: 'exec', fields: execFields.encode({ command: utf8Encode(line) }) }, options);
  }

  /** Starts the user's shell, with a terminal unless `pty` is false. */
  shell(options: SpawnOptions = {}): Promise<RemoteProcess> {
    return this.#start({ request: 'shell', fields: shellFields.encode({}) }, { pty: true, ...options });
  }

  /** Starts a subsystem, such as `sftp`. */
  subsystem(name: string, options: SpawnOptions = {}): Promise<RemoteProcess> {
    return this.#start({ request: 'subsystem', fields: subsystemFields.encode({ name }) }, options);
  }

  /** Opens the server's files: the subsystem `sftp` in a channel of its own, which ends with the returned client. */
  async sftp(options: CallOptions = {}): Promise<SftpClient> {
    const fields = subsystemFields.encode({ name: 'sftp' });
    const channel = await this.#open('session', new Uint8Array(0), { ...options, window: sftpWindow });
    const asked = (): Promise<void> => channel.request('subsystem', fields);
    try {
      await cancellable(options, asked, () => undefined);
      return await sftpOverChannel(channel, options);
    } catch (error) {
      channel.close({ discard: true });
      throw error;
    }
  }

  /**
   * Has the server connect to a host and port (direct-tcpip, RFC 4254 section 7.2). Rejects with ChannelError when it
   * may not or cannot.
   */
  async dial(host: string, port: number, options: CallOptions = {}): Promise<DialedStream> {
    const fields = directTcpipFields.encode({ host, port, originatorAddress: '127.0.0.1', originatorPort: 0 });
    const channel = await this.#open('direct-tcpip', fields, options);
    return new DialedStream(channel);
  }

  /** Resolves when the server has answered a question: a sign of life. */
  ping(options: CallOptions = {}): Promise<void> {
    return cancellable(
      options,
      () => this.#session.ping(),
      () => undefined,
    );
  }

  /** Closes the connection; what is pending rejects with code `closed`. Resolves when it is closed. */
  end(): Promise<void> {
    return this.#session.end();
  }

  /** The same as end(). */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #start(
    program: { readonly request: string; readonly fields: Uint8Array },
    options: SpawnOptions,
  ): Promise<RemoteProcess> {
    const channel = await this.#open('session', new Uint8Array(0), options);
    const process = new RemoteProcess(channel);
    const requests = (): Promise<unknown> => {
      for (const [name, value] of Object.entries(options.env ?? {})) {
        channel.notify('env', envFields.encode({ name: utf8Encode(name), value: utf8Encode(value) }));
      }
      const asked = options.pty === undefined || options.pty === false ? [] : [requestPty(channel, options.pty)];
      return Promise.all([...asked, channel.request(program.request, program.fields)]);
    };
    try {
      await cancellable(options, requests, (error) => process.abort(error));
    } catch (error) {
      process.abort();
      throw error;
    }
    const stop = watch({ signal: options.signal }, (error) => process.abort(error));
    void process.closed.then(stop);
    if (options.signal?.aborted === true) process.abort();
    if (options.input !== undefined) void send(process, options.input);
    return process;
  }

  /** A channel that is given up while it opens is closed as soon as it is there. */
  #open(channelType: string, fields: Uint8Array, options: CallOptions & OpenWindow): Promise<Channel> {
    const { window } = options;
    let opening: Promise<Channel> | undefined;
    return cancellable(
      options,
      () => {
        opening = this.#session.channels.open(channelType, { fields, ...(window === undefined ? {} : { window }) });
        return opening;
      },
      () => {
        opening?.then(
          (channel) => channel.close({ discard: true }),
          () => undefined,
        );
      },
    );
  }
}

async function collect(process: RemoteProcess, limitBytes: number | undefined): Promise<CommandResult> {
  const [stdoutBytes, stderrBytes, exit] = await Promise.all([
    process.stdout.bytes(limitBytes),
    process.stderr.bytes(limitBytes),
    process.exited,
  ]);
  return new CommandResult(exit, stdoutBytes, stderrBytes);
}

function requestPty(channel: Channel, pty: true | PtyOptions): Promise<void> {
  const { term = 'xterm-256color', modes = new Uint8Array(0), ...size } = pty === true ? {} : pty;
  const ended = new Uint8Array([...modes, 0]);
  return channel.request('pty-req', ptyRequestFields.encode({ term, ...defaultSize, ...size, modes: ended }));
}

/**
 * A program may end without reading all that it is sent: that is no error. An error of the input itself ends the
 * program.
 */
async function send(process: RemoteProcess, input: ProgramInput): Promise<void> {
  const chunks = typeof input === 'string' || input instanceof Uint8Array ? [input] : input;
  try {
    for await (const chunk of chunks) {
      const left = await process.stdin.write(chunk).then(
        () => true,
        () => false,
      );
      if (!left) return;
    }
    process.stdin.end();
  } catch (error) {
    process.abort(new SshError('aborted', 'the input of the program failed', { cause: error }));
  }
}
