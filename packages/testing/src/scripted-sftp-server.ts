// An SFTP server played by a test: it is asked for each request and answers with what it likes, in time, late, wrongly
// or not at all.

import { SftpPacketStream } from '@sallyport/protocol/sftp/packet-stream';
import type { ReplyFields, ReplyName, RequestFields, RequestName } from '@sallyport/protocol/sftp/packets';
import { replyPackets, requestNameOf, requestPackets, version } from '@sallyport/protocol/sftp/packets';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { Writer } from '@sallyport/protocol/wire/writer';
import type { ByteStream } from 'sallyport/driver/byte-stream';

/** A request with the name of its kind. */
export type ScriptedRequest = {
  [Name in RequestName]: { readonly name: Name } & RequestFields<Name>;
}[RequestName];

/** Answers by server.reply() or server.send(), now or later. */
export type SftpScript = (request: ScriptedRequest, server: ScriptedSftpServer) => void;

export class ScriptedSftpServer {
  /** Requests in the order they came. */
  readonly requests: ScriptedRequest[] = [];
  readonly stream: ByteStream;
  readonly #script: SftpScript;
  readonly #input = new SftpPacketStream(1024 * 1024);
  #greeted = false;

  /** `extensions` by name, with their versions. */
  constructor(stream: ByteStream, script: SftpScript, extensions: Readonly<Record<string, string>> = {}) {
    this.stream = stream;
    this.#script = script;
    stream.onData = (chunk) => this.#receive(chunk, extensions);
    stream.onEnd = () => stream.end();
    stream.resume();
  }

  reply<Kind extends ReplyName>(kind: Kind, fields: ReplyFields<Kind>): void {
    this.send(replyPackets[kind].encode(fields as never));
  }

  status(id: number, code: number, text = ''): void {
    this.reply('status', { id, code, text, language: '' });
  }

  /** A packet behind its length, whatever it is. */
  send(packet: Uint8Array): void {
    this.stream.write([new Writer().string(packet).bytes()]);
  }

  #receive(chunk: Uint8Array, extensions: Readonly<Record<string, string>>): void {
    this.#input.receive(chunk);
    for (let packet = this.#input.next(); packet !== undefined; packet = this.#input.next()) {
      if (!this.#greeted) {
        this.#greeted = true;
        const pairs = Object.entries(extensions).map(([name, data]) => ({ name, data: utf8Encode(data) }));
        this.send(version.encode({ version: 3, extensions: pairs }));
        continue;
      }
      const name = requestNameOf(packet[0] as number);
      if (name === undefined) throw new Error(`the client sent a packet of type ${packet[0]}`);
      const request = { name, ...requestPackets[name].decode(packet.slice()) } as ScriptedRequest;
      this.requests.push(request);
      this.#script(request, this);
    }
  }
}
