// The sending side of a transport: what is sealed at once, what waits while keys are exchanged, and how much of either
// there is, so that owners can hold back (RFC 4253 section 7.1).

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { type Failure, failure } from '../failure/failure.ts';
import { newKeys } from '../messages/transport.ts';
import { concatBytes } from '../wire/bytes.ts';
import { type DirectionKeys, type DirectionState, initialState } from './direction-keys.ts';
import { maximumHeldBytes, maximumUntakenReplies } from './limits.ts';
import { PacketSealer } from './packet-sealer.ts';
import type { DirectionUse } from './rekey-policy.ts';

/** Before authentication is over sizes are hidden up to this, so that the length of a password is. */
const earlyPaddingBytes = 64;
const nothing = new Uint8Array(0);

export class Outgoing {
  readonly #sealer: PacketSealer;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #holding: boolean;
  #paddedToBytes: number;
  #untakenReplies = 0;

  /** Holds payloads until the first keys are in force. */
  constructor(crypto: CryptoProvider, authenticated: boolean, state: DirectionState = initialState) {
    this.#sealer = new PacketSealer(crypto, state);
    this.#holding = state.keys.cipher === '';
    this.#paddedToBytes = authenticated ? 0 : earlyPaddingBytes;
  }

  get use(): DirectionUse {
    return this.#sealer;
  }

  /** Whether payloads wait for new keys. */
  get holding(): boolean {
    return this.#holding;
  }

  get sealedBytes(): number {
    return this.#sealer.output.pendingBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Plain bytes before packets begin. */
  text(...parts: readonly Uint8Array[]): void {
    for (const part of parts) this.#sealer.output.append(part);
  }

  /** Messages of the transport and of the key exchange. */
  seal(payload: Uint8Array): void {
    this.#sealer.seal(payload);
  }

  /** A payload of a service; `data` follows it in the same packet. */
  send(payload: Uint8Array, data: Uint8Array = nothing): Failure | undefined {
    if (this.#sealer.exhausted) return failure('sequence-number-wrapped');
    if (!this.#holding) {
      this.#sealer.seal(payload, this.#paddedToBytes, data);
      return undefined;
    }
    const heldBytes = this.#heldBytes + payload.length + data.length;
    if (heldBytes > maximumHeldBytes) return failure('limit-exceeded', 'too much output waits for new keys');
    this.#held.push(concatBytes(payload, data));
    this.#heldBytes = heldBytes;
    return undefined;
  }

  /** Whether another answer that the peer provokes may be queued; counts it. */
  replyAllowed(): boolean {
    if (this.#untakenReplies >= maximumUntakenReplies || this.#sealer.exhausted) return false;
    this.#untakenReplies++;
    return true;
  }

  /** From our KEXINIT on services wait. */
  hold(): void {
    this.#holding = true;
  }

  /** Sends NEWKEYS and puts the keys in force. */
  newKeys(keys: DirectionKeys, resetSequenceNumber: boolean): void {
    this.#sealer.seal(newKeys.encode({}));
    this.#sealer.changeKeys(keys, resetSequenceNumber);
  }

  /** What waited follows our NEWKEYS. */
  release(): void {
    this.#holding = false;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const payload of held) {
      this.#sealer.seal(payload, this.#paddedToBytes);
      payload.fill(0);
    }
  }

  authenticated(): void {
    this.#paddedToBytes = 0;
  }

  take(): Uint8Array[] {
    this.#untakenReplies = 0;
    return this.#sealer.output.take();
  }

  recycle(chunk: Uint8Array): void {
    this.#sealer.output.recycle(chunk);
  }

  /** Gives up keys, counters and sealed bytes that were not taken. */
  intoState(): { readonly state: DirectionState; readonly output: Uint8Array } {
    return { output: concatBytes(...this.take()), state: this.#sealer.intoState() };
  }

  /** Output that was sealed can still be taken. */
  free(): void {
    for (const payload of this.#held) payload.fill(0);
    this.#held = [];
    this.#heldBytes = 0;
    this.#sealer.free();
  }
}
