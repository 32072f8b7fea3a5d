// A session of a client on our server (RFC 4254 section 6): the program it asks for, its terminal and variables,
// three streams, later requests, and how it ends.

import {
  breakFields,
  envFields,
  execFields,
  exitSignalFields,
  exitStatusFields,
  ptyRequestFields,
  signalFields,
  subsystemFields,
  windowChangeFields,
} from '@sallyport/protocol/messages/channel-requests';
import { utf8Decode, utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';

import type { ByteSink } from '../channel/byte-sink.ts';
import type { ByteSource } from '../channel/byte-source.ts';
import type { Channel } from '../channel/channel.ts';
import { sessionStream } from '../channel/channel-stream.ts';
import type { Exit } from '../client/command-result.ts';
import type { TerminalSize } from '../client/remote-process.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import type { CertificateRights } from '../keys/certificates.ts';
import type { SucceededMethod } from './policy.ts';
import { RequestQueue } from './request-queue.ts';

/** What runs in a session. */
export type SessionProgram =
  | { readonly kind: 'shell' }
  | { readonly kind: 'exec'; readonly command: string; readonly commandBytes: Uint8Array }
  | { readonly kind: 'subsystem'; readonly name: string };

export interface SessionTerminal extends Required<TerminalSize> {
  readonly term: string;
  /** Encoded modes (RFC 4254 section 8). */
  readonly modes: Uint8Array;
}

/** What a client asks of a running program. */
export type SessionRequest =
  /** The name without `SIG`. */
  | { readonly type: 'signal'; readonly name: string }
  | ({ readonly type: 'resize' } & Required<TerminalSize>)
  | { readonly type: 'break'; readonly lengthMs: number };

/** Who is logged in, and from where. */
export interface Peer {
  readonly user: string;
  readonly remoteAddress: string | undefined;
  readonly identification: string;
  /** The methods that let the client in, in order. */
  readonly login: readonly SucceededMethod[];
}

/** Whether the user's certificate, if the login was by one, permits that. */
export function permits({ login }: Peer, what: keyof CertificateRights['permissions']): boolean {
  return login.every(({ certificate }) => certificate?.rights.permissions[what] !== false);
}

function forcedProgram({ login }: Peer): SessionProgram | undefined {
  const [command] = login.flatMap(({ certificate }) => certificate?.rights.forceCommand ?? []);
  return command === undefined ? undefined : { kind: 'exec', command, commandBytes: utf8EncodeReversibly(command) };
}

/** Variables of one session; more are refused. */
const maximumVariables = 128;

export class ServerSession {
  readonly peer: Peer;
  /** What to run: the command that the user's certificate forces, or else what the client has asked for. */
  readonly program: SessionProgram;
  /** What the client has asked for; differs from `program` only where a command is forced. */
  readonly requested: SessionProgram;
  /** Variables that the client asked for, unchecked. */
  readonly env: ReadonlyMap<string, string>;
  readonly terminal: SessionTerminal | undefined;
  /** What the client sends; ends with its EOF. */
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** Signals, sizes and breaks as they come; ends with the session. */
  readonly requests: AsyncIterable<SessionRequest>;
  /** Aborted when the client has closed the session or is gone. */
  readonly signal: AbortSignal;
  readonly #channel: Channel;

  /** Made by SessionStart when the program is asked for. */
  constructor(channel: Channel, start: SessionStart, requested: SessionProgram) {
    this.#channel = channel;
    this.peer = start.peer;
    this.requested = requested;
    this.program = forcedProgram(start.peer) ?? requested;
    this.env = new Map(start.env);
    this.terminal = start.terminal;
    this.stdin = channel.input;
    this.stdout = channel.output;
    this.stderr = channel.errorOutput;
    channel.sendEofWithExit();
    this.requests = start.requests;
    const gone = new AbortController();
    this.signal = gone.signal;
    void channel.closed.then(() => {
      start.requests.end();
      gone.abort();
    });
  }

  /** `stdin` and `stdout` as one stream, which takes both over; the session ends by its exit nevertheless. */
  stream(): ByteStream {
    const channel = this.#channel;
    const { closed } = channel;
    return sessionStream({
      input: this.stdin,
      output: this.stdout,
      closed,
      destroy: () => channel.close({ discard: true }),
    });
  }

  /** Says how the program ended, and closes when what was written has left. Once. */
  exit(how: number | Exit = 0): void {
    if (typeof how === 'number' || how.signal === undefined) {
      const status = typeof how === 'number' ? how : how.code;
      this.#channel.notify('exit-status', exitStatusFields.encode({ status: status >>> 0 }));
    } else {
      const { signal, coreDumped, description } = how;
      const fields = { name: signal, coreDumped, description, language: '' };
      this.#channel.notify('exit-signal', exitSignalFields.encode(fields));
    }
    this.#channel.endOutputs();
    this.#channel.close();
  }
}

/** A session channel before and after its program starts: judges the client's requests. */
export class SessionStart {
  readonly peer: Peer;
  readonly env = new Map<string, string>();
  readonly requests = new RequestQueue<SessionRequest>();
  terminal: SessionTerminal | undefined;
  readonly #channel: Channel;
  readonly #run: (session: ServerSession) => void;
  #started = false;

  /** `run` gets the session when its program is asked for. */
  constructor(channel: Channel, peer: Peer, run: (session: ServerSession) => void) {
    this.#channel = channel;
    this.peer = peer;
    this.#run = run;
    channel.onRequest = (request, fields) => this.#judge(request, fields);
  }

  #judge(request: string, fields: Uint8Array): boolean {
    switch (request) {
      case 'exec': {
        const { command } = execFields.decode(fields);
        return this.#start({ kind: 'exec', command: utf8Decode(command), commandBytes: command });
      }
      case 'shell':
        return this.#start({ kind: 'shell' });
      case 'subsystem':
        return this.#start({ kind: 'subsystem', name: subsystemFields.decode(fields).name });
      case 'pty-req':
        return this.#terminalRequested(fields);
      case 'env':
        return this.#variableRequested(fields);
      case 'window-change':
        return this.requests.push({ type: 'resize', ...windowChangeFields.decode(fields) });
      case 'signal':
        return this.requests.push({ type: 'signal', name: signalFields.decode(fields).name });
      case 'break':
        return this.requests.push({ type: 'break', lengthMs: breakFields.decode(fields).lengthMs });
      default:
        return false;
    }
  }

  /** RFC 4254 section 6.5: only one program a session. */
  #start(program: SessionProgram): boolean {
    if (this.#started) return false;
    this.#started = true;
    this.#run(new ServerSession(this.#channel, this, program));
    return true;
  }

  #terminalRequested(fields: Uint8Array): boolean {
    if (this.#started || this.terminal !== undefined) return false;
    if (!permits(this.peer, 'pty')) return false;
    const { term, columns, rows, widthPixels, heightPixels, modes } = ptyRequestFields.decode(fields);
    this.terminal = { term, columns, rows, widthPixels, heightPixels, modes };
    return true;
  }

  #variableRequested(fields: Uint8Array): boolean {
    if (this.#started || this.env.size >= maximumVariables) return false;
    const { name, value } = envFields.decode(fields);
    this.env.set(utf8Decode(name), utf8Decode(value));
    return true;
  }
}
