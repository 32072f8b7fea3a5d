// One connection of a scan: as far as the server's host key, whose signature is verified, and no further. A silent
// or slow server ends by its own timer: `timeoutMs` without progress, and four times as long altogether.

import { connect as connectSocket, type Socket } from 'node:net';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import type { TransportCommand, TransportEvent } from '@sallyport/protocol/transport/events';
import { Transport } from '@sallyport/protocol/transport/transport';
import { preferencesOf } from 'sallyport/defaults';
import { EngineDriver, monotonicNow } from 'sallyport/driver/engine-driver';
import { socketStream } from 'sallyport/driver/socket-stream';
import { libraryIdentification } from 'sallyport/version';

export interface ScanRequest {
  readonly crypto: CryptoProvider;
  /** A numeric address. */
  readonly address: string;
  readonly port: number;
  readonly hostKeyAlgorithms: readonly string[];
  readonly timeoutMs: number;
  readonly log: LogSink;
  /** The server's identification, as soon as it has come. */
  readonly identified: (identification: string) => void;
}

export type ScanOutcome =
  | { readonly type: 'key'; readonly blob: Uint8Array }
  /** `connected`: whether there was anybody; a name may have other addresses. `reason` is for -v. */
  | { readonly type: 'nothing'; readonly connected: boolean; readonly closed: boolean; readonly reason: string };

/** A scan needs no secrecy: the method that costs both sides least comes first. */
const quickKeyExchanges = ['curve25519-sha256', 'ecdh-sha2-nistp256'];
const patience = 4;

/** Resolves when the key is known or nothing more will come; never rejects. */
export function scanConnection(request: ScanRequest): Promise<ScanOutcome> {
  return new Promise((resolve) => new Scan(request, resolve));
}

class Scan {
  readonly #request: ScanRequest;
  readonly #resolve: (outcome: ScanOutcome) => void;
  readonly #socket: Socket;
  readonly #timers: readonly NodeJS.Timeout[];
  #driver: EngineDriver<TransportEvent, TransportCommand> | undefined;
  #isOver = false;

  constructor(request: ScanRequest, resolve: (outcome: ScanOutcome) => void) {
    this.#request = request;
    this.#resolve = resolve;
    const { address, port, timeoutMs } = request;
    this.#socket = connectSocket({ host: address, port, noDelay: true, allowHalfOpen: true });
    const expire = (): void => this.#nothing('timed out');
    this.#timers = [setTimeout(expire, timeoutMs), setTimeout(expire, timeoutMs * patience)];
    const refused = (error: Error): void => this.#nothing(error.message);
    this.#socket.once('error', refused);
    this.#socket.once('connect', () => {
      this.#socket.off('error', refused);
      this.#progress();
      this.#begin();
    });
  }

  #begin(): void {
    const { crypto, hostKeyAlgorithms, log } = this.#request;
    const usual = preferencesOf('client');
    const keyExchanges = [...new Set([...quickKeyExchanges, ...usual.keyExchanges])];
    const transport = new Transport({
      role: 'client',
      crypto,
      identification: libraryIdentification,
      preferences: { ...usual, keyExchanges, hostKeyAlgorithms },
      now: monotonicNow(),
      log,
    });
    this.#driver = new EngineDriver(transport, socketStream(this.#socket), {
      event: (event) => this.#event(event),
      closed: () => this.#nothing('closed', true),
    });
    this.#socket.on('data', () => this.#progress());
    this.#driver.start();
  }

  #event(event: TransportEvent): void {
    switch (event.type) {
      case 'identified':
        return this.#request.identified(event.identification);
      case 'host-key-offered':
        return this.#end({ type: 'key', blob: event.hostKey.slice() });
      case 'ended':
        return this.#nothing(event.failure.description, event.failure.code === 'connection-lost');
      default:
        return undefined;
    }
  }

  #progress(): void {
    this.#timers[0]?.refresh();
  }

  #nothing(reason: string, closed = false): void {
    this.#end({ type: 'nothing', connected: this.#driver !== undefined, closed, reason });
  }

  #end(outcome: ScanOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket.on('error', () => undefined);
    this.#socket.destroy();
    this.#resolve(outcome);
  }
}
