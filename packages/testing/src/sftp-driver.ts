// A client for tests of SFTP servers: one promise a request over the client engine, and a way to send what no client
// would send.

import type { PlainRequestName, SftpReply } from '@sallyport/protocol/sftp/client';
import { SftpClientEngine } from '@sallyport/protocol/sftp/client';
import type { ExtensionFields, ExtensionKey } from '@sallyport/protocol/sftp/extensions';
import type { RequestFields } from '@sallyport/protocol/sftp/packets';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { Client } from 'sallyport';
import { sessionStream } from 'sallyport/channel/channel-stream';

/** A driver on the subsystem sftp of a connection, or on a command. */
export async function openSftp(client: Client, command?: string): Promise<SftpDriver> {
  const process = command === undefined ? await client.subsystem('sftp') : await client.spawn(command);
  const { stdin: output, stdout: input, closed } = process;
  const driver = new SftpDriver(sessionStream({ input, output, closed, destroy: () => process.abort() }));
  await driver.ready;
  return driver;
}

export class SftpDriver {
  readonly stream: ByteStream;
  /** Extensions by name, once `ready` has resolved. */
  extensions: ReadonlyMap<string, Uint8Array> = new Map();
  /** Resolves with the server's VERSION; rejects when the stream ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the server has closed the stream, or ended it. */
  readonly ended: Promise<void>;
  readonly #engine = new SftpClientEngine();
  readonly #replies = new Map<number, { resolve: (reply: SftpReply) => void; reject: (error: Error) => void }>();

  constructor(stream: ByteStream) {
    this.stream = stream;
    let isReady: () => void = () => undefined;
    let isEnded: () => void = () => undefined;
    this.ended = new Promise((resolve) => {
      isEnded = resolve;
    });
    this.ready = new Promise((resolve, reject) => {
      isReady = resolve;
      void this.ended.then(() => reject(new Error('the server has gone')));
    });
    this.ready.catch(() => undefined);
    const end = (): void => {
      isEnded();
      for (const { reject } of this.#replies.values()) reject(new Error('the server has gone'));
      this.#replies.clear();
    };
    stream.onData = (chunk) => this.#receive(chunk, isReady);
    stream.onEnd = end;
    stream.onClose = end;
    stream.resume();
    this.#flush();
  }

  request<Name extends PlainRequestName>(name: Name, fields: Omit<RequestFields<Name>, 'id'>): Promise<SftpReply> {
    return this.#await(this.#engine.request(name, fields));
  }

  write(handle: Uint8Array, offset: bigint, data: Uint8Array): Promise<SftpReply> {
    return this.#await(this.#engine.requestWrite(handle, offset, data));
  }

  extension<Key extends ExtensionKey>(key: Key, fields: ExtensionFields<Key>): Promise<SftpReply> {
    return this.#await(this.#engine.requestExtension(key, fields));
  }

  /** The code of a status; -1 for any other reply. */
  async code(reply: Promise<SftpReply>): Promise<number> {
    const answer = await reply;
    return answer.kind === 'status' ? answer.code : -1;
  }

  /** The handle that OPEN or OPENDIR is answered with. */
  async handle(reply: Promise<SftpReply>): Promise<Uint8Array> {
    const answer = await reply;
    if (answer.kind !== 'handle') throw new Error(`no handle but ${JSON.stringify(answer)}`);
    return answer.handle;
  }

  /** What the engine has to say is sent when it is asked for something. */
  #flush(): void {
    const chunks = this.#engine.takeOutput();
    if (chunks.length > 0) this.stream.write(chunks);
  }

  #await(id: number): Promise<SftpReply> {
    const reply = new Promise<SftpReply>((resolve, reject) => {
      this.#replies.set(id, { resolve, reject });
    });
    this.#flush();
    return reply;
  }

  #receive(chunk: Uint8Array, isReady: () => void): void {
    this.#engine.receive(chunk);
    for (let event = this.#engine.nextEvent(); event !== undefined; event = this.#engine.nextEvent()) {
      if (event.type === 'failed') throw new Error(`the server broke the protocol: ${event.failure.description}`);
      if (event.type === 'ready') {
        this.extensions = event.extensions;
        isReady();
        continue;
      }
      const { id } = event.reply;
      this.#replies.get(id)?.resolve(structuredClone(event.reply));
      this.#replies.delete(id);
    }
  }
}
