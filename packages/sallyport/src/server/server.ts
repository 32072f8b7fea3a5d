// createServer(): an SSH server for an application's own programs. It listens, bounds how many come and how long they
// may take, and gives each connection its stack.

import type { AddressInfo, Socket, Server as TcpServer } from 'node:net';
import { createServer as createTcpServer } from 'node:net';

import { createCryptoProvider } from '@sallyport/crypto';
import { zlib } from '@sallyport/crypto/zlib';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { ServerStackOptions } from '@sallyport/protocol/stack/server-stack';

import { preferencesOf } from '../defaults.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { monotonicNow } from '../driver/engine-driver.ts';
import { socketStream } from '../driver/socket-stream.ts';
import { libraryIdentification } from '../version.ts';
import { HostKeys } from './host-keys.ts';
import { listsOf } from './login.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerOptions } from './server-options.ts';
import { UserKeys } from './user-keys.ts';

export interface ListenOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** `127.0.0.1` unless told: say `::` to be reached from elsewhere. */
  readonly host?: string;
}

const defaultLimits = { connections: 1000, startups: 100, loginGraceMs: 120_000, attempts: 6, channels: 100 };

/**
 * A server that does not listen yet. Throws TypeError for options that cannot work: no host key, nobody who could log
 * in, lists of required methods that say nothing, certificates of others; KeyError for lines that are no keys.
 */
export function createServer(options: ServerOptions): Server {
  if (listsOf(options.login).length === 0) throw new TypeError('a server needs a way to log in');
  const hostKeys = new HostKeys(options.hostKeys, options.hostCertificates);
  return new Server(options, { hostKeys, userKeys: new UserKeys(options.login) });
}

/** What the options say of keys, checked. */
interface ServerKeys {
  readonly hostKeys: HostKeys;
  readonly userKeys: UserKeys;
}

export class Server implements AsyncDisposable {
  readonly #options: ServerOptions;
  readonly #keys: ServerKeys;
  readonly #crypto: CryptoProvider = createCryptoProvider();
  readonly #limits: typeof defaultLimits;
  readonly #connections = new Set<ServerConnection>();
  #startups = 0;
  #tcp: TcpServer | undefined;

  /** Made by createServer(). */
  constructor(options: ServerOptions, keys: ServerKeys) {
    this.#options = options;
    this.#keys = keys;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** The port it listens on; 0 when it does not. */
  get port(): number {
    return (this.#tcp?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** Begins to listen. Rejects when the address cannot be had. */
  async listen(options: ListenOptions): Promise<this> {
    const tcp = createTcpServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      this.#accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(options.port, options.host ?? '127.0.0.1', () => {
        tcp.off('error', reject);
        resolve();
      });
    });
    tcp.on('error', (error) => this.#options.onError?.(error));
    this.#tcp = tcp;
    return this;
  }

  /** Serves a connection that came in another way. Resolves, never rejects, when it is over. */
  serve(stream: ByteStream, remoteAddress?: string): Promise<void> {
    return this.#serve(stream, remoteAddress);
  }

  /** Stops to listen and ends all connections; resolves when they are closed. */
  async close(): Promise<void> {
    const tcp = this.#tcp;
    this.#tcp = undefined;
    const closed = tcp === undefined ? undefined : new Promise<void>((resolve) => tcp.close(() => resolve()));
    await Promise.all([...this.#connections].map((connection) => connection.end()));
    await closed;
  }

  /** The same as close(). */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= this.#limits.connections || this.#startups >= this.#limits.startups) {
      socket.destroy();
      return;
    }
    void this.#serve(socketStream(socket), socket.remoteAddress);
  }

  async #serve(stream: ByteStream, remoteAddress: string | undefined): Promise<void> {
    let startup = true;
    const started = (): void => {
      if (startup) this.#startups--;
      startup = false;
    };
    this.#startups++;
    const connection = new ServerConnection(stream, {
      crypto: this.#crypto,
      stack: this.#stackOptions(),
      server: this.#options,
      ...this.#keys,
      loginGraceMs: this.#limits.loginGraceMs,
      remoteAddress,
      onLogin: started,
    });
    this.#connections.add(connection);
    connection.start();
    const error = await connection.closed;
    started();
    this.#connections.delete(connection);
    if (error !== undefined) this.#options.onError?.(error);
  }

  #stackOptions(): ServerStackOptions {
    const { algorithms, rekeyLimits } = this.#options;
    const { hostKeys, userKeys } = this.#keys;
    return {
      signatureAlgorithms: userKeys.algorithms,
      maximumAttempts: this.#limits.attempts,
      connection: { maximumChannels: this.#limits.channels },
      transport: {
        crypto: this.#crypto,
        compression: zlib,
        identification: libraryIdentification,
        preferences: preferencesOf('server', { hostKeyAlgorithms: hostKeys.algorithms, ...algorithms }),
        hostKeys: hostKeys.offered.map(({ algorithms: names, blob }) => ({ algorithms: names, blob })),
        now: monotonicNow(),
        ...(rekeyLimits === undefined ? {} : { rekeyLimits }),
      },
    };
  }
}
