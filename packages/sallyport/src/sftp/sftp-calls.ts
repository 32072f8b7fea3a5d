// Requests of the file transfer protocol as promises that can be given up, on top of a session whose limits are known.
// SftpClient and the transfers are made of these.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { PlainRequestName, SftpReply } from '@sallyport/protocol/sftp/client';
import type { ExtensionFields, ExtensionKey } from '@sallyport/protocol/sftp/extensions';
import { extensionTable, limitFields } from '@sallyport/protocol/sftp/extensions';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';

import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { debugLines } from './debug-lines.ts';
import { fieldsOf } from './replies.ts';
import { SftpError } from './sftp-error.ts';
import type { SftpLimits } from './sftp-limits.ts';
import { defaultLimits, usedLimits } from './sftp-limits.ts';
import type { Question, SendRequest } from './sftp-session.ts';
import { SftpSession } from './sftp-session.ts';

/** Requests whose only field is a path. */
type PathRequest = Extract<
  PlainRequestName,
  'lstat' | 'stat' | 'opendir' | 'remove' | 'rmdir' | 'realpath' | 'readlink'
>;

interface Pick<T> {
  readonly pick: (reply: SftpReply) => T;
}

export interface SftpClientOptions extends CallOptions {
  /** Gets the lines that `sftp -v` shows: what the server announces, requests about paths, refusals. */
  readonly log?: ((line: LogLine) => void) | undefined;
  /**
   * Resolves at the server's greeting, a round trip earlier: the limits are asked for with whatever comes first, and
   * are those of every server until they have come. Transfers wait for them.
   */
  readonly limitsLater?: boolean;
}

export class SftpCalls {
  readonly session: SftpSession;
  #limits = defaultLimits;
  #limitsKnown: Promise<void> = Promise.resolve();

  private constructor(session: SftpSession) {
    this.session = session;
  }

  /** Greets the server and asks for its limits. */
  static async start(stream: ByteStream, options: SftpClientOptions): Promise<SftpCalls> {
    const { log, limitsLater = false, ...call } = options;
    const session = new SftpSession(stream, log);
    await session.start(call);
    const calls = new SftpCalls(session);
    if (!calls.has('limits')) return calls;
    calls.#limitsKnown = calls.#learnLimits(call, log);
    if (limitsLater) calls.#limitsKnown.catch(() => undefined);
    else await calls.#limitsKnown;
    return calls;
  }

  get limits(): SftpLimits {
    return this.#limits;
  }

  /** Resolves when the server has told its limits, or that it has none; rejects with what ended the session instead. */
  get limitsKnown(): Promise<void> {
    return this.#limitsKnown;
  }

  async #learnLimits(call: CallOptions, log: SftpClientOptions['log']): Promise<void> {
    try {
      const asked = { path: new Uint8Array(0), pick: fieldsOf(limitFields), ...call };
      const told = await this.extension('limits', {}, asked);
      this.#limits = usedLimits(told);
      if (log !== undefined) for (const line of debugLines.limits(told, this.#limits)) log(line);
    } catch (error) {
      if (error instanceof SftpError) return;
      void this.session.end();
      throw error;
    }
  }

  /** Whether the server announced the extension in the version that we know. */
  has(key: ExtensionKey): boolean {
    const { name, version } = extensionTable[key];
    const told = this.session.extensions.get(name);
    return told !== undefined && utf8Decode(told) === version;
  }

  /** A request about a path. */
  ask<T>(name: PathRequest, path: Uint8Array, options: CallOptions & Pick<T>): Promise<T> {
    const { pick, ...call } = options;
    const subject = { operation: name, path };
    return this.request((engine) => engine.request(name, { path }), { subject, pick }, call);
  }

  /** An extension; rejects with code `extension-missing` where the server does not have it. */
  extension<Key extends ExtensionKey, T>(
    key: Key,
    fields: ExtensionFields<Key>,
    options: CallOptions & Pick<T> & { readonly path: Uint8Array; readonly otherPath?: Uint8Array },
  ): Promise<T> {
    const { path, otherPath, pick, ...call } = options;
    const { name } = extensionTable[key];
    const subject = { operation: name.replace(/@.*$/, ''), path };
    if (!this.has(key)) {
      const reason = `Server does not support ${name} extension`;
      return Promise.reject(new SftpError('extension-missing', subject, { reason }));
    }
    return this.request(
      (engine) => engine.requestExtension(key, fields),
      { subject, pick, ...(otherPath && { otherPath }) },
      call,
    );
  }

  /** Any request; what is given up is forgotten, and its reply dropped. */
  request<T>(send: SendRequest, question: Question<T>, options: CallOptions = {}): Promise<T> {
    if (options.signal === undefined && options.timeoutMs === undefined) return this.session.ask(send, question);
    return cancellable(
      options,
      () => this.session.ask(send, question),
      () => undefined,
    );
  }
}
