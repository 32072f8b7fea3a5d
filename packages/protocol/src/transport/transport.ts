// The transport layer of one connection (RFC 4253), either role: identification, packets, key exchange and re-exchange,
// and the messages of the transport itself. It lends payloads of services to its owner and seals theirs. No IO, no
// clock.

import type { Engine } from '../engine.ts';
import { type Failure, failure } from '../failure/failure.ts';
import { DecodeError } from '../wire/decode-error.ts';
import type { TransportCommand, TransportEvent } from './events.ts';
import { identificationLine, lineEnd } from './identification.ts';
import { Incoming } from './incoming.ts';
import { Exchange, type ExchangeStep, type KeysMade, type KeysTaken } from './key-exchange/exchange.ts';
import { compressionsOf, type Session } from './key-exchange/session.ts';
import { maximumEarlyExchanges, wantedOutputBytes } from './limits.ts';
import { rule, type Situation } from './message-rules.ts';
import type { TransportOptions } from './options.ts';
import { Outgoing } from './outgoing.ts';
import * as own from './own-messages.ts';
import { RekeyPolicy } from './rekey-policy.ts';
import type { TransportSnapshot } from './snapshot.ts';

/** What a resumed transport is told anew; role and identifications come with the snapshot. */
export type ResumeOptions = Omit<TransportOptions, 'role' | 'identification'>;

interface PacketState {
  readonly expects: 'packets';
  /** Lines without CR LF. */
  readonly clientIdentification: Uint8Array;
  readonly serverIdentification: Uint8Array;
  /** While keys are exchanged. */
  exchange: Exchange | undefined;
  /** From the first keys on. */
  session: Session | undefined;
  /** An answer of the owner is awaited, and no packet opened until it comes. */
  asked: boolean;
}

type State = { readonly expects: 'identification' } | PacketState | { readonly expects: 'nothing' };

export class Transport implements Engine<TransportEvent, TransportCommand> {
  readonly #options: TransportOptions;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #policy: RekeyPolicy;
  readonly #events: TransportEvent[] = [];
  #state: State = { expects: 'identification' };
  #now: number;
  #authenticated: boolean;
  #earlyExchanges = 0;
  /** The keys in force are the first of the connection, and were not handed over. */
  #firstKeys = false;
  /** Extensions to be announced once the first keys are in force. */
  #announcement: ReadonlyMap<string, Uint8Array> | undefined;

  /** @throws RangeError when our identification is not one */
  constructor(options: TransportOptions, snapshot?: TransportSnapshot) {
    const { role, identification } = options;
    this.#options = options;
    this.#now = options.now;
    this.#authenticated = snapshot?.authenticated ?? false;
    this.#policy = new RekeyPolicy(options.rekeyLimits ?? {});
    this.#incoming = new Incoming(options, role, snapshot?.receiving);
    this.#outgoing = new Outgoing(options, snapshot?.sending);
    if (this.#authenticated) this.#startCompression();
    if (snapshot === undefined) this.#outgoing.text(identificationLine(identification), lineEnd);
    else this.#restore(snapshot);
  }

  /** Goes on where another transport gave itself up; keeps the snapshot's arrays. */
  static resume(snapshot: TransportSnapshot, options: ResumeOptions): Transport {
    return new Transport({ ...options, role: snapshot.role, identification: '' }, snapshot);
  }

  receive(chunk: Uint8Array): void {
    if (this.#state.expects === 'nothing' || this.#incoming.append(chunk)) return;
    this.#end(failure('limit-exceeded', 'too much input waits'));
  }

  nextEvent(): TransportEvent | undefined {
    while (this.#events.length === 0 && this.#advance());
    return this.#events.shift();
  }

  takeOutput(): Uint8Array[] {
    return this.#outgoing.take();
  }

  recycle(chunk: Uint8Array): void {
    this.#outgoing.recycle(chunk);
  }

  get inputWanted(): boolean {
    const state = this.#state;
    if (state.expects === 'nothing' || (state.expects === 'packets' && state.asked)) return false;
    return this.#outgoing.sealedBytes < wantedOutputBytes;
  }

  /** Bytes that were given to be sent and were not taken: sealed ones and those that wait for new keys. */
  get pendingOutputBytes(): number {
    return this.#outgoing.sealedBytes + this.#outgoing.heldBytes;
  }

  /** Whether payloads would only pile up now: keys are exchanged, or nobody takes the output. */
  get sendingBlocked(): boolean {
    return this.#outgoing.holding || this.#outgoing.sealedBytes >= wantedOutputBytes;
  }

  get deadline(): number | undefined {
    const state = this.#state;
    if (state.expects !== 'packets' || state.session === undefined || state.exchange !== undefined) return undefined;
    return this.#authenticated ? this.#policy.deadline(this.#now) : undefined;
  }

  expire(now: number): void {
    this.#now = now;
    const { deadline } = this;
    if (deadline !== undefined && this.#policy.agedOut(now)) this.#startExchange(this.#state as PacketState);
  }

  perform(command: TransportCommand): void {
    const state = this.#state;
    if (state.expects === 'nothing') return;
    switch (command.type) {
      case 'send':
        return this.#send(command.payload, command.data);
      case 'ping':
        return this.#send(own.encodePing(command.data));
      case 'reject-payload':
        return this.#reject(command.sequenceNumber);
      case 'announce-extensions':
        return this.#announce(command.extensions);
      case 'rekey':
        if (state.expects === 'packets' && state.session !== undefined) this.#startExchange(state);
        return;
      case 'authenticated':
        this.#authenticated = true;
        if (state.expects === 'packets' && state.session?.algorithms.compressionToServer !== 'none') {
          this.#debug('Enabling compression at level 6.');
        }
        return this.#startCompression();
      case 'end':
        return this.#end(command.failure);
      default:
        return this.#answer(state, command);
    }
  }

  #answer(
    state: State,
    command: Extract<
      TransportCommand,
      { readonly type: 'accept-host-key' | 'refuse-host-key' | 'provide-signature' | 'signing-failed' }
    >,
  ): void {
    const exchange = state.expects === 'packets' && state.asked ? state.exchange : undefined;
    if (exchange === undefined) throw new TypeError(`${command.type} answers no question`);
    const aboutHostKey = command.type === 'accept-host-key' || command.type === 'refuse-host-key';
    if (exchange.expects !== (aboutHostKey ? 'verdict' : 'signature')) {
      throw new TypeError(`${command.type} answers another question`);
    }
    (state as PacketState).asked = false;
    switch (command.type) {
      case 'accept-host-key':
        return this.#follow(state as PacketState, exchange.acceptHostKey());
      case 'provide-signature':
        return this.#follow(state as PacketState, exchange.provideSignature(command.signature));
      case 'refuse-host-key':
        return this.#end(failure('host-key-refused', command.description));
      case 'signing-failed':
        return this.#end(failure('signing-failed', command.description));
    }
  }

  /** A server's USERAUTH_SUCCESS may wait for new keys; before it the client does not compress either. */
  #startCompression(): void {
    const isSuccessHeld =
      this.#options.role === 'server' && this.#outgoing.holding && this.#state.expects === 'packets';
    this.#incoming.authenticated(isSuccessHeld);
    this.#outgoing.authenticated(isSuccessHeld);
  }

  /**
   * Whether intoSnapshot() may be called: keys are in force and none are being exchanged, nothing was compressed under
   * them, and no event waits.
   */
  get handOverReady(): boolean {
    const state = this.#state;
    const settled = state.expects === 'packets' && state.session !== undefined && state.exchange === undefined;
    const isPlain = !this.#incoming.hasCompressed && !this.#outgoing.hasCompressed;
    return settled && isPlain && this.#events.length === 0;
  }

  /** Gives the connection up as data. @throws TypeError when it is not handOverReady */
  intoSnapshot(): TransportSnapshot {
    const state = this.#state;
    if (!this.handOverReady || state.expects !== 'packets' || state.session === undefined) {
      throw new TypeError('a transport can be handed over only between key exchanges');
    }
    const { clientIdentification, serverIdentification, session } = state;
    const { state: receiving, input } = this.#incoming.intoState();
    const { state: sending, output } = this.#outgoing.intoState();
    this.#state = { expects: 'nothing' };
    return {
      role: this.#options.role,
      clientIdentification,
      serverIdentification,
      session,
      authenticated: this.#authenticated,
      sending,
      receiving,
      input,
      output,
    };
  }

  #restore(snapshot: TransportSnapshot): void {
    const { clientIdentification, serverIdentification, session, sending, receiving } = snapshot;
    const exchange = undefined;
    this.#state = { expects: 'packets', clientIdentification, serverIdentification, exchange, session, asked: false };
    this.#policy.keysChanged(sending.keys.cipher, receiving.keys.cipher);
    const compressions = compressionsOf(snapshot.role, session.algorithms);
    this.#incoming.resumed(compressions.receiving);
    this.#outgoing.resumed(compressions.sending);
    this.#outgoing.text(snapshot.output);
    this.#incoming.append(snapshot.input);
  }

  /** Looks at what came next; false when nothing more can happen now. */
  #advance(): boolean {
    const state = this.#state;
    if (state.expects === 'identification') return this.#identify();
    if (state.expects === 'nothing' || state.asked) return false;
    const packet = this.#incoming.next();
    if (packet === undefined) {
      this.#exchangeIfDue(state);
      return this.#state.expects === 'nothing';
    }
    if (packet.failed !== undefined) this.#end(packet.failed);
    else this.#dispatch(state, packet.payload, packet.sequenceNumber);
    return true;
  }

  #identify(): boolean {
    const found = this.#incoming.readIdentification();
    if (found === undefined) return false;
    if ('failed' in found) {
      this.#outgoing.text(found.reply);
      this.#end(found.failed);
      return true;
    }
    const line = identificationLine(this.#options.identification);
    const [clientIdentification, serverIdentification] =
      this.#options.role === 'client' ? [line, found.line] : [found.line, line];
    const state: PacketState = {
      expects: 'packets',
      clientIdentification,
      serverIdentification,
      exchange: undefined,
      session: undefined,
      asked: false,
    };
    this.#state = state;
    this.#events.push({ type: 'identified', identification: found.text, software: found.software });
    this.#startExchange(state);
    return true;
  }

  #dispatch(state: PacketState, payload: Uint8Array, sequenceNumber: number): void {
    const number = payload[0] as number;
    const ruling = rule(number, situationOf(state));
    if (ruling === 'deliver') {
      this.#events.push({ type: 'payload-received', payload, sequenceNumber });
      return;
    }
    try {
      switch (ruling) {
        case 'exchange':
          return this.#exchangeMessage(state, payload, sequenceNumber);
        case 'disconnect':
          return this.#finish(own.endedByPeer(own.decodeDisconnect(payload)));
        case 'ignore':
          return;
        case 'debug':
          this.#events.push(own.debugEvent(payload));
          return;
        case 'extension-info':
          return this.#extensionInfo(payload, sequenceNumber);
        case 'ping':
          return this.#ping(state, payload);
        case 'pong':
          this.#events.push(own.pongEvent(payload));
          return;
        case 'unimplemented':
          return this.#reject(sequenceNumber);
        case 'unexpected':
          return this.#end(failure('message-unexpected', `unexpected message ${number}`));
        case 'strict-violation':
          return this.#end(
            failure(
              'strict-violation',
              `strict KEX violation: unexpected packet type ${number} (seqnr ${sequenceNumber})`,
            ),
          );
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#end(failure('message-malformed', `message ${number}: ${error.message}`));
    }
  }

  #exchangeMessage(state: PacketState, payload: Uint8Array, sequenceNumber: number): void {
    if (state.exchange === undefined) this.#startExchange(state);
    // A limit on exchanges may have ended the connection.
    if (this.#state !== state || state.exchange === undefined) return;
    this.#follow(state, state.exchange.receive(payload, sequenceNumber));
  }

  #startExchange(state: PacketState): void {
    if (state.exchange !== undefined) return;
    if (!this.#authenticated && ++this.#earlyExchanges > maximumEarlyExchanges) {
      return this.#end(failure('limit-exceeded', 'too many key exchanges before authentication'));
    }
    const { role, crypto, preferences, hostKeys = [] } = this.#options;
    const { clientIdentification, serverIdentification, session } = state;
    state.exchange = new Exchange({
      role,
      crypto,
      preferences,
      hostKeys,
      clientIdentification,
      serverIdentification,
      session,
      debug: (line) => this.#debug(line),
    });
    this.#outgoing.seal(state.exchange.ownKexInit);
    this.#outgoing.hold();
    this.#debug('SSH2_MSG_KEXINIT sent');
  }

  #follow(state: PacketState, step: ExchangeStep): void {
    switch (step.type) {
      case 'continue':
        for (const payload of step.payloads) this.#outgoing.seal(payload);
        return;
      case 'ask':
        state.asked = true;
        this.#events.push(step.event);
        return;
      case 'keys-made':
        return this.#keysMade(step);
      case 'keys-taken':
        return this.#keysTaken(state, step);
      case 'failed':
        return this.#end(step.failure);
    }
  }

  #keysMade({ payloads, sendingKeys, sendingCompression, markers }: KeysMade): void {
    for (const payload of payloads) this.#outgoing.seal(payload);
    this.#outgoing.newKeys(sendingKeys, sendingCompression, markers.strict);
    this.#debug(this.#policy.describe('out', sendingKeys.cipher));
    this.#debug('SSH2_MSG_NEWKEYS sent');
    const announcement = this.#announcement;
    this.#announcement = undefined;
    if (announcement !== undefined && markers.acceptsExtensionInfo) {
      this.#outgoing.seal(own.encodeExtensionInfo(announcement));
    }
    this.#outgoing.release();
    this.#debug('expecting SSH2_MSG_NEWKEYS');
  }

  #keysTaken(state: PacketState, taken: KeysTaken): void {
    const { receivingKeys, receivingCompression, sendingCipher, session } = taken;
    const { strict } = session.markers;
    const first = state.session === undefined;
    this.#incoming.changeKeys(receivingKeys, receivingCompression, strict);
    this.#policy.keysChanged(sendingCipher, receivingKeys.cipher);
    this.#debug('SSH2_MSG_NEWKEYS received');
    this.#debug(this.#policy.describe('in', receivingKeys.cipher));
    state.exchange = undefined;
    state.session = session;
    this.#firstKeys = first;
    const { sessionId, hostKey, algorithms } = session;
    this.#events.push({ type: 'keys-changed', first, sessionId, hostKey, algorithms });
  }

  // A server's may come at any time before authentication is over (PROTOCOL section 1.11), a client's only as the first
  // message under the first keys (RFC 8308 section 2.4). Elsewhere it is not understood.
  #extensionInfo(payload: Uint8Array, sequenceNumber: number): void {
    const inPlace =
      this.#options.role === 'client' ? !this.#authenticated : this.#firstKeys && this.#incoming.use.packets === 1;
    if (inPlace) this.#events.push(own.extensionsEvent(payload));
    else this.#reject(sequenceNumber);
  }

  // No answer before authentication is over nor while keys are exchanged, and no more than wait already
  // (CVE-2025-26466).
  #ping(state: PacketState, payload: Uint8Array): void {
    const pong = own.encodePong(payload);
    if (!this.#authenticated || state.exchange !== undefined) return;
    if (this.#outgoing.replyAllowed()) this.#outgoing.seal(pong);
  }

  #reject(sequenceNumber: number): void {
    if (this.#outgoing.replyAllowed()) return this.#outgoing.seal(own.encodeUnimplemented(sequenceNumber));
    this.#end(failure('limit-exceeded', 'too many messages that are not understood'));
  }

  #announce(extensions: ReadonlyMap<string, Uint8Array>): void {
    const state = this.#state;
    const packets = state.expects === 'packets' ? state : undefined;
    const keysSent = packets?.session !== undefined || packets?.exchange?.expects === 'new-keys';
    if (!keysSent) {
      this.#announcement = extensions;
      return;
    }
    const markers = packets.session?.markers ?? packets.exchange?.markers;
    if (markers?.acceptsExtensionInfo === true) this.#send(own.encodeExtensionInfo(extensions));
  }

  #send(payload: Uint8Array, data?: Uint8Array): void {
    const state = this.#state;
    if (state.expects === 'packets') this.#exchangeIfDue(state);
    if (this.#state.expects === 'nothing') return;
    const failed = this.#outgoing.send(payload, data);
    if (failed !== undefined) this.#end(failed);
  }

  #exchangeIfDue(state: PacketState): void {
    if (state.session === undefined || state.exchange !== undefined) return;
    const sending = this.#outgoing.use;
    const receiving = this.#incoming.use;
    if (this.#authenticated) {
      if (this.#policy.wornOut(sending, receiving)) this.#startExchange(state);
    } else if (this.#policy.packetsWornOut(sending, receiving)) {
      this.#end(failure('limit-exceeded', 'too many packets before authentication'));
    }
  }

  /** Tells the peer, unless it ended the connection or packets have not begun. */
  #end(value: Failure): void {
    const disconnect = own.encodeDisconnect(value);
    if (this.#state.expects === 'packets' && disconnect !== undefined) this.#outgoing.seal(disconnect);
    this.#finish({ type: 'ended', failure: value });
  }

  #finish(ended: TransportEvent): void {
    const state = this.#state;
    if (state.expects === 'nothing') return;
    if (state.expects === 'packets') state.exchange?.free();
    this.#state = { expects: 'nothing' };
    this.#incoming.free();
    this.#outgoing.free();
    this.#events.push(ended);
  }

  #debug(line: string): void {
    this.#options.log?.('debug1', line);
  }
}

function situationOf({ exchange, session }: PacketState): Situation {
  if (exchange === undefined) return 'open';
  if (exchange.expects === 'kex-init') return session === undefined ? 'before-kex-init' : 'open';
  if (session !== undefined) return 're-exchange';
  return exchange.markers?.strict === true ? 'strict-first-exchange' : 'first-exchange';
}
