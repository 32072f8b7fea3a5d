// A peer of one Transport that does what a test tells it, packet by packet. It has keys like everybody else, so that
// any message can be sent in any state; sealing and opening are the protocol's own.

import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { newKeys } from '@sallyport/protocol/messages/transport';
import { initialState } from '@sallyport/protocol/transport/direction-keys';
import type { TransportEvent } from '@sallyport/protocol/transport/events';
import { InputBuffer } from '@sallyport/protocol/transport/input-buffer';
import type { Outcome } from '@sallyport/protocol/transport/key-exchange/outcome';
import type { Session } from '@sallyport/protocol/transport/key-exchange/session';
import type { TransportOptions } from '@sallyport/protocol/transport/options';
import { PacketOpener } from '@sallyport/protocol/transport/packet-opener';
import { PacketSealer } from '@sallyport/protocol/transport/packet-sealer';
import { Transport } from '@sallyport/protocol/transport/transport';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { type Reply, ScriptedExchange } from './scripted-exchange.ts';
import { answerQuestion, type TestTransportOptions, testTransportOptions } from './transport-pair.ts';

export type ScriptedTransportPeerOptions = TestTransportOptions & {
  /** Of the transport under test, over the usual ones. */
  readonly transport?: Partial<TransportOptions>;
};

type KexInitChange = Parameters<ScriptedExchange['kexInit']>[0];

const newline = 0x0a;
const identification = 'SSH-2.0-Scripted';

export class ScriptedTransportPeer {
  /** The one under test. */
  readonly transport: Transport;
  /** All events of the transport; payloads are copies. */
  readonly events: TransportEvent[] = [];
  /** Payloads that the transport has sent. */
  readonly received: Uint8Array[] = [];
  /** What it sent before packets began. */
  line: Uint8Array | undefined;
  readonly role: 'client' | 'server';
  /** Signs as a server from the next exchange on. */
  hostKey: PrivateKey;
  readonly #options: ScriptedTransportPeerOptions;
  readonly #sealer: PacketSealer;
  readonly #input = new InputBuffer();
  readonly #opener: PacketOpener;
  #exchange: ScriptedExchange | undefined;
  #session: Session | undefined;
  #outcome: Outcome | undefined;

  /** `role` is that of the transport under test; the peer has the other. */
  constructor(role: 'client' | 'server', options: ScriptedTransportPeerOptions) {
    this.role = role;
    this.hostKey = options.hostKey;
    this.#options = options;
    this.transport = new Transport({ ...testTransportOptions(role, options), ...options.transport });
    this.#sealer = new PacketSealer(options.crypto, initialState);
    this.#opener = new PacketOpener(options.crypto, this.#input, initialState);
    this.settle();
  }

  get ended(): Extract<TransportEvent, { readonly type: 'ended' }> | undefined {
    return this.events.find((event) => event.type === 'ended');
  }

  get numbers(): number[] {
    return this.received.map((payload) => payload[0] as number);
  }

  /** Lets the transport do what it can, answers its questions, and reads what it sent. */
  settle(): void {
    for (let event = this.transport.nextEvent(); event !== undefined; event = this.transport.nextEvent()) {
      if (event.type === 'payload-received') this.events.push({ ...event, payload: event.payload.slice() });
      else this.events.push(event);
      answerQuestion(this.transport, event, this.#options);
    }
    for (const chunk of this.transport.takeOutput()) this.#input.append(chunk);
    if (this.line === undefined) this.#readLine();
    for (let packet = this.#opener.next(); packet !== undefined; packet = this.#opener.next()) {
      if (packet.failed !== undefined)
        throw new Error(`the transport sent what cannot be opened: ${packet.failed.code}`);
      const payload = packet.payload.slice();
      this.received.push(payload);
      if (payload[0] === newKeys.number) this.#takeKeys();
    }
  }

  sendBytes(bytes: Uint8Array): void {
    this.transport.receive(bytes);
    this.settle();
  }

  /** Seals a payload and delivers it. */
  send(...payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) this.#sealer.seal(payload);
    for (const chunk of this.#sealer.output.take()) this.sendBytes(chunk);
  }

  identify(line = identification): void {
    this.sendBytes(utf8Encode(`${line}\r\n`));
  }

  kexInit(change: KexInitChange = {}): void {
    this.send(this.#begin().kexInit(change));
  }

  /** As a client: its value. */
  init(): void {
    this.send(this.initPayload());
  }

  initPayload(): Uint8Array {
    return this.#ready().init();
  }

  /** As a server: the answer to the value of the transport under test. */
  reply(change?: (reply: Reply) => Partial<Reply>): void {
    this.send(this.replyPayload(change));
  }

  replyPayload(change?: (reply: Reply) => Partial<Reply>): Uint8Array {
    const exchange = this.#ready();
    const init = this.received.findLast((payload) => payload[0] === 30);
    if (init === undefined) throw new Error('the transport has sent no value');
    const reply = exchange.reply(init, change);
    this.#outcome = exchange.outcome;
    return reply;
  }

  /** NEWKEYS, and the new keys for sending. */
  newKeys(): void {
    if (this.role === 'server') this.#readReply();
    const outcome = this.#outcome;
    if (outcome === undefined) throw new Error('no keys have been made');
    this.#sealer.seal(newKeys.encode({}));
    this.#sealer.changeKeys(copyOf(outcome.sendingKeys), outcome.session.markers.strict);
    this.#session = outcome.session;
    for (const chunk of this.#sealer.output.take()) this.sendBytes(chunk);
  }

  /** An honest first exchange up to the keys of both directions. */
  establish(change: KexInitChange = {}): void {
    this.identify();
    this.exchange(change);
  }

  /** An honest exchange, started by the peer or by the transport. */
  exchange(change: KexInitChange = {}): void {
    this.kexInit(change);
    if (this.role === 'client') this.reply();
    else this.init();
    this.newKeys();
  }

  #readLine(): void {
    const end = this.#input.indexOf(newline, 0);
    if (end < 0) return;
    this.line = this.#input.view(0, end - 1).slice();
    this.#input.consume(end + 1);
  }

  #begin(): ScriptedExchange {
    if (this.line === undefined) throw new Error('the transport has not said who it is');
    const own = utf8Encode(identification);
    const [clientIdentification, serverIdentification] = this.role === 'client' ? [this.line, own] : [own, this.line];
    this.#exchange = new ScriptedExchange({
      role: this.role === 'client' ? 'server' : 'client',
      crypto: this.#options.crypto,
      hostKey: this.hostKey,
      clientIdentification,
      serverIdentification,
      session: this.#session,
    });
    return this.#exchange;
  }

  #ready(): ScriptedExchange {
    const theirs = this.received.findLast((payload) => payload[0] === 20);
    if (this.#exchange === undefined || theirs === undefined) throw new Error('both KEXINIT messages come first');
    this.#exchange.receiveKexInit(theirs);
    return this.#exchange;
  }

  // As a client the reply of the transport is read when its keys are needed.
  #readReply(): void {
    const reply = this.received.findLast((payload) => payload[0] === 31);
    if (this.#exchange === undefined || reply === undefined || this.#exchange.outcome !== undefined) return;
    this.#exchange.receiveReply(reply);
    this.#outcome = this.#exchange.outcome;
  }

  #takeKeys(): void {
    if (this.role === 'server') this.#readReply();
    const outcome = this.#outcome;
    if (outcome === undefined) throw new Error('the transport sent NEWKEYS early');
    this.#opener.changeKeys(copyOf(outcome.receivingKeys), outcome.session.markers.strict);
  }
}

/** Sealer and opener overwrite their keys; a test may want them again. */
function copyOf(keys: Outcome['sendingKeys']): Outcome['sendingKeys'] {
  return { ...keys, key: keys.key.slice(), iv: keys.iv.slice(), macKey: keys.macKey.slice() };
}
