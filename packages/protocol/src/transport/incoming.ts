// The receiving side of a transport: bytes that came, first the peer's identification line (RFC 4253 section 4.2), then
// packets.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import type { Role } from '../algorithms/roles.ts';
import { type DirectionKeys, type DirectionState, initialState } from './direction-keys.ts';
import { IdentificationReader, type IdentificationRefusal, type PeerIdentification } from './identification.ts';
import { InputBuffer } from './input-buffer.ts';
import { maximumPendingInputBytes } from './limits.ts';
import { type OpenedPacket, PacketOpener } from './packet-opener.ts';
import type { DirectionUse } from './rekey-policy.ts';

export class Incoming {
  readonly #input = new InputBuffer();
  readonly #reader: IdentificationReader;
  readonly #opener: PacketOpener;

  /** `role` is ours. */
  constructor(crypto: CryptoProvider, role: Role, state: DirectionState = initialState) {
    this.#reader = new IdentificationReader(role);
    this.#opener = new PacketOpener(crypto, this.#input, state);
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
    return this.#opener.next();
  }

  changeKeys(keys: DirectionKeys, resetSequenceNumber: boolean): void {
    this.#opener.changeKeys(keys, resetSequenceNumber);
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
