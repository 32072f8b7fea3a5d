// The other side of a running program or library object, played by a test over a stream: like ScriptedPeer, but it
// waits for what comes.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Role } from '@sallyport/protocol/algorithms/roles';
import type { Message } from '@sallyport/protocol/codec/struct';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PeerDisconnect, TransportCommand, TransportEvent } from '@sallyport/protocol/transport/events';
import type { TransportOptions } from '@sallyport/protocol/transport/options';
import { Transport } from '@sallyport/protocol/transport/transport';
import type { ByteStream } from 'sallyport/driver/byte-stream';
import { EngineDriver, monotonicNow } from 'sallyport/driver/engine-driver';

import { offeredHostKey } from './stack-pair.ts';
import { testPreferences } from './transport-pair.ts';

export interface LivePeerOptions {
  readonly crypto: CryptoProvider;
  /** What the peer plays. */
  readonly role: Role;
  /** A server's key. */
  readonly hostKey?: PrivateKey;
  readonly transport?: Partial<TransportOptions>;
}

/** How long a test waits for something to come. */
const patienceMs = 30_000;

export class LivePeer {
  readonly transport: Transport;
  /** Set once keys are exchanged. */
  sessionId: Uint8Array = new Uint8Array(0);
  hostKey: Uint8Array = new Uint8Array(0);
  /** What the other side said in DISCONNECT. */
  disconnect: PeerDisconnect | undefined;
  readonly #driver: EngineDriver<TransportEvent, TransportCommand>;
  readonly #received: Uint8Array[] = [];
  #over = false;
  #wake: () => void = () => undefined;

  constructor(stream: ByteStream, options: LivePeerOptions) {
    const { crypto, role, hostKey } = options;
    this.transport = new Transport({
      role,
      crypto,
      identification: 'SSH-2.0-LivePeer',
      preferences: testPreferences(role),
      now: monotonicNow(),
      ...(hostKey === undefined ? {} : { hostKeys: [offeredHostKey(hostKey)] }),
      ...options.transport,
    });
    this.#driver = new EngineDriver(this.transport, stream, {
      event: (event) => this.#handle(event, options),
      closed: () => this.#end(),
    });
    this.#driver.start();
  }

  /** Sends payloads as they are, each as one packet. */
  send(...payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) this.#driver.perform({ type: 'send', payload });
  }

  /** Waits until keys are exchanged. */
  async ready(): Promise<this> {
    await this.#until(() => this.sessionId.length > 0, 'the key exchange');
    return this;
  }

  /** Waits for the next payload, which must be that message. */
  async expect<T>(message: Message<T>): Promise<T> {
    await this.#until(() => this.#received.length > 0, message.name);
    const payload = this.#received.shift() as Uint8Array;
    if (payload[0] !== message.number) throw new Error(`message ${payload[0]} came instead of ${message.name}`);
    return message.decode(payload);
  }

  /** Waits until the other side has ended the connection. */
  async ended(): Promise<PeerDisconnect | undefined> {
    await this.#until(() => this.#over, 'the end');
    return this.disconnect;
  }

  /** Numbers of the payloads that came and were not expected. */
  get unexpected(): number[] {
    return this.#received.map((payload) => payload[0] as number);
  }

  close(): void {
    this.#driver.destroy();
  }

  #handle(event: TransportEvent, { crypto, hostKey }: LivePeerOptions): void {
    if (event.type === 'payload-received') this.#received.push(event.payload.slice());
    if (event.type === 'host-key-offered') this.#driver.perform({ type: 'accept-host-key' });
    if (event.type === 'signature-wanted' && hostKey !== undefined) {
      const signature = hostKey.sign(crypto, event.algorithm, event.data);
      this.#driver.perform({ type: 'provide-signature', signature });
    }
    if (event.type === 'keys-changed') {
      this.sessionId = event.sessionId.slice();
      this.hostKey = event.hostKey.slice();
    }
    if (event.type === 'ended') {
      this.disconnect = event.disconnect;
      this.#driver.end();
      this.#end();
    }
    this.#wake();
  }

  #end(): void {
    this.#over = true;
    this.#wake();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const deadline = monotonicNow() + patienceMs;
    while (!holds()) {
      const leftMs = deadline - monotonicNow();
      if (leftMs <= 0 || (this.#over && !holds())) throw new Error(`${what} did not come`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
