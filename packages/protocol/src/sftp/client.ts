// The client's side of the file transfer protocol (draft-ietf-secsh-filexfer-02) without IO: requests become packets,
// packets become events. It knows which reply each request may have; replies come in any order, but one that was not
// asked for, a second one, one of another kind or with more data than was asked for ends it. What a name, a size or a
// limit of the server is worth is for the owner to judge.

import type { Failure } from '../failure/failure.ts';
import { failureOfThrown, Violation } from '../failure/violation.ts';
import type { Writer } from '../wire/writer.ts';
import type { FileAttributes } from './attributes.ts';
import type { ExtensionFields, ExtensionKey } from './extensions.ts';
import { extensionTable } from './extensions.ts';
import { SftpPacketOutput } from './packet-output.ts';
import { SftpPacketStream } from './packet-stream.ts';
import type { NameEntry, ReplyName, RequestFields, RequestName } from './packets.ts';
import { init, replyNameOf, replyOf, replyPackets, requestPackets, sftpVersion, version } from './packets.ts';
import { statusCodes } from './status.ts';

/** What answers a request. Byte arrays are views, valid until the engine is called again. */
export type SftpReply =
  | { readonly kind: 'status'; readonly id: number; readonly code: number; readonly text: string }
  | { readonly kind: 'handle'; readonly id: number; readonly handle: Uint8Array }
  | { readonly kind: 'data'; readonly id: number; readonly data: Uint8Array }
  | { readonly kind: 'names'; readonly id: number; readonly entries: readonly NameEntry[] }
  | { readonly kind: 'attributes'; readonly id: number; readonly attributes: FileAttributes }
  | { readonly kind: 'extended'; readonly id: number; readonly fields: Uint8Array };

export type SftpClientEvent =
  /** Requests may be made; extensions by name, with the data that the server gave with them. */
  | { readonly type: 'ready'; readonly version: number; readonly extensions: ReadonlyMap<string, Uint8Array> }
  | { readonly type: 'reply'; readonly reply: SftpReply }
  /** The server broke the protocol; nothing comes after it. */
  | { readonly type: 'failed'; readonly failure: Failure };

export type PlainRequestName = Exclude<RequestName, 'extended' | 'write'>;

interface Awaited {
  readonly reply: ReplyName;
  /** The most data that READ asked for. */
  readonly dataBytes: number;
}

export class SftpClientEngine {
  readonly #input = new SftpPacketStream();
  readonly #output = new SftpPacketOutput();
  readonly #awaited = new Map<number, Awaited>();
  #phase: 'starting' | 'ready' | 'failed' = 'starting';
  #lastId = 0;

  /** INIT is its first output. */
  constructor() {
    this.#output.push(init, { version: sftpVersion, extensions: [] });
  }

  /** Requests without a reply yet. */
  get pendingRequests(): number {
    return this.#awaited.size;
  }

  /** Bytes that takeOutput() would give. */
  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  /** Bytes of the server, which must not change until nextEvent() has said undefined; call it only then. */
  receive(chunk: Uint8Array): void {
    if (this.#phase !== 'failed') this.#input.receive(chunk);
  }

  nextEvent(): SftpClientEvent | undefined {
    if (this.#phase === 'failed') return undefined;
    try {
      const packet = this.#input.next();
      return packet === undefined ? undefined : this.#dispatch(packet);
    } catch (thrown) {
      this.#phase = 'failed';
      return { type: 'failed', failure: failureOfThrown(thrown) };
    }
  }

  /** Asks for something; the id is that of its reply. Misuse (before `ready`) throws. */
  request<Name extends PlainRequestName>(name: Name, fields: Omit<RequestFields<Name>, 'id'>): number {
    const dataBytes = 'length' in fields ? (fields.length as number) : 0;
    const id = this.#await({ reply: replyOf[name], dataBytes });
    this.#output.push(requestPackets[name] as never, { id, ...fields } as never);
    return id;
  }

  /** WRITE. Data from 16 KiB on is sent by reference: it must not change until the reply has come. */
  requestWrite(handle: Uint8Array, offset: bigint, data: Uint8Array): number {
    const id = this.#await({ reply: 'status', dataBytes: 0 });
    this.#output.pushData((writer: Writer) => {
      writer.byte(requestPackets.write.number).uint32(id).string(handle).uint64(offset);
    }, data);
    return id;
  }

  /** An extension, which the server should have announced. */
  requestExtension<Key extends ExtensionKey>(key: Key, fields: ExtensionFields<Key>): number {
    const { name: extension, request, reply } = extensionTable[key];
    const id = this.#await({ reply, dataBytes: 0 });
    this.#output.push(requestPackets.extended, { id, extension, fields: request.encode(fields as never) });
    return id;
  }

  /** Everything that waits to be sent, in order, for one write. */
  takeOutput(): Uint8Array[] {
    return this.#output.take();
  }

  #await(awaited: Awaited): number {
    if (this.#phase === 'starting') throw new Error('requests are made after ready');
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#awaited.has(this.#lastId));
    this.#awaited.set(this.#lastId, awaited);
    return this.#lastId;
  }

  #dispatch(packet: Uint8Array): SftpClientEvent {
    if (this.#phase === 'starting') return this.#receiveVersion(packet);
    const kind = replyNameOf(packet[0] as number);
    if (kind === undefined) throw new Violation('message-unexpected', `an SFTP packet of type ${packet[0]}`);
    const reply = decodeReply(kind, packet);
    const awaited = this.#awaited.get(reply.id);
    if (awaited === undefined) throw new Violation('message-unexpected', 'a reply to no request');
    this.#awaited.delete(reply.id);
    checkReply(reply, awaited);
    return { type: 'reply', reply };
  }

  #receiveVersion(packet: Uint8Array): SftpClientEvent {
    const { version: number, extensions: pairs } = version.decode(packet);
    if (number !== sftpVersion) throw new Violation('protocol-version-unsupported', `SFTP version ${number}`);
    this.#phase = 'ready';
    const extensions = new Map<string, Uint8Array>();
    for (const { name, data } of pairs) if (!extensions.has(name)) extensions.set(name, data.slice());
    return { type: 'ready', version: number, extensions };
  }
}

function decodeReply(kind: ReplyName, packet: Uint8Array): SftpReply {
  return { kind, ...replyPackets[kind].decode(packet) } as SftpReply;
}

/** @throws Violation when that is no answer to the request */
function checkReply(reply: SftpReply, awaited: Awaited): void {
  if (reply.kind === 'status' && (reply.code !== statusCodes.ok || awaited.reply === 'status')) return;
  if (reply.kind !== awaited.reply) throw new Violation('message-unexpected', 'a reply of the wrong kind');
  if (reply.kind === 'data' && reply.data.length > awaited.dataBytes) {
    throw new Violation('message-unexpected', 'more data than was asked for');
  }
}
