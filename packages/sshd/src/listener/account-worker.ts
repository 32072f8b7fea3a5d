// One account process seen from the monitor: started with the account's identity, given connections, told to stop
// when it has been idle. What comes from it are log lines, requests for re-key signatures and the news that a
// connection has ended.

import { callOfNumber, limitsOf } from '@sallyport/protocol/codec/frame-table';
import type { ValueOf } from '@sallyport/protocol/codec/struct';
import { logLevels, onOneLine } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { facilities } from '@sallyport/system/syslog';
import type { ChannelEnd } from '../frames/frame-channel.ts';
import { FrameChannel } from '../frames/frame-channel.ts';
import { accountCalls, accountCommands } from '../monitor/calls.ts';
import { ownLines } from '../own-lines.ts';

/** Whom an account process becomes before it serves anyone. */
export interface AccountIdentity {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** The folder that it makes its root first. */
  readonly chroot?: string;
}

/** What it is told first, as JSON. */
export interface AccountStart {
  readonly identity: AccountIdentity;
  /** From encodeStackSettings(). */
  readonly settings: string;
}

export interface Adoption {
  readonly connection: number;
  /** Closed by the caller afterwards. */
  readonly fd: number;
  readonly sessionId: Uint8Array;
  readonly snapshot: Uint8Array;
  readonly grant: string;
}

export interface AccountWorkerOptions {
  readonly pid: number;
  /** Ends the process, which serves nobody any more. */
  readonly kill: () => void;
  readonly calls: ByteStream;
  readonly pass: (descriptors: readonly number[], text: string) => void;
  readonly identity: AccountIdentity;
  readonly settings: string;
  /** How long a process without connections is kept, in milliseconds. */
  readonly idleMs: number;
  readonly sign: (algorithm: string, hostKey: Uint8Array, data: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Proof that there is such a host key, for that session. */
  readonly prove: (hostKey: Uint8Array, sessionId: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly log: (line: LogLine) => void;
  readonly onConnectionEnded: (connection: number) => void;
  /** It is told to stop, or is gone: no more connections for it. */
  readonly onGone: () => void;
}

export class AccountWorker {
  readonly #options: AccountWorkerOptions;
  readonly #channel: FrameChannel;
  /** Numbers to session identifiers. */
  readonly #connections = new Map<number, Uint8Array>();
  /** Connections that wait for a signature: one each. */
  readonly #signing = new Set<number>();
  readonly #proving = new Set<number>();
  #idle: NodeJS.Timeout | undefined;
  #gone = false;

  constructor(options: AccountWorkerOptions) {
    this.#options = options;
    this.#channel = new FrameChannel(options.calls, {
      limitBytes: limitsOf(accountCalls),
      frame: (number, body) => this.#receive(number, body),
      closed: (reason) => this.#closed(reason),
    });
    const { identity, settings } = options;
    options.pass([], JSON.stringify({ identity, settings } satisfies AccountStart));
  }

  /**
   * Gives it a connection. The descriptor goes first, so that it waits when the command arrives. Throws when the
   * process has ended or takes no more.
   */
  adopt(adoption: Adoption): void {
    const { connection, fd, sessionId, snapshot, grant } = adoption;
    this.#options.pass([fd], 'adopt');
    clearTimeout(this.#idle);
    this.#connections.set(connection, sessionId);
    this.#channel.send(accountCommands.adopt, { connection, sessionId, snapshot, grant });
  }

  /** Ends a process that serves nobody; one that does goes on by itself. */
  stopWhenIdle(): void {
    if (this.#connections.size === 0) this.#channel.send(accountCommands.stop, {});
  }

  #receive(number: number, body: Uint8Array): void {
    switch (callOfNumber(accountCalls, number)) {
      case 'log': {
        const { connection, level, line } = accountCalls.log.fields.decode(body);
        return this.#log({ connection, level, line });
      }
      case 'serviceLog': {
        const { facility, ...value } = accountCalls.serviceLog.fields.decode(body);
        if (!isServiceFacility(facility)) throw new DecodeError('log line for an unknown facility');
        return this.#log(value, facility);
      }
      case 'sign':
        return this.#sign(accountCalls.sign.fields.decode(body));
      case 'prove':
        return this.#prove(accountCalls.prove.fields.decode(body));
      case 'ended':
        return this.#ended(accountCalls.ended.fields.decode(body).connection);
      default:
    }
  }

  #log(value: { readonly connection: number; readonly level: number; readonly line: string }, facility?: string): void {
    const level = logLevels[value.level];
    if (level === undefined || !this.#connections.has(value.connection)) throw new DecodeError('log line of nobody');
    this.#options.log({ level, text: onOneLine(value.line), ...(facility !== undefined && { facility }) });
  }

  /**
   * A connection has one key exchange at a time, so a process that asks again before the answer misbehaves. The next
   * turn of the loop answers: who asks without end does not keep others from theirs.
   */
  #sign(value: ValueOf<(typeof accountCalls)['sign']['fields']>): void {
    const { connection, algorithm, hostKey, data } = value;
    if (this.#signing.has(connection)) throw new DecodeError('a second signature before the first');
    this.#signing.add(connection);
    const isHash = data.length >= 20 && data.length <= 64;
    setImmediate(() => void answer());
    const answer = async (): Promise<void> => {
      const known = this.#connections.has(connection) && isHash;
      const signature = known ? await this.#tried(this.#options.sign(algorithm, hostKey, data)) : undefined;
      this.#signing.delete(connection);
      if (signature === undefined) this.#channel.send(accountCommands.signingFailed, { connection });
      else this.#channel.send(accountCommands.signature, { connection, signature });
    };
  }

  /** As with signatures, one at a time for each connection. */
  #prove({ connection, hostKey }: ValueOf<(typeof accountCalls)['prove']['fields']>): void {
    if (this.#proving.has(connection)) throw new DecodeError('a second proof before the first');
    this.#proving.add(connection);
    const sessionId = this.#connections.get(connection);
    setImmediate(() => void answer());
    const answer = async (): Promise<void> => {
      const signature = sessionId && (await this.#tried(this.#options.prove(hostKey, sessionId)));
      this.#proving.delete(connection);
      this.#channel.send(accountCommands.proof, { connection, signature: signature ?? new Uint8Array(0) });
    };
  }

  /** A fault of ours while signing is a refusal, and is told. */
  async #tried(signature: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    try {
      return await signature;
    } catch (error) {
      this.#options.log(ownLines.failed('signing with a host key', error));
      return undefined;
    }
  }

  #ended(connection: number): void {
    if (!this.#connections.delete(connection)) return;
    this.#options.onConnectionEnded(connection);
    if (this.#connections.size > 0) return;
    this.#idle = setTimeout(() => {
      this.#leave();
      this.stopWhenIdle();
    }, this.#options.idleMs);
  }

  #closed(reason: ChannelEnd): void {
    const { log, pid, kill, onConnectionEnded } = this.#options;
    if (reason.kind === 'misbehaved') log(ownLines.misbehaved('sshd-session', pid, reason.what));
    if (reason.kind === 'failed') log(ownLines.failed('answering an sshd-session process', reason.error));
    if (reason.kind !== 'ended') kill();
    for (const connection of this.#connections.keys()) onConnectionEnded(connection);
    this.#connections.clear();
    this.#leave();
  }

  #leave(): void {
    clearTimeout(this.#idle);
    if (this.#gone) return;
    this.#gone = true;
    this.#options.onGone();
  }
}

/** Those that a process of a user may name, too. */
function isServiceFacility(name: string): boolean {
  return Object.hasOwn(facilities, name) && name !== 'KERN';
}
