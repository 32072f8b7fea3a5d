// One authenticated connection in the account process: the connection protocol resumed from the auth process'
// transport, with its session channels and forwardings. Re-keying asks the monitor for the host key's signature.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import { failure } from '@sallyport/protocol/failure/failure';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine, PeerName } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { openFailureReasons } from '@sallyport/protocol/messages/connection';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';
import { decodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { EngineDriver, monotonicNow } from 'sallyport/driver/engine-driver';
import type { AuthBegin } from '../auth/begin.ts';
import { stackOptions } from '../auth/begin.ts';
import type { Grant } from '../authentication/grant.ts';
import type { ChannelHandler } from './channel-handler.ts';
import { ClientAlive } from './client-alive.ts';
import { openDirectTcpip } from './direct-tcpip.ts';
import { Session } from './session.ts';

/** What a re-key needs from the monitor. */
export interface SignRequest {
  readonly algorithm: string;
  readonly hostKey: Uint8Array;
  readonly data: Uint8Array;
}

export interface AccountConnectionOptions {
  readonly crypto: CryptoProvider;
  readonly stream: ByteStream;
  readonly snapshot: Uint8Array;
  readonly begin: AuthBegin;
  readonly grant: Grant;
  readonly log: (line: LogLine) => void;
  readonly sign: (request: SignRequest) => void;
  readonly onEnded: () => void;
}

type ConnectionNews = Extract<ServerStackEvent, { readonly protocol: 'connection' }>;

export class AccountConnection {
  readonly #options: AccountConnectionOptions;
  readonly #stack: ServerStack;
  readonly #driver: EngineDriver<ServerStackEvent, ServerStackCommand>;
  readonly #channels = new Map<number, ChannelHandler>();
  readonly #alive: ClientAlive;
  readonly #peer: PeerName;
  #sessions = 0;
  #openSessions = 0;
  #moreSessions = true;
  #told = false;

  constructor(options: AccountConnectionOptions) {
    this.#options = options;
    const { grant, crypto, begin } = options;
    this.#peer = { ...grant.peer, user: grant.user, standing: 'accepted' };
    const transport = decodeTransportSnapshot(options.snapshot);
    const log: LogSink = (level, text) => options.log({ level, text });
    const settings = stackOptions({ begin, crypto, log, now: monotonicNow() });
    this.#stack = ServerStack.resume({ user: grant.user, transport }, settings);
    this.#driver = new EngineDriver(this.#stack, options.stream, {
      event: (event) => this.#handle(event),
      closed: () => this.#closed(),
    });
    this.#alive = new ClientAlive(grant.clientAlive, {
      ask: () =>
        this.#perform({
          type: 'request-global',
          request: globalRequestNames.keepalive,
          fields: new Uint8Array(0),
          token: 0,
        }),
      giveUp: () => this.#end('timed-out', `Timeout, client not responding from ${visible(grant.user)}`),
    });
  }

  start(): void {
    this.#driver.start();
    this.#alive.start();
  }

  /** The monitor's answer to sign(); undefined when it refused. */
  provideSignature(signature: Uint8Array | undefined): void {
    if (!this.#driver.running) return;
    if (signature === undefined) this.#end('key-exchange-failed', 'host key signature refused');
    else this.#driver.perform({ protocol: 'transport', type: 'provide-signature', signature });
  }

  #end(code: 'timed-out' | 'closed' | 'key-exchange-failed', text: string): void {
    if (this.#driver.running)
      this.#driver.perform({ protocol: 'transport', type: 'end', failure: failure(code, text) });
  }

  #perform(command: ConnectionCommand): void {
    if (this.#driver.running) this.#driver.perform({ protocol: 'connection', ...command });
  }

  #handle(event: ServerStackEvent): void {
    this.#alive.heard();
    if (event.protocol === 'connection') this.#handleConnection(event);
    else if (event.protocol === 'stack') this.#ended(event);
    else if (event.type === 'signature-wanted') {
      this.#options.sign({ algorithm: event.algorithm, hostKey: event.hostKey.slice(), data: event.data.slice() });
    }
  }

  #handleConnection(event: ConnectionNews): void {
    switch (event.type) {
      case 'channel-requested':
        return this.#open(event.channel, event.channelType, event.fields);
      case 'data-received':
        return this.#channels.get(event.channel)?.receive(event.data);
      case 'eof-received':
        return this.#channels.get(event.channel)?.receiveEof();
      case 'sending-possible':
        return this.#channels.get(event.channel)?.resume();
      case 'channel-request-received':
        return this.#channelRequest(event);
      case 'channel-closed':
        return this.#forget(event.channel);
      case 'global-request-received':
        return this.#globalRequest(event.request, event.wantReply);
      default:
    }
  }

  #channelRequest(event: Extract<ConnectionNews, { readonly type: 'channel-request-received' }>): void {
    const handler = this.#channels.get(event.channel);
    if (handler?.request !== undefined) handler.request(event.request, event.wantReply, event.fields);
    else if (event.wantReply) this.#perform({ type: 'reply-channel-request', channel: event.channel, success: false });
  }

  #globalRequest(request: string, wantReply: boolean): void {
    const noMore = request === globalRequestNames.noMoreSessions;
    if (noMore) this.#moreSessions = false;
    if (wantReply) this.#perform({ type: 'reply-global-request', success: noMore });
  }

  #open(channel: number, type: string, fields: Uint8Array): void {
    if (type === 'session') return this.#openSession(channel);
    if (type === 'direct-tcpip') {
      const handler = openDirectTcpip({
        channel,
        fields,
        grant: this.#options.grant,
        perform: (command) => this.#perform(command),
        queuedBytes: () => this.#stack.queuedBytes(channel),
        log: this.#options.log,
      });
      if (handler !== undefined) this.#channels.set(channel, handler);
      return undefined;
    }
    const reason = openFailureReasons.unknownChannelType;
    return this.#perform({ type: 'refuse-channel', channel, reason, description: 'unknown channel type' });
  }

  #openSession(channel: number): void {
    const { grant, log } = this.#options;
    if (!this.#moreSessions)
      return this.#end('closed', 'Possible attack: attempt to open a session after additional sessions disabled');
    if (this.#openSessions >= grant.maximumSessions) {
      const reason = openFailureReasons.administrativelyProhibited;
      return this.#perform({ type: 'refuse-channel', channel, reason, description: 'open failed' });
    }
    const session = new Session({
      channel,
      id: this.#sessions,
      grant,
      perform: (command) => this.#perform(command),
      queuedBytes: () => this.#stack.queuedBytes(channel),
      log,
    });
    this.#sessions += 1;
    this.#openSessions += 1;
    this.#channels.set(channel, session);
    return this.#perform({ type: 'confirm-channel', channel });
  }

  #forget(channel: number): void {
    const handler = this.#channels.get(channel);
    if (handler === undefined) return;
    this.#channels.delete(channel);
    if (handler instanceof Session) this.#openSessions -= 1;
    handler.destroy();
  }

  #ended(event: Extract<ServerStackEvent, { readonly type: 'ended' }>): void {
    this.#told = true;
    const { log } = this.#options;
    const { disconnect } = event;
    if (disconnect !== undefined) {
      log(stableLines.receivedDisconnect(this.#peer, disconnect.reason, disconnect.description));
      log(stableLines.disconnected(this.#peer));
    } else if (event.failure.code === 'connection-lost') log(stableLines.connectionClosed(this.#peer));
    else log(stableLines.disconnecting(this.#peer, visible(event.failure.description)));
    this.#driver.end();
  }

  #closed(): void {
    this.#alive.stop();
    if (!this.#told) this.#options.log(stableLines.connectionClosed(this.#peer));
    for (const channel of [...this.#channels.keys()]) this.#forget(channel);
    this.#options.onEnded();
  }
}
