// The receiving side of a transport: bytes that came, first the peer's identification line (RFC 4253 section 4.2), then
// packets.

import type { CompressionProvider, Inflater } from '../algorithms/compression-provider.ts';
import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import type { Role } from '../algorithms/roles.ts';
import { failure } from '../failure/failure.ts';
import { compressionOf, DelayedCompression } from './delayed-compression.ts';
import { type DirectionKeys, type DirectionState, initialState } from './direction-keys.ts';
import { IdentificationReader, type IdentificationRefusal, type PeerIdentification } from './identification.ts';
import { InputBuffer } from './input-buffer.ts';
import { maximumPacketBytes, maximumPendingInputBytes } from './limits.ts';
import { type OpenedPacket, PacketOpener } from './packet-opener.ts';
import type { DirectionUse } from './rekey-policy.ts';

export class Incoming {
  readonly #input = new InputBuffer();
  readonly #reader: IdentificationReader;
  readonly #opener: PacketOpener;
  readonly #compression: DelayedCompression<Inflater>;
  #isAuthenticatedByKeys = false;

  /** `role` is ours. */
  constructor(
    providers: { readonly crypto: CryptoProvider; readonly compression?: CompressionProvider | undefined },
    role: Role,
    state: DirectionState = initialState,
  ) {
    this.#reader = new IdentificationReader(role);
    this.#opener = new PacketOpener(providers.crypto, this.#input, state);
    this.#compression = new DelayedCompression(() => compressionOf(providers).inflater());
  }

  get use(): DirectionUse {
    return this.#opener;
  }

  /** False when more waits than is allowed. */
  append(chunk: Uint8Array): boolean {
    if (this.#input.length + chunk.length > maximumPendingInputBytes) return false;
    this.#input.append(chunk);
    return true;
  }

  readIdentification(): PeerIdentification | IdentificationRefusal | undefined {
    return this.#reader.read(this.#input);
  }

  next(): OpenedPacket | undefined {
    const packet = this.#opener.next();
    if (packet === undefined || packet.failed !== undefined) return packet;
    const inflater = this.#compression.stream();
    if (inflater === undefined) return packet;
    const payload = inflater.inflate(packet.payload, maximumPacketBytes);
    if (payload === undefined) return { failed: failure('compression-invalid') };
    if (payload.length === 0) return { failed: failure('message-malformed', 'packet without a message') };
    return { payload, sequenceNumber: packet.sequenceNumber };
  }

  changeKeys(keys: DirectionKeys, compression: string, resetSequenceNumber: boolean): void {
    this.#opener.changeKeys(keys, resetSequenceNumber);
    this.#compression.keysChanged(compression);
    if (this.#isAuthenticatedByKeys) this.authenticated();
  }

  /** The keys came with the state: how payloads are compressed under them. */
  resumed(compression: string): void {
    this.#compression.keysChanged(compression);
  }

  /** From the next packet on, or from the peer's next keys. */
  authenticated(withNextKeys = false): void {
    this.#isAuthenticatedByKeys = withNextKeys;
    if (!withNextKeys) this.#compression.authenticated();
  }

  /** Whether compressed packets have been opened. */
  get hasCompressed(): boolean {
    return this.#compression.hasBegun;
  }

  /** Gives up keys, counters and unopened bytes. */
  intoState(): { readonly state: DirectionState; readonly input: Uint8Array } {
    const input = this.#input.view(0, this.#input.length).slice();
    return { state: this.#opener.intoState(), input };
  }

  free(): void {
    this.#opener.free();
  }
}
