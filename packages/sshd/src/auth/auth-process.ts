// The unprivileged process that speaks with one stranger: identification, key exchange and authentication, then it
// gives the live transport to the monitor and ends. It holds no host key and no account data, and it is never used
// twice.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogLevel, LogSink } from '@sallyport/protocol/log/log';
import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine, PeerName } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';
import { encodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { EngineDriver, monotonicNow } from 'sallyport/driver/engine-driver';
import { AuthConversation } from './auth-conversation.ts';
import type { AuthBegin } from './begin.ts';
import { stackOptions } from './begin.ts';
import type { Ended } from './end-lines.ts';
import { endLines } from './end-lines.ts';
import { MonitorClient } from './monitor-client.ts';

export interface AuthProcessOptions {
  readonly begin: AuthBegin;
  readonly crypto: CryptoProvider;
  readonly stream: ByteStream;
  readonly monitor: ByteStream;
}

/** Serves the connection; resolves when the process may end. */
export class AuthProcess {
  readonly #begin: AuthBegin;
  readonly #stack: ServerStack;
  readonly #monitor: MonitorClient;
  readonly #conversation: AuthConversation;
  readonly #driver: EngineDriver<ServerStackEvent, ServerStackCommand>;
  readonly #finished: Promise<void>;
  #finish: () => void = () => undefined;
  #told = false;

  constructor(options: AuthProcessOptions) {
    const { begin, crypto } = options;
    this.#begin = begin;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#monitor = new MonitorClient(options.monitor, () => this.#finish());
    const log: LogSink = (level, text) => this.#log({ level, text });
    this.#stack = new ServerStack(stackOptions({ begin, crypto, log, now: monotonicNow() }));
    this.#conversation = new AuthConversation({
      monitor: this.#monitor,
      perform: (command) => {
        if (this.#driver.running) this.#driver.perform(command);
      },
      onAuthenticated: () => void this.#handOver(),
      onEnded: (ended) => this.#end(ended),
    });
    this.#driver = new EngineDriver(this.#stack, options.stream, {
      event: (event) => this.#conversation.handle(event),
      closed: () => {
        if (!this.#told) this.#log(stableLines.connectionClosed(this.#peerName()));
        this.#finish();
      },
    });
  }

  run(): Promise<void> {
    this.#driver.start();
    return this.#finished;
  }

  async #handOver(): Promise<void> {
    await this.#driver.written();
    if (!this.#driver.running) return;
    const { unread } = this.#driver.detach();
    for (const chunk of unread) this.#stack.receive(chunk);
    const snapshot = encodeTransportSnapshot(this.#stack.intoSnapshot().transport);
    this.#monitor.send('handOver', { snapshot });
    snapshot.fill(0);
    this.#told = true;
  }

  #peerName(): PeerName {
    const { peer } = this.#begin;
    const claimed = this.#conversation.claimed;
    if (claimed === undefined) return peer;
    return { ...peer, user: claimed.user, standing: claimed.valid ? 'authenticating' : 'invalid' };
  }

  #end(ended: Ended): void {
    this.#told = true;
    for (const line of endLines(ended, this.#peerName())) this.#log(line);
    this.#driver.end();
  }

  #log(line: LogLine): void {
    this.#monitor.send('log', { level: levelNumber(line.level), line: line.text });
  }
}

function levelNumber(level: LogLevel): number {
  return logLevels.indexOf(level);
}
