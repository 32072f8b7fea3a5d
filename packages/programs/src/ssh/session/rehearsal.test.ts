// A session in memory for the tests beside this file: streams that the test holds the other ends of, and a server that
// does what the test says with the one channel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { makePipe } from '@sallyport/system/descriptors';
import type { MemoryServerOptions } from '@sallyport/testing/memory-server';
import { MemoryServer } from '@sallyport/testing/memory-server';
import { clientOptions } from '@sallyport/testing/stack-pair';
import type { ConnectionPort } from '../connection-port.ts';
import { openConnection } from '../open-connection.ts';
import type { SessionEnd, SessionOptions } from './run-session.ts';
import { runSession } from './run-session.ts';

const crypto = createCryptoProvider();

type ServerConnectionCommand = Extract<ServerStackCommand, { readonly protocol: 'connection' }>;
export type ServerConnectionEvent = Extract<ServerStackEvent, { readonly protocol: 'connection' }>;
type WithoutProtocol<Command> = Command extends unknown ? Omit<Command, 'protocol'> : never;

export interface RehearsalOptions {
  readonly session?: Partial<SessionOptions>;
  /** What the server does with an event of the connection protocol; true when nothing more is to be done. */
  readonly onServer?: (event: ServerConnectionEvent, rehearsal: Rehearsal) => boolean;
  /** Gets what the server's transport has to tell. */
  readonly onTransport?: (event: Extract<ServerStackEvent, { readonly protocol: 'transport' }>) => void;
  readonly server?: MemoryServerOptions['server'];
}

export class Rehearsal {
  readonly end: Promise<SessionEnd>;
  readonly port: ConnectionPort;
  readonly server: MemoryServer;
  /** The test's ends: it writes the input and reads the outputs. */
  readonly input: ByteStream;
  readonly output: ByteStream;
  readonly errorOutput: ByteStream;
  readonly lines: string[];
  printed = '';
  /** What the server got of the client's requests, by name. */
  readonly requests: { readonly name: string; readonly wantReply: boolean; readonly fields: Uint8Array }[] = [];
  /** The server's number of the channel. */
  channel = -1;

  private constructor(
    port: ConnectionPort,
    parts: { server: MemoryServer; lines: string[]; options: RehearsalOptions },
  ) {
    this.port = port;
    this.server = parts.server;
    this.lines = parts.lines;
    const [input, output, errorOutput] = [makePipe(), makePipe(), makePipe()];
    this.input = openDescriptor(input.writeFd);
    this.output = openDescriptor(output.readFd);
    this.errorOutput = openDescriptor(errorOutput.readFd);
    const streams = [openDescriptor(output.writeFd), openDescriptor(errorOutput.writeFd)] as const;
    const reader = openDescriptor(input.readFd);
    const end = runSession(port, {
      host: 'example.org',
      peer: { address: '192.0.2.7', port: 22 },
      program: { type: 'exec', command: 'prog' },
      environment: [],
      input: reader,
      output: streams[0],
      errorOutput: streams[1],
      isOnlySession: false,
      log: (level, line) => this.lines.push(`${level}: ${line}`),
      print: (text) => {
        this.printed += text;
      },
      isQuiet: () => false,
      changeVerbosity: (by) => (by > 0 ? 'debug1' : 'info'),
      ...parts.options.session,
    });
    // As the end of the process does.
    this.end = end.finally(() => {
      for (const stream of streams) stream.end();
      reader.destroy();
    });
  }

  static async start(options: RehearsalOptions = {}): Promise<Rehearsal> {
    const started: { rehearsal?: Rehearsal } = {};
    const server = new MemoryServer({
      crypto,
      ...(options.server === undefined ? {} : { server: options.server }),
      onEvent: (event) => {
        if (event.protocol === 'transport') options.onTransport?.(event);
        return event.protocol === 'connection' && started.rehearsal?.hear(event, options) === true;
      },
    });
    const lines: string[] = [];
    const opened = await openConnection({
      stream: server.stream,
      stack: clientOptions({ crypto, client: { now: performance.now() } }),
      judgeHostKey: () => true,
      login: {
        learn: () => undefined,
        answer: () => Promise.resolve({ type: 'attempt', attempt: { method: 'none' } }),
      },
      log: () => undefined,
    });
    if (!('port' in opened)) throw new Error('no login in memory');
    started.rehearsal = new Rehearsal(opened.port, { server, lines, options });
    return started.rehearsal;
  }

  /** The server's side of the connection protocol. */
  perform(command: WithoutProtocol<ServerConnectionCommand>): void {
    this.server.perform({ protocol: 'connection', ...command });
  }

  /** What the program writes, in the order of the calls. */
  say(text: string | Uint8Array, extended?: number): void {
    const data = typeof text === 'string' ? Buffer.from(text) : text;
    this.perform({ type: 'send-data', channel: this.channel, data, ...(extended === undefined ? {} : { extended }) });
  }

  request(name: string, fields: Uint8Array = new Uint8Array(0), token?: number): void {
    const asked = token === undefined ? {} : { token };
    this.perform({ type: 'request-channel', channel: this.channel, request: name, fields, ...asked });
  }

  /** The program ends with that status. */
  exit(status: number): void {
    this.request('exit-status', Buffer.from([0, 0, 0, status]));
    this.close();
  }

  close(): void {
    this.perform({ type: 'send-eof', channel: this.channel });
    this.perform({ type: 'close-channel', channel: this.channel });
  }

  hear(event: ServerConnectionEvent, { onServer }: RehearsalOptions): boolean {
    if (event.type === 'channel-request-received') {
      const { request: name, wantReply, fields } = event;
      this.requests.push({ name, wantReply, fields: fields.slice() });
    }
    if (event.type === 'channel-requested' && event.channelType === 'session') this.channel = event.channel;
    if (onServer?.(event, this) === true) return true;
    if (event.type === 'channel-requested') this.perform({ type: 'confirm-channel', channel: event.channel });
    else if (event.type === 'channel-request-received' && event.wantReply) {
      this.perform({ type: 'reply-channel-request', channel: event.channel, success: true });
    }
    return true;
  }
}

/** Everything that comes out of a stream until its end. */
export function readAll(stream: ByteStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  stream.onData = (chunk) => chunks.push(chunk);
  const ended = new Promise<Buffer>((resolve) => {
    stream.onEnd = () => resolve(Buffer.concat(chunks));
  });
  stream.resume();
  return ended;
}

/** Has the server start the program when it is asked for. */
export function whenStarted(act: (rehearsal: Rehearsal) => void): NonNullable<RehearsalOptions['onServer']> {
  return (event, rehearsal) => {
    if (event.type === 'channel-request-received' && ['exec', 'shell', 'subsystem'].includes(event.request)) {
      setImmediate(() => act(rehearsal));
    }
    return false;
  };
}

test('a rehearsed session runs to its end', async () => {
  const rehearsal = await Rehearsal.start({ onServer: whenStarted((self) => self.exit(3)) });
  assert.deepEqual(await rehearsal.end, { status: 3 });
});
