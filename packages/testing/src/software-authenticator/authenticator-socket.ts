// A software authenticator behind a socket in the file system, which speaks CTAPHID as hidraw(4) would: one channel for
// each connection, a sign of life while it waits for a touch.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SoftwareAuthenticator } from './authenticator.ts';
import { broadcastChannel, type HidMessage, HidReader, hidCommands, hidReports } from './ctap-hid.ts';

const keepAliveMs = 50;
const waitsForTouch = 2;
const capabilities = { cbor: 0x04, noMessages: 0x08 } as const;

/** What is sent in place of an answer to a request. */
export type Distortion = (answer: HidMessage, request: Buffer) => readonly Buffer[];

export class AuthenticatorSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  static async listen(
    path: string,
    authenticator: SoftwareAuthenticator,
    distort?: Distortion,
  ): Promise<AuthenticatorSocket> {
    const server = createServer();
    const made = new AuthenticatorSocket(path, server);
    server.on('connection', (socket) => made.#serve(socket, authenticator, distort));
    await new Promise<AddressInfo | string | null>((resolve) => {
      server.listen(path, () => resolve(server.address()));
    });
    return made;
  }

  #serve(socket: Socket, authenticator: SoftwareAuthenticator, distort: Distortion | undefined): void {
    const reader = new HidReader();
    const channel = 0x01020304;
    this.#sockets.add(socket);
    const send = (reports: readonly Buffer[]): void => {
      for (const report of reports) if (!socket.destroyed) socket.write(report);
    };
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      authenticator.cancel();
    });
    socket.on('data', (chunk) => {
      for (const message of reader.receive(chunk)) {
        if (message.command === hidCommands.init) send(hidReports(greeting(message, channel)));
        else if (message.command === hidCommands.cancel) authenticator.cancel();
        else void answer(message.payload);
      }
    });
    const answer = async (request: Buffer): Promise<void> => {
      const alive = setInterval(() => {
        if (!authenticator.isWaiting) return;
        send(hidReports({ channel, command: hidCommands.keepAlive, payload: Buffer.of(waitsForTouch) }));
      }, keepAliveMs);
      const payload = await authenticator.answer(request);
      clearInterval(alive);
      const message = { channel, command: hidCommands.cbor, payload };
      send(distort === undefined ? hidReports(message) : distort(message, request));
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The nonce of whoever asks, and the channel that is theirs from now on. */
function greeting({ payload }: HidMessage, channel: number): HidMessage {
  const body = Buffer.alloc(17);
  payload.copy(body, 0, 0, 8);
  body.writeUInt32BE(channel, 8);
  body[12] = 2;
  body[16] = capabilities.cbor | capabilities.noMessages;
  return { channel: broadcastChannel, command: hidCommands.init, payload: body };
}
