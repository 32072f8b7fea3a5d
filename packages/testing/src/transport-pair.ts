// Two transports in memory, client and server, with a host key that signs and an owner who answers every question. What
// each side delivered is kept as copies, and lent views are overwritten after each event, so that who keeps one is
// found.

import { createCryptoProvider } from '@sallyport/crypto';
import { zlib } from '@sallyport/crypto/zlib';
import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import type { CompressionProvider } from '@sallyport/protocol/algorithms/compression-provider';
import { compressions } from '@sallyport/protocol/algorithms/compressions';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import { defaultNames, type Role } from '@sallyport/protocol/algorithms/roles';
import { signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { TransportEvent } from '@sallyport/protocol/transport/events';
import type { AlgorithmPreferences, TransportOptions } from '@sallyport/protocol/transport/options';
import { Transport } from '@sallyport/protocol/transport/transport';

export interface TransportPairOptions {
  readonly preferences?: Partial<AlgorithmPreferences>;
  /** Of one role, over the preferences of both. */
  readonly client?: Partial<TransportOptions>;
  readonly server?: Partial<TransportOptions>;
  readonly crypto?: CryptoProvider;
  readonly hostKey?: PrivateKey;
}

export interface PairSide {
  transport: Transport;
  /** Copies of all events but payloads. */
  readonly events: TransportEvent[];
  /** Copies of the payloads that were delivered. */
  readonly payloads: Uint8Array[];
  /** What it sent, byte for byte, as far as it was pumped. */
  readonly sentChunks: Uint8Array[];
}

/** The provider of this runtime. */
export function testCrypto(): CryptoProvider {
  return createCryptoProvider();
}

/** zlib. */
export function testCompression(): CompressionProvider {
  return zlib;
}

/** Everything a role has by default. */
export function testPreferences(role: Role): AlgorithmPreferences {
  return {
    keyExchanges: defaultNames(keyExchanges, role),
    hostKeyAlgorithms: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'],
    ciphers: defaultNames(ciphers, role),
    macs: defaultNames(macs, role),
    compressions: defaultNames(compressions, role),
  };
}

export interface TestTransportOptions {
  readonly crypto: CryptoProvider;
  readonly hostKey: PrivateKey;
  /** Over the defaults of the role. */
  readonly preferences?: Partial<AlgorithmPreferences>;
}

/** What a transport of a test is made of; a server signs with the host key. */
export function testTransportOptions(role: Role, options: TestTransportOptions): TransportOptions {
  const { crypto, hostKey } = options;
  const { type, blob } = hostKey.publicKey;
  const preferences = { ...testPreferences(role), ...options.preferences };
  const common = { role, crypto, preferences, identification: `SSH-2.0-Sallyport_${role}`, now: 0 };
  if (role === 'client') return common;
  return { ...common, hostKeys: [{ algorithms: signatureAlgorithmsOf(type).map((row) => row.name), blob }] };
}

export class TransportPair {
  readonly client: PairSide;
  readonly server: PairSide;
  readonly #crypto: CryptoProvider;
  readonly #hostKey: PrivateKey;

  constructor(crypto: CryptoProvider, options: TransportPairOptions = {}) {
    this.#crypto = crypto;
    this.#hostKey = options.hostKey ?? new PrivateKey(crypto.generateKey('ed25519'));
    this.client = side(new Transport(this.transportOptions('client', options)));
    this.server = side(new Transport(this.transportOptions('server', options)));
  }

  /** The options that a side was made with, for one that takes its place. */
  transportOptions(role: Role, options: TransportPairOptions = {}): TransportOptions {
    const own = testTransportOptions(role, { crypto: this.#crypto, hostKey: this.#hostKey, ...options });
    return { ...own, ...options[role] };
  }

  side(role: Role): PairSide {
    return role === 'client' ? this.client : this.server;
  }

  /** Handles all events of a side, answering questions. */
  settle(role: Role): void {
    const { transport, events, payloads } = this.side(role);
    for (let event = transport.nextEvent(); event !== undefined; event = transport.nextEvent()) {
      if (event.type === 'payload-received') {
        payloads.push(event.payload.slice());
        event.payload.fill(0xee);
        continue;
      }
      events.push(event);
      answerQuestion(transport, event, { crypto: this.#crypto, hostKey: this.#hostKey });
    }
  }

  /** Carries one side's output to the other, in pieces of at most `pieceBytes`; false when there was none. */
  carry(from: Role, pieceBytes = Infinity): boolean {
    const to = from === 'client' ? 'server' : 'client';
    this.settle(from);
    const chunks = this.side(from).transport.takeOutput();
    for (const chunk of chunks) {
      this.side(from).sentChunks.push(chunk);
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        this.side(to).transport.receive(chunk.subarray(at, Math.min(chunk.length, at + pieceBytes)));
        this.settle(to);
      }
    }
    return chunks.length > 0;
  }

  /** Carries output both ways until both are quiet. */
  pump(pieceBytes = Infinity): void {
    for (let busy = true; busy; ) {
      const clientSent = this.carry('client', pieceBytes);
      const serverSent = this.carry('server', pieceBytes);
      busy = clientSent || serverSent;
    }
  }

  /** Pumps until keys are in force and tells both sides that authentication is over. */
  establish(pieceBytes = Infinity): void {
    this.pump(pieceBytes);
    for (const role of ['client', 'server'] as const) this.side(role).transport.perform({ type: 'authenticated' });
  }
}

/** Accepts every host key, signs with the given one. */
export function answerQuestion(transport: Transport, event: TransportEvent, options: TestTransportOptions): void {
  if (event.type === 'host-key-offered') transport.perform({ type: 'accept-host-key' });
  if (event.type !== 'signature-wanted') return;
  const signature = options.hostKey.sign(options.crypto, event.algorithm, event.data);
  transport.perform({ type: 'provide-signature', signature });
}

function side(transport: Transport): PairSide {
  return { transport, events: [], payloads: [], sentChunks: [] };
}
