// The other side of an engine under test, played by a test line by line: it exchanges keys properly, and from then on
// sends any payload in any state and looks at each payload that comes.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Role } from '@sallyport/protocol/algorithms/roles';
import type { Message } from '@sallyport/protocol/codec/struct';
import type { Engine } from '@sallyport/protocol/engine';
import type { Failure } from '@sallyport/protocol/failure/failure';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PeerDisconnect, TransportCommand, TransportEvent } from '@sallyport/protocol/transport/events';
import type { TransportOptions } from '@sallyport/protocol/transport/options';
import { Transport } from '@sallyport/protocol/transport/transport';

import { Pair } from './pair.ts';
import { offeredHostKey } from './stack-pair.ts';
import { testPreferences } from './transport-pair.ts';

export interface ScriptedPeerOptions<Event> {
  readonly crypto: CryptoProvider;
  /** What the peer plays: the other role than the engine's. */
  readonly role: Role;
  /** Answers the engine's questions. */
  readonly onEvent?: (event: Event) => void;
  readonly hostKey?: PrivateKey;
  readonly transport?: Partial<TransportOptions>;
}

export class ScriptedPeer<Event, Command> {
  readonly engine: Engine<Event, Command>;
  readonly transport: Transport;
  /** Payloads that came and were not looked at by expect(). */
  readonly received: Uint8Array[] = [];
  readonly #pair: Pair<Event, Command, TransportEvent, TransportCommand>;
  #ended: { readonly failure: Failure; readonly disconnect: PeerDisconnect | undefined } | undefined;

  constructor(engine: Engine<Event, Command>, options: ScriptedPeerOptions<Event>) {
    const { crypto, role } = options;
    const hostKey = options.hostKey ?? new PrivateKey(crypto.generateKey('ed25519'));
    this.engine = engine;
    this.transport = new Transport({
      role,
      crypto,
      identification: 'SSH-2.0-ScriptedPeer',
      preferences: testPreferences(role),
      now: 0,
      ...(role === 'server' ? { hostKeys: [offeredHostKey(hostKey)] } : {}),
      ...options.transport,
    });
    this.#pair = new Pair(engine, this.transport, {
      ...(options.onEvent === undefined ? {} : { onLeft: options.onEvent }),
      onRight: (event) => {
        if (event.type === 'payload-received') this.received.push(event.payload.slice());
        if (event.type === 'host-key-offered') this.transport.perform({ type: 'accept-host-key' });
        if (event.type === 'signature-wanted') {
          const signature = hostKey.sign(crypto, event.algorithm, event.data);
          this.transport.perform({ type: 'provide-signature', signature });
        }
        if (event.type === 'ended') this.#ended = { failure: event.failure, disconnect: event.disconnect };
      },
    });
  }

  /** All events of the engine so far. */
  get events(): readonly Event[] {
    return this.#pair.leftEvents;
  }

  /** Bytes that the engine has put out: also messages that a transport keeps to itself, such as UNIMPLEMENTED. */
  get engineSentBytes(): number {
    return this.#pair.sentBytes('left');
  }

  /** How the connection ended for the peer: what the engine said in DISCONNECT. */
  get ended(): { readonly failure: Failure; readonly disconnect: PeerDisconnect | undefined } | undefined {
    return this.#ended;
  }

  /** Exchanges keys, or lets both sides act until they are quiet. */
  pump(): this {
    this.#pair.pump();
    return this;
  }

  /** Sends payloads as they are, each sealed as one packet, and lets the engine act. */
  send(...payloads: readonly Uint8Array[]): this {
    for (const payload of payloads) this.transport.perform({ type: 'send', payload });
    return this.pump();
  }

  /** The next payload of the engine, which must be that message. */
  expect<T>(message: Message<T>): T {
    const payload = this.received.shift();
    if (payload === undefined) throw new Error(`no ${message.name} came`);
    if (payload[0] !== message.number) throw new Error(`message ${payload[0]} came instead of ${message.name}`);
    return message.decode(payload);
  }

  /** Nothing has come that expect() did not look at. */
  expectNothing(): void {
    const [payload] = this.received;
    if (payload !== undefined) throw new Error(`message ${payload[0]} came`);
  }

  /** Has nothing taken from the engine's output, as if we did not read. */
  stopReading(stopped = true): void {
    this.#pair.block('left', stopped);
  }
}
