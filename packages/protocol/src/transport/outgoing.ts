// The sending side of a transport: what is sealed at once, what waits while keys are exchanged, and how much of either
// there is, so that owners can hold back (RFC 4253 section 7.1).

import type { CompressionProvider, Deflater } from '../algorithms/compression-provider.ts';
import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { type Failure, failure } from '../failure/failure.ts';
import { newKeys } from '../messages/transport.ts';
import { concatBytes } from '../wire/bytes.ts';
import { compressionOf, DelayedCompression } from './delayed-compression.ts';
import { type DirectionKeys, type DirectionState, initialState } from './direction-keys.ts';
import { maximumHeldBytes, maximumUntakenReplies } from './limits.ts';
import { PacketSealer } from './packet-sealer.ts';
import type { DirectionUse } from './rekey-policy.ts';

/** Before authentication is over sizes are hidden up to this, so that the length of a password is. */
const earlyPaddingBytes = 64;
const nothing: Uint8Array = new Uint8Array(0);

export class Outgoing {
  readonly #sealer: PacketSealer;
  readonly #compression: DelayedCompression<Deflater>;
  #held: Uint8Array[] = [];
  /** How many of them come before the end of authentication, when that waits among them. */
  #heldEarly: number | undefined;
  #heldBytes = 0;
  #holding: boolean;
  #paddedToBytes = earlyPaddingBytes;
  #untakenReplies = 0;

  /** Holds payloads until the first keys are in force. */
  constructor(
    providers: { readonly crypto: CryptoProvider; readonly compression?: CompressionProvider | undefined },
    state: DirectionState = initialState,
  ) {
    this.#sealer = new PacketSealer(providers.crypto, state);
    this.#compression = new DelayedCompression(() => compressionOf(providers).deflater());
    this.#holding = state.keys.cipher === '';
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

  /** Whether compressed packets have left, or wait to. */
  get hasCompressed(): boolean {
    return this.#compression.hasBegun;
  }

  /** Messages of the transport and of the key exchange. */
  seal(payload: Uint8Array): void {
    this.#compressAndSeal(payload);
  }

  #compressAndSeal(payload: Uint8Array, paddedToBytes = 0, data = nothing): void {
    const deflater = this.#compression.stream();
    if (deflater === undefined) this.#sealer.seal(payload, paddedToBytes, data);
    else this.#sealer.seal(deflater.deflate([payload, data]));
  }

  /** A payload of a service; `data` follows it in the same packet. */
  send(payload: Uint8Array, data: Uint8Array = nothing): Failure | undefined {
    if (this.#sealer.exhausted) return failure('sequence-number-wrapped');
    if (!this.#holding) {
      this.#compressAndSeal(payload, this.#paddedToBytes, data);
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
  newKeys(keys: DirectionKeys, compression: string, resetSequenceNumber: boolean): void {
    this.seal(newKeys.encode({}));
    this.#sealer.changeKeys(keys, resetSequenceNumber);
    this.#compression.keysChanged(compression);
  }

  /** The keys came with the state: how payloads are compressed under them. */
  resumed(compression: string): void {
    this.#compression.keysChanged(compression);
  }

  /** What waited follows our NEWKEYS. */
  release(): void {
    this.#holding = false;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    const early = this.#heldEarly ?? 0;
    this.#sealHeld(held.slice(0, early));
    if (this.#heldEarly !== undefined) this.#compression.authenticated();
    this.#heldEarly = undefined;
    this.#sealHeld(held.slice(early));
  }

  #sealHeld(payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) {
      this.#compressAndSeal(payload, this.#paddedToBytes);
      payload.fill(0);
    }
  }

  /** From the next payload on; `behindHeld`: the message that says so to the peer waits for new keys. */
  authenticated(behindHeld = false): void {
    this.#paddedToBytes = 0;
    if (behindHeld) this.#heldEarly = this.#held.length;
    else this.#compression.authenticated();
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
