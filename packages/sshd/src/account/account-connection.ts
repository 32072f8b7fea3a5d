// One authenticated connection in the account process: the connection protocol resumed from the auth process'
// transport, with its session channels and forwardings. Re-keying asks the monitor for the host key's signature.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import { failure } from '@sallyport/protocol/failure/failure';
import type { LogLine, PeerName } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import type { ServerStack } from '@sallyport/protocol/stack/server-stack';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { EngineDriver } from 'sallyport/driver/engine-driver';
import type { StackSettings } from '../auth/stack-settings.ts';
import type { Grant } from '../authentication/grant.ts';
import { ownLines } from '../own-lines.ts';
import { Channels } from './channels.ts';
import { ClientAlive, keepAliveRequest } from './client-alive.ts';
import { HostKeyRequests, isProofRequest } from './host-key-requests.ts';
import { resumeStack } from './resume-stack.ts';

/** What a re-key needs from the monitor. */
export interface SignRequest {
  readonly algorithm: string;
  readonly hostKey: Uint8Array;
  readonly data: Uint8Array;
}

export interface AccountConnectionOptions {
  readonly crypto: CryptoProvider;
  readonly stream: ByteStream;
  /** As the monitor knows it. */
  readonly sessionId: Uint8Array;
  readonly snapshot: Uint8Array;
  readonly settings: StackSettings;
  readonly grant: Grant;
  readonly log: (line: LogLine) => void;
  readonly logDrain: () => Promise<void> | undefined;
  readonly sign: (request: SignRequest) => void;
  /** Asks for a proof that we have a host key; provideProof() gives it. */
  readonly prove: (hostKey: Uint8Array) => void;
  readonly onEnded: () => void;
}

export class AccountConnection {
  readonly #options: AccountConnectionOptions;
  readonly #stack: ServerStack;
  readonly #driver: EngineDriver<ServerStackEvent, ServerStackCommand>;
  readonly #channels: Channels;
  readonly #alive: ClientAlive;
  readonly #hostKeys: HostKeyRequests;
  readonly #peer: PeerName;
  /** What the auth process has sent and received. */
  readonly #before: { readonly sentBytes: number; readonly receivedBytes: number };
  #told = false;
  /** Whether sign() was called and not answered. */
  #isSigning = false;

  constructor(options: AccountConnectionOptions) {
    this.#options = options;
    const { grant, settings } = options;
    this.#peer = { ...grant.peer, user: grant.user, standing: 'accepted' };
    const { stack, clientIdentification, sentBytes, receivedBytes } = resumeStack(options);
    this.#stack = stack;
    this.#before = { sentBytes, receivedBytes };
    this.#driver = new EngineDriver(this.#stack, options.stream, {
      event: (event) => this.#handle(event),
      closed: () => this.#closed(),
    });
    this.#hostKeys = new HostKeyRequests({
      offered: settings.hostKeys.map(({ blob }) => blob),
      prove: options.prove,
      perform: (command) => this.#perform(command),
      failed: (error) => this.#failed(error),
    });
    this.#channels = new Channels({
      grant,
      clientIdentification,
      perform: (command) => {
        if (command.type === 'reply-global-request') this.#hostKeys.answer(command);
        else this.#perform(command);
      },
      queuedBytes: (channel) => this.#stack.queuedBytes(channel),
      reserveChannel: () => this.#stack.reserveChannel(),
      log: options.log,
      logDrain: options.logDrain,
      refuse: (why) => this.#end('closed', why),
    });
    this.#alive = new ClientAlive(grant.clientAlive, {
      ask: () => this.#perform(keepAliveRequest),
      giveUp: () => this.#giveUp(),
    });
  }

  start(): void {
    this.#driver.start();
    this.#alive.start();
    this.#hostKeys.announce();
  }

  /** The monitor's answer to sign(); undefined when it refused. */
  provideSignature(signature: Uint8Array | undefined): void {
    this.#isSigning = false;
    if (!this.#driver.running) return;
    if (signature === undefined) this.#end('key-exchange-failed', 'host key signature refused');
    else this.#driver.perform({ protocol: 'transport', type: 'provide-signature', signature });
  }

  /** The monitor's answer to prove(); undefined when there is no proof. */
  provideProof(signature: Uint8Array | undefined): void {
    this.#hostKeys.provide(signature);
  }

  /** The monitor is gone: what it was asked gets no answer. */
  abandonQuestions(): void {
    if (this.#isSigning) this.provideSignature(undefined);
    this.#hostKeys.provide(undefined);
  }

  #end(code: 'closed' | 'key-exchange-failed', text: string): void {
    if (this.#driver.running)
      this.#driver.perform({ protocol: 'transport', type: 'end', failure: failure(code, text) });
  }

  /** As OpenSSH: a client that is not there is not told. */
  #giveUp(): void {
    this.#told = true;
    this.#options.log(stableLines.clientSilent(this.#peer));
    this.#driver.destroy();
  }

  #perform(command: ConnectionCommand): void {
    if (!this.#driver.running) return;
    try {
      this.#driver.perform({ protocol: 'connection', ...command });
    } catch (error) {
      this.#failed(error);
    }
  }

  #handle(event: ServerStackEvent): void {
    this.#alive.heard();
    try {
      if (isProofRequest(event)) this.#hostKeys.handle(event);
      else if (event.protocol === 'connection') this.#channels.handle(event);
      else if (event.protocol === 'stack') this.#ended(event);
      else if (event.type === 'signature-wanted') {
        this.#isSigning = true;
        this.#options.sign({ algorithm: event.algorithm, hostKey: event.hostKey.slice(), data: event.data.slice() });
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A fault of ours: it costs this connection, not the account's others. */
  #failed(error: unknown): void {
    this.#options.log(ownLines.failed('serving a connection', error));
    this.#driver.destroy();
  }

  #ended(event: Extract<ServerStackEvent, { readonly type: 'ended' }>): void {
    this.#told = true;
    const { log } = this.#options;
    const { disconnect } = event;
    if (disconnect !== undefined) {
      log(stableLines.receivedDisconnect(this.#peer, disconnect.reason, disconnect.description));
      log(stableLines.disconnected(this.#peer));
    } else if (event.failure.code === 'connection-lost') this.#logLoss();
    else log(stableLines.disconnecting(this.#peer, event.failure.description));
    this.#driver.end();
  }

  /** The client has gone without a word. */
  #logLoss(): void {
    const { log } = this.#options;
    const { sentBytes, receivedBytes } = this.#driver.traffic;
    log(stableLines.sessionConnectionClosed(this.#peer));
    log(stableLines.transferred(this.#before.sentBytes + sentBytes, this.#before.receivedBytes + receivedBytes));
    log(stableLines.closingConnection(this.#peer));
  }

  #closed(): void {
    this.#alive.stop();
    if (!this.#told) this.#logLoss();
    this.#channels.destroy();
    this.#options.onEnded();
  }
}
