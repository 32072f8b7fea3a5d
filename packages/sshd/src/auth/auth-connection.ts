// One connection of the auth process, without its socket: identification, key exchange and authentication, then the
// live transport is given to the monitor. It holds no host key and no account data, and asks the monitor for both.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine, PeerAddress, PeerName } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';
import { encodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import { AuthConversation } from './auth-conversation.ts';
import type { Ended } from './end-lines.ts';
import { endLines } from './end-lines.ts';
import type { MonitorPort } from './monitor-client.ts';
import type { StackSettings } from './stack-settings.ts';
import { stackOptions } from './stack-settings.ts';

export interface AuthConnectionOptions {
  readonly settings: StackSettings;
  readonly peer: PeerAddress;
  readonly crypto: CryptoProvider;
  readonly monitor: MonitorPort;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** Pumped by its owner: bytes in, bytes out, until it is authenticated or has ended. */
export class AuthConnection {
  readonly #peer: PeerAddress;
  readonly #logThreshold: number;
  readonly #stack: ServerStack;
  readonly #monitor: MonitorPort;
  readonly #conversation: AuthConversation;
  #state: 'running' | 'authenticated' | 'ended' = 'running';

  constructor(options: AuthConnectionOptions) {
    const { settings, peer, crypto, monitor, now } = options;
    this.#peer = peer;
    this.#logThreshold = settings.logThreshold;
    this.#monitor = monitor;
    const log: LogSink = (level, text) => this.#log({ level, text });
    this.#stack = new ServerStack(stackOptions(settings, { crypto, log, now }));
    this.#conversation = new AuthConversation({
      monitor,
      perform: (command) => {
        if (this.#state === 'running') this.#stack.perform(command);
      },
      onAuthenticated: () => {
        this.#state = 'authenticated';
      },
      onEnded: (ended) => this.#end(ended),
    });
  }

  get state(): 'running' | 'authenticated' | 'ended' {
    return this.#state;
  }

  get inputWanted(): boolean {
    return this.#state === 'running' && this.#stack.inputWanted;
  }

  get deadline(): number | undefined {
    return this.#stack.deadline;
  }

  receive(chunk: Uint8Array): void {
    this.#stack.receive(chunk);
  }

  expire(now: number): void {
    this.#stack.expire(now);
  }

  /** Asks the monitor whatever has come up, and gives what is to be sent. */
  takeOutput(): Uint8Array[] {
    while (this.#state === 'running') {
      const event = this.#stack.nextEvent();
      if (event === undefined) break;
      this.#conversation.handle(event);
    }
    return this.#stack.takeOutput();
  }

  /** The peer has closed the connection, or it has failed. */
  peerHasGone(): void {
    if (this.#state !== 'ended') this.#log(stableLines.connectionClosed(this.#peerName()));
    this.#state = 'ended';
  }

  /** Gives the authenticated transport to the monitor: when everything it had to send has been sent. */
  handOver(): void {
    const snapshot = encodeTransportSnapshot(this.#stack.intoSnapshot().transport);
    this.#monitor.send('handOver', { snapshot });
    snapshot.fill(0);
  }

  #peerName(): PeerName {
    const peer = this.#peer;
    const claimed = this.#conversation.claimed;
    if (claimed === undefined) return peer;
    return { ...peer, user: claimed.user, standing: claimed.valid ? 'authenticating' : 'invalid' };
  }

  #end(ended: Ended): void {
    this.#state = 'ended';
    for (const line of endLines(ended, this.#peerName())) this.#log(line);
  }

  #log(line: LogLine): void {
    const level = logLevels.indexOf(line.level);
    if (level <= this.#logThreshold) this.#monitor.send('log', { level, line: line.text });
  }
}
