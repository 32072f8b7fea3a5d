// The connection protocol (RFC 4254) of either side: channels, their requests and global requests. It turns payloads
// into events and commands into payloads; what a channel is for is the owner's business. Data goes out in turns: each
// channel sends its fair share, then the next one, as far as windows allow.

import { PayloadQueue } from '../codec/payload-queue.ts';
import { Queue } from '../codec/queue.ts';
import type { PayloadEngine } from '../engine.ts';
import { failureOfThrown, Violation } from '../failure/violation.ts';
import * as messages from '../messages/connection.ts';
import { readUint32, writeUint32 } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import type { PeerSide } from './channel.ts';
import { Channel } from './channel.ts';
import { ChannelTable } from './channel-table.ts';
import type { DataMessage } from './data-queue.ts';
import { dataHeaderBytes, extendedDataHeaderBytes, joinDataMessage } from './data-queue.ts';
import type { ConnectionCommand, ConnectionEvent, ConnectionOptions } from './events.ts';
import { GlobalRequests } from './global-requests.ts';
import { defaultWindow, smallestPacketBytes } from './window.ts';

type Command<Type extends ConnectionCommand['type']> = Extract<ConnectionCommand, { readonly type: Type }>;
type ChannelCommand = Exclude<ConnectionCommand, Command<'open-channel' | 'request-global' | 'reply-global-request'>>;

/** OpenSSH's limit of channels on one connection. */
const defaultMaximumChannels = 16384;
const defaultFairShareBytes = 64 * 1024;
/** With so little queued on a channel its owner is told that it may queue more, before the line runs dry. */
const littleQueuedBytes = 64 * 1024;
/** Number, recipient and bytes of CHANNEL_WINDOW_ADJUST. */
const adjustBytes = 9;
const nothing = new Uint8Array(0);
const { openFailureReasons } = messages;

/** A payload, or channel data in two parts. */
export type OutgoingMessage = Uint8Array | DataMessage;

export class Connection implements PayloadEngine<ConnectionEvent, ConnectionCommand> {
  readonly #maximumChannels: number;
  readonly #fairShareBytes: number;
  readonly #channels = new ChannelTable();
  readonly #events = new Queue<ConnectionEvent>();
  readonly #output = new PayloadQueue();
  readonly #globalRequests = new GlobalRequests(this.#output);
  /** The channels that have something to send and may, in the order of their turns. */
  readonly #turns = new Queue<Channel>();
  /** The channels that grant window with the next payloads. */
  readonly #grants = new Queue<Channel>();
  #failed = false;

  constructor(options: ConnectionOptions = {}) {
    this.#maximumChannels = options.maximumChannels ?? defaultMaximumChannels;
    this.#fairShareBytes = options.fairShareBytes ?? defaultFairShareBytes;
  }

  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  /** Bytes of send-data that have not left: who queues them stops at a limit of its own until sending-possible. */
  queuedBytes(channel: number): number {
    return this.#channels.get(channel)?.queue.bytes ?? 0;
  }

  /** A number for open-channel. */
  reserveChannel(): number {
    return this.#channels.reserve();
  }

  nextEvent(): ConnectionEvent | undefined {
    const event = this.#events.shift();
    if (event?.type === 'channel-closed' || event?.type === 'channel-refused') this.#channels.release(event.channel);
    return event;
  }

  receivePayload(payload: Uint8Array): void {
    if (this.#failed) return;
    try {
      this.#receive(payload);
    } catch (thrown) {
      this.#failed = true;
      this.#events.push({ type: 'failed', failure: failureOfThrown(thrown) });
    }
  }

  perform(command: ConnectionCommand): void {
    if (this.#failed) return;
    switch (command.type) {
      case 'open-channel':
        return this.#openChannel(command);
      case 'request-global':
        return this.#globalRequests.request(command);
      case 'reply-global-request':
        return this.#globalRequests.reply(command);
      default:
        return this.#performOnChannel(command);
    }
  }

  takePayloads(limitBytes?: number): Uint8Array[] {
    return this.takeMessages(limitBytes).map((message) =>
      message instanceof Uint8Array ? message : joinDataMessage(message),
    );
  }

  /** Like takePayloads(), but the data of channels is lent until the next command instead of being copied. */
  takeMessages(limitBytes = Number.POSITIVE_INFINITY): OutgoingMessage[] {
    const before = this.#output.pendingBytes;
    const payloads: OutgoingMessage[] = this.#output.take(limitBytes);
    let bytes = before - this.#output.pendingBytes;
    for (let channel = this.#grants.shift(); channel !== undefined; channel = this.#grants.shift()) {
      channel.inGrants = false;
      if (channel.canGrant) bytes += this.#grant(channel, payloads);
    }
    while (bytes < limitBytes) {
      const channel = this.#turns.shift();
      if (channel === undefined) break;
      channel.inTurn = false;
      bytes += this.#sendTurn(channel, payloads);
      this.#schedule(channel);
    }
    return payloads;
  }

  // Sending.

  #schedule(channel: Channel): void {
    if (channel.inTurn || channel.phase !== 'open' || !channel.canSend) return;
    channel.inTurn = true;
    this.#turns.push(channel);
  }

  #grant(channel: Channel, payloads: OutgoingMessage[]): number {
    const payload = new Uint8Array(adjustBytes);
    payload[0] = messages.channelWindowAdjust.number;
    writeUint32(payload, 1, channel.peerNumber);
    writeUint32(payload, 5, channel.receiving.grant());
    payloads.push(payload);
    return payload.length;
  }

  #sendTurn(channel: Channel, payloads: OutgoingMessage[]): number {
    const { queue, sending } = channel;
    if (!channel.canSend) return 0;
    const before = queue.bytes;
    let sent = 0;
    while (sent < this.#fairShareBytes && queue.bytes > 0 && sending.openBytes > 0) {
      payloads.push(queue.frame(channel.peerNumber, Math.min(sending.openBytes, sending.packetBytes)));
      const left = before - queue.bytes;
      sending.use(left - sent);
      sent = left;
    }
    if (queue.bytes === 0) this.#sendEnd(channel, payloads);
    if (sent > 0 && (queue.bytes === 0 || (channel.queuedSinceTold && queue.bytes <= littleQueuedBytes))) {
      channel.queuedSinceTold = false;
      this.#events.push({ type: 'sending-possible', channel: channel.number });
    }
    return sent;
  }

  #sendEnd(channel: Channel, payloads: OutgoingMessage[]): void {
    const recipient = channel.peerNumber;
    if (channel.eofWanted && channel.step('send-eof') === 'proceed') {
      payloads.push(messages.channelEof.encode({ recipient }));
    }
    if (channel.closeWanted && channel.step('send-close') === 'proceed') {
      payloads.push(messages.channelClose.encode({ recipient }));
    }
  }

  // Commands of the owner.

  #openChannel(command: Command<'open-channel'>): void {
    const { channel: number, channelType: type, fields } = command;
    if (this.#channels.size >= this.#maximumChannels) {
      this.#channels.cancel(number);
      const reason = openFailureReasons.resourceShortage;
      this.#events.push({ type: 'channel-refused', channel: number, reason, description: 'too many channels' });
      return;
    }
    const window = command.window ?? defaultWindow;
    this.#channels.add(new Channel(number, 'opening', { window }));
    const { bytes: windowBytes, maximumPacketBytes } = window;
    this.#output.push(messages.channelOpen.encode({ type, sender: number, windowBytes, maximumPacketBytes, fields }));
  }

  #performOnChannel(command: ChannelCommand): void {
    const channel = this.#channels.get(command.channel);
    if (channel === undefined) {
      // The channel may have gone before its owner could know.
      if (command.type === 'consume' || this.#channels.isLeaving(command.channel)) return;
      throw new Error(`there is no channel ${command.channel} for ${command.type}`);
    }
    if (channel.phase === 'requested') {
      this.#answerOpen(channel, command);
    } else if (channel.phase === 'open') {
      this.#performOnOpen(channel, command);
    } else if (command.type === 'close-channel') {
      channel.phase = 'abandoned';
    } else {
      throw new Error(`channel ${channel.number} is not open for ${command.type}`);
    }
  }

  #answerOpen(channel: Channel, command: ChannelCommand): void {
    const { number, peerNumber } = channel;
    if (command.type === 'confirm-channel') {
      const window = command.window ?? defaultWindow;
      channel.confirm(window);
      const { bytes: windowBytes, maximumPacketBytes } = window;
      const fields = command.fields ?? nothing;
      const message = { recipient: peerNumber, sender: number, windowBytes, maximumPacketBytes, fields };
      this.#output.push(messages.channelOpenConfirmation.encode(message));
    } else if (command.type === 'refuse-channel') {
      this.#channels.remove(number);
      this.#channels.release(number);
      this.#refuseOpen(peerNumber, command.reason, command.description);
    } else {
      throw new Error(`channel ${number} has been requested: it takes no ${command.type}`);
    }
  }

  #refuseOpen(recipient: number, reason: messages.OpenFailureReason, description: string): void {
    this.#output.push(messages.channelOpenFailure.encode({ recipient, reason, description, language: '' }));
  }

  #performOnOpen(channel: Channel, command: ChannelCommand): void {
    switch (command.type) {
      case 'send-data':
        return this.#sendData(channel, command);
      case 'send-eof':
        channel.eofWanted = true;
        return this.#schedule(channel);
      case 'close-channel':
        channel.closeWanted = true;
        if (command.discard === true) channel.queue.clear();
        return this.#schedule(channel);
      case 'consume':
        channel.receiving.consume(command.bytes);
        if (channel.inGrants || !channel.canGrant) return;
        channel.inGrants = true;
        return this.#grants.push(channel);
      case 'request-channel':
        return this.#requestChannel(channel, command);
      case 'reply-channel-request':
        return this.#replyChannelRequest(channel, command.success);
      case 'confirm-channel':
      case 'refuse-channel':
        throw new Error(`channel ${channel.number} has not been requested`);
    }
  }

  #sendData(channel: Channel, { data, extended }: Command<'send-data'>): void {
    if (channel.eofWanted || channel.closeWanted) throw new Error(`data after the end of channel ${channel.number}`);
    channel.queue.push(data, extended);
    channel.queuedSinceTold = true;
    this.#schedule(channel);
  }

  #requestChannel(channel: Channel, { request, fields, token }: Command<'request-channel'>): void {
    if (channel.closeWanted) throw new Error(`request after the close of channel ${channel.number}`);
    if (token !== undefined) channel.awaitedReplies.push(token);
    const wantReply = token !== undefined;
    this.#output.push(
      messages.channelRequest.encode({ recipient: channel.peerNumber, type: request, wantReply, fields }),
    );
  }

  #replyChannelRequest(channel: Channel, success: boolean): void {
    channel.requestAnswered();
    if (channel.closing === 'close-sent') return;
    const message = success ? messages.channelSuccess : messages.channelFailure;
    this.#output.push(message.encode({ recipient: channel.peerNumber }));
  }

  // Messages of the peer.

  #receive(payload: Uint8Array): void {
    switch (payload[0]) {
      case messages.channelData.number:
        return this.#receiveData(payload, undefined, dataHeaderBytes);
      case messages.channelWindowAdjust.number:
        return this.#receiveAdjust(payload);
      case messages.channelExtendedData.number:
        return this.#receiveExtendedData(payload);
      case messages.channelRequest.number:
        return this.#receiveRequest(payload);
      case messages.channelSuccess.number:
        return this.#receiveReply(messages.channelSuccess.decode(payload).recipient, true);
      case messages.channelFailure.number:
        return this.#receiveReply(messages.channelFailure.decode(payload).recipient, false);
      case messages.channelEof.number:
        return this.#receiveEof(messages.channelEof.decode(payload).recipient);
      case messages.channelClose.number:
        return this.#receiveClose(messages.channelClose.decode(payload).recipient);
      case messages.channelOpen.number:
        return this.#receiveOpen(payload);
      case messages.channelOpenConfirmation.number:
        return this.#receiveConfirmation(payload);
      case messages.channelOpenFailure.number:
        return this.#receiveOpenFailure(payload);
      case messages.globalRequest.number:
        return this.#events.push(this.#globalRequests.received(payload));
      case messages.requestSuccess.number:
      case messages.requestFailure.number: {
        const event = this.#globalRequests.answered(payload);
        if (event !== undefined) this.#events.push(event);
        return;
      }
      default:
        throw new Violation('message-unexpected');
    }
  }

  /** @throws Violation when that is no open channel */
  #open(recipient: number): Channel {
    const channel = this.#channels.get(recipient);
    if (channel === undefined) throw new Violation('channel-unknown');
    if (channel.phase !== 'open')
      throw new Violation('message-unexpected', 'message for a channel that is not open yet');
    return channel;
  }

  #receiveData(payload: Uint8Array, extended: number | undefined, headerBytes: number): void {
    const bytes = payload.length - headerBytes;
    if (bytes < 0 || readUint32(payload, headerBytes - 4) !== bytes) {
      throw new DecodeError('length of channel data is wrong');
    }
    const channel = this.#open(readUint32(payload, 1));
    const verdict = channel.step('receive-data');
    if (verdict === 'refuse') throw new Violation('message-unexpected', 'channel data after EOF');
    if (verdict === 'ignore') return;
    channel.receiving.receive(bytes);
    if (bytes === 0) return;
    if (extended !== undefined && extended !== messages.extendedDataStderr) {
      this.#performOnOpen(channel, { type: 'consume', channel: channel.number, bytes });
      return;
    }
    const data = payload.subarray(headerBytes);
    this.#events.push({ type: 'data-received', channel: channel.number, extended, data });
  }

  #receiveExtendedData(payload: Uint8Array): void {
    if (payload.length < extendedDataHeaderBytes) throw new DecodeError('message ends early');
    this.#receiveData(payload, readUint32(payload, 5), extendedDataHeaderBytes);
  }

  #receiveAdjust(payload: Uint8Array): void {
    // By hand: a server sends two for each message of an upload.
    if (payload.length !== adjustBytes) throw new DecodeError('length of a window adjust is wrong');
    const recipient = readUint32(payload, 1);
    // Some peers still grant window to a channel that both sides have closed.
    if (this.#channels.get(recipient) === undefined) return;
    const channel = this.#open(recipient);
    channel.sending.adjust(readUint32(payload, 5));
    this.#schedule(channel);
  }

  #receiveRequest(payload: Uint8Array): void {
    const { recipient, type, wantReply, fields } = messages.channelRequest.decode(payload);
    const channel = this.#open(recipient);
    if (channel.step('receive-request') !== 'proceed') return;
    if (wantReply) channel.requestReceived();
    const request = type;
    this.#events.push({ type: 'channel-request-received', channel: channel.number, request, wantReply, fields });
  }

  /** An answer to nothing is ignored. */
  #receiveReply(recipient: number, success: boolean): void {
    if (this.#channels.get(recipient) === undefined) return;
    const token = this.#open(recipient).awaitedReplies.shift();
    if (token === undefined) return;
    this.#events.push({ type: 'channel-request-answered', channel: recipient, token, success });
  }

  #receiveEof(recipient: number): void {
    const channel = this.#open(recipient);
    if (channel.step('receive-eof') !== 'proceed') return;
    this.#events.push({ type: 'eof-received', channel: channel.number });
  }

  #receiveClose(recipient: number): void {
    const channel = this.#open(recipient);
    if (channel.step('send-close') === 'proceed') {
      this.#output.push(messages.channelClose.encode({ recipient: channel.peerNumber }));
    }
    channel.step('receive-close');
    this.#forget(channel);
  }

  #forget(channel: Channel): void {
    const { number } = channel;
    channel.queue.clear();
    this.#channels.remove(number);
    for (let token = channel.awaitedReplies.shift(); token !== undefined; token = channel.awaitedReplies.shift()) {
      this.#events.push({ type: 'channel-request-answered', channel: number, token, success: false });
    }
    this.#events.push({ type: 'channel-closed', channel: number });
  }

  #receiveOpen(payload: Uint8Array): void {
    const { type, fields, ...peer } = messages.channelOpen.decode(payload);
    if (this.#channels.size >= this.#maximumChannels) {
      return this.#refuseOpen(peer.sender, openFailureReasons.resourceShortage, 'too many channels');
    }
    if (peer.maximumPacketBytes < smallestPacketBytes) {
      return this.#refuseOpen(peer.sender, openFailureReasons.resourceShortage, 'maximum packet size is too small');
    }
    const channel = this.#channels.reserve();
    this.#channels.add(new Channel(channel, 'requested', { window: defaultWindow, peer }));
    this.#events.push({ type: 'channel-requested', channel, channelType: type, fields });
  }

  /** The channel that an answer to our open is about. @throws Violation when there is none */
  #opening(recipient: number): Channel {
    const channel = this.#channels.get(recipient);
    if (channel === undefined) throw new Violation('channel-unknown');
    if (channel.phase === 'opening' || channel.phase === 'abandoned') return channel;
    throw new Violation('message-unexpected', 'answer to a channel open that was not asked');
  }

  #receiveConfirmation(payload: Uint8Array): void {
    const { recipient, fields, ...peer } = messages.channelOpenConfirmation.decode(payload);
    const channel = this.#opening(recipient);
    const abandoned = channel.phase === 'abandoned';
    this.#checkPacketSize(peer);
    channel.confirmedBy(peer);
    if (!abandoned) {
      this.#events.push({ type: 'channel-opened', channel: channel.number, fields });
      return;
    }
    channel.closeWanted = true;
    this.#schedule(channel);
  }

  #checkPacketSize({ maximumPacketBytes }: PeerSide): void {
    if (maximumPacketBytes < smallestPacketBytes) {
      throw new Violation('limit-exceeded', 'maximum packet size of the channel is too small');
    }
  }

  #receiveOpenFailure(payload: Uint8Array): void {
    const { recipient, reason, description } = messages.channelOpenFailure.decode(payload);
    const channel = this.#opening(recipient);
    if (channel.phase === 'abandoned') return this.#forget(channel);
    this.#channels.remove(channel.number);
    this.#events.push({ type: 'channel-refused', channel: channel.number, reason, description });
  }
}
