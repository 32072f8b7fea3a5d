// The server's side of the file transfer protocol (draft-ietf-secsh-filexfer-02) without IO: packets become requests,
// answers become packets in the order in which they are given. It stops taking requests while as many as it may have
// are unanswered, and while the client does not read its replies; a packet that cannot be understood ends it. What a
// request means and who may make it is for the owner.

import type { Message } from '../codec/struct.ts';
import type { Failure } from '../failure/failure.ts';
import { failureOfThrown, Violation } from '../failure/violation.ts';
import { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import type { FileAttributes } from './attributes.ts';
import type { ExtensionFields, ExtensionKey } from './extensions.ts';
import { extensionKeyOf, extensionTable } from './extensions.ts';
import { SftpPacketOutput } from './packet-output.ts';
import { SftpPacketStream } from './packet-stream.ts';
import type { NameEntry, RequestFields, RequestName } from './packets.ts';
import { init, replyPackets, requestNameOf, requestPackets, sftpVersion, version } from './packets.ts';
import { statusCodes, statusDescription } from './status.ts';

type Plain = {
  readonly [Name in Exclude<RequestName, 'extended'>]: { readonly key: Name } & RequestFields<Name>;
};
type Extended = {
  readonly [Key in ExtensionKey]: { readonly key: Key; readonly id: number } & ExtensionFields<Key>;
};

/** A request by its key in `requestTable`. Byte arrays are views, valid until the next nextEvent(). */
export type SftpRequest = Plain[keyof Plain] | Extended[keyof Extended];

export type SftpServerEvent =
  /** The client has begun; VERSION has been answered. */
  | { readonly type: 'started'; readonly version: number }
  /** The name of an extension or the number of a packet that nobody knows; it has been answered. */
  | { readonly type: 'unknown'; readonly request: string | number }
  /** To be answered by one reply. */
  | { readonly type: 'request'; readonly request: SftpRequest }
  /** The client broke the protocol; nothing comes after it. */
  | { readonly type: 'failed'; readonly failure: Failure };

export interface SftpServerEngineOptions {
  /** Announced to the client. */
  readonly extensions: readonly ExtensionKey[];
  /** Requests without a reply at a time; 64 unless told. */
  readonly maximumPendingRequests?: number;
  /** Bytes of replies that wait before requests do; 1 MiB unless told. */
  readonly enoughOutputBytes?: number;
}

export class SftpServerEngine {
  readonly #options: Required<SftpServerEngineOptions>;
  readonly #input = new SftpPacketStream();
  readonly #output = new SftpPacketOutput();
  #phase: 'starting' | 'serving' | 'failed' = 'starting';
  #pendingRequests = 0;

  constructor(options: SftpServerEngineOptions) {
    this.#options = { maximumPendingRequests: 64, enoughOutputBytes: 1024 * 1024, ...options };
  }

  /** Bytes that takeOutput() would give. */
  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  /** Requests without a reply yet. */
  get pendingRequests(): number {
    return this.#pendingRequests;
  }

  /** Whether nextEvent() waits for replies, or for takeOutput(), rather than for bytes of the client. */
  get isBlocked(): boolean {
    const { maximumPendingRequests, enoughOutputBytes } = this.#options;
    return this.#pendingRequests >= maximumPendingRequests || this.#output.pendingBytes >= enoughOutputBytes;
  }

  /** Bytes of a packet that has not come whole. */
  get waitingBytes(): number {
    return this.#input.waitingBytes;
  }

  /** Bytes of the client, which must not change until nextEvent() has said undefined unblocked; call it only then. */
  receive(chunk: Uint8Array): void {
    if (this.#phase !== 'failed') this.#input.receive(chunk);
  }

  nextEvent(): SftpServerEvent | undefined {
    if (this.#phase === 'failed') return undefined;
    try {
      if (this.isBlocked) return undefined;
      const packet = this.#input.next();
      if (packet === undefined) return undefined;
      return this.#phase === 'starting' ? this.#begin(packet) : this.#dispatch(packet);
    } catch (thrown) {
      this.#phase = 'failed';
      return { type: 'failed', failure: failureOfThrown(thrown) };
    }
  }

  /** SSH_FXP_STATUS, in OpenSSH's words unless there are better ones. */
  status(id: number, code: number, text: string = statusDescription(code)): void {
    this.#reply(replyPackets.status, { id, code, text, language: '' });
  }

  handle(id: number, handle: Uint8Array): void {
    this.#reply(replyPackets.handle, { id, handle });
  }

  /** Data from 16 KiB on is sent by reference: it must not change until it has left. */
  data(id: number, data: Uint8Array): void {
    this.#answered();
    this.#output.pushData((writer: Writer) => writer.byte(replyPackets.data.number).uint32(id), data);
  }

  names(id: number, entries: readonly NameEntry[]): void {
    this.#reply(replyPackets.names, { id, entries });
  }

  attributes(id: number, attributes: FileAttributes): void {
    this.#reply(replyPackets.attributes, { id, attributes });
  }

  /** The answer to an extension that has one of its own. */
  extended(id: number, fields: Uint8Array): void {
    this.#reply(replyPackets.extended, { id, fields });
  }

  /** Everything that waits to be sent, in order, for one write. */
  takeOutput(): Uint8Array[] {
    return this.#output.take();
  }

  #reply<T>(packet: Message<T>, value: T): void {
    this.#answered();
    this.#output.push(packet, value);
  }

  #answered(): void {
    if (this.#pendingRequests === 0) throw new Error('a reply to no request');
    this.#pendingRequests -= 1;
  }

  /** INIT, once; whatever the client's version is, ours is what it gets. */
  #begin(packet: Uint8Array): SftpServerEvent {
    if (packet[0] !== init.number) throw new Violation('message-unexpected', 'an SFTP request before INIT');
    const { version: number } = init.decode(packet);
    const extensions = this.#options.extensions.map((key) => {
      const row = extensionTable[key];
      return { name: row.name, data: Uint8Array.of(row.version.charCodeAt(0)) };
    });
    this.#output.push(version, { version: sftpVersion, extensions });
    this.#phase = 'serving';
    return { type: 'started', version: number };
  }

  /** Bytes behind its last field are ignored, as by OpenSSH: a client in Go sends WRITE with the rest of its buffer. */
  #dispatch(packet: Uint8Array): SftpServerEvent {
    const number = packet[0] as number;
    if (number === init.number) throw new Violation('message-unexpected', 'a second SFTP INIT');
    this.#pendingRequests += 1;
    const name = requestNameOf(number);
    if (name === 'extended') return this.#extension(packet);
    if (name === undefined) return this.#unknown(new Reader(packet.subarray(1)).uint32(), number);
    const request = { key: name, ...requestPackets[name].read(new Reader(packet)) } as SftpRequest;
    return { type: 'request', request };
  }

  #extension(packet: Uint8Array): SftpServerEvent {
    const { id, extension, fields } = requestPackets.extended.read(new Reader(packet));
    const key = extensionKeyOf(extension);
    if (key === undefined) return this.#unknown(id, extension);
    const request = { key, id, ...extensionTable[key].request.read(new Reader(fields)) } as SftpRequest;
    return { type: 'request', request };
  }

  #unknown(id: number, request: string | number): SftpServerEvent {
    this.status(id, statusCodes.operationUnsupported);
    return { type: 'unknown', request };
  }
}
