// Two engines that talk to each other in memory, with a simulated clock: nothing here waits. Every chunk is
// overwritten after receive(), and views that events lend are overwritten when the event has been handled, so that an
// engine or an owner that keeps what it should copy is found out.

import type { Engine } from '@sallyport/protocol/engine';

/** How output is cut on its way: as it is, in pieces of that many bytes, or in pieces of sizes from a seed. */
export type Chunking = 'whole' | { readonly bytes: number } | { readonly seed: number };

export interface PairOptions<LeftEvent, RightEvent> {
  readonly onLeft?: (event: LeftEvent) => void;
  readonly onRight?: (event: RightEvent) => void;
  readonly chunking?: Chunking;
  /** Monotonic milliseconds at the start; 0 unless told. */
  readonly now?: number;
}

interface Side {
  readonly engine: Engine<unknown, never>;
  readonly events: unknown[];
  readonly onEvent: ((event: never) => void) | undefined;
  /** What the other side has put out and this one has not received. */
  inbox: Uint8Array[];
  /** Nothing is taken from this side's output while this holds: its socket is full. */
  blocked: boolean;
}

/** Rounds without an end that a pump may take: more means that the engines chase each other. */
const maximumRounds = 1_000_000;
const poison = 0xa5;
/** What is lent rather than copied: views of received bytes. */
const lent: Readonly<Record<string, string>> = { 'payload-received': 'payload', 'data-received': 'data' };

export class Pair<LeftEvent, LeftCommand, RightEvent, RightCommand> {
  readonly left: Engine<LeftEvent, LeftCommand>;
  readonly right: Engine<RightEvent, RightCommand>;
  readonly #leftSide: Side;
  readonly #rightSide: Side;
  readonly #chunking: Chunking;
  #random: number;
  #now: number;
  readonly #sentBytes = { left: 0, right: 0 };

  constructor(
    left: Engine<LeftEvent, LeftCommand>,
    right: Engine<RightEvent, RightCommand>,
    options: PairOptions<LeftEvent, RightEvent> = {},
  ) {
    this.left = left;
    this.right = right;
    this.#leftSide = sideOf(left, options.onLeft);
    this.#rightSide = sideOf(right, options.onRight);
    this.#chunking = options.chunking ?? 'whole';
    this.#random = typeof this.#chunking === 'object' && 'seed' in this.#chunking ? this.#chunking.seed : 1;
    this.#now = options.now ?? 0;
  }

  /** Every event so far, with copies of what was lent. */
  get leftEvents(): readonly LeftEvent[] {
    return this.#leftSide.events as LeftEvent[];
  }

  get rightEvents(): readonly RightEvent[] {
    return this.#rightSide.events as RightEvent[];
  }

  get now(): number {
    return this.#now;
  }

  /** Bytes that a side has put out. */
  sentBytes(side: 'left' | 'right'): number {
    return this.#sentBytes[side];
  }

  /** Whether nothing is taken from a side's output, as when its socket is full. */
  block(side: 'left' | 'right', blocked: boolean): void {
    (side === 'left' ? this.#leftSide : this.#rightSide).blocked = blocked;
  }

  /** What a side has not received because it wanted no input; it is the caller's then. */
  undelivered(side: 'left' | 'right'): Uint8Array[] {
    return (side === 'left' ? this.#leftSide : this.#rightSide).inbox.splice(0);
  }

  /** Lets both sides act until nothing happens any more. */
  pump(): void {
    for (let round = 0; round < maximumRounds; round++) {
      const moved = [this.#step(this.#leftSide, this.#rightSide), this.#step(this.#rightSide, this.#leftSide)];
      if (!moved.includes(true)) return;
    }
    throw new Error('the two engines never come to rest');
  }

  /** Moves the clock on, stopping at each deadline on the way, and pumps. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let rounds = 0; rounds < maximumRounds; rounds++) {
      const due = Math.min(this.left.deadline ?? Infinity, this.right.deadline ?? Infinity);
      this.#now = Math.min(end, Math.max(due, this.#now));
      if (this.left.deadline !== undefined && this.left.deadline <= this.#now) this.left.expire(this.#now);
      if (this.right.deadline !== undefined && this.right.deadline <= this.#now) this.right.expire(this.#now);
      this.pump();
      if (this.#now === end && Math.min(this.left.deadline ?? Infinity, this.right.deadline ?? Infinity) > end) return;
    }
    throw new Error('a timer is due for ever');
  }

  #step(side: Side, other: Side): boolean {
    let moved = this.#deliverEvents(side);
    if (!side.blocked) {
      for (const chunk of side.engine.takeOutput()) {
        moved = true;
        this.#sentBytes[side === this.#leftSide ? 'left' : 'right'] += chunk.length;
        for (const piece of this.#cut(chunk)) other.inbox.push(piece);
      }
    }
    let received = 0;
    for (; received < side.inbox.length && side.engine.inputWanted; received++) {
      const chunk = side.inbox[received] as Uint8Array;
      side.engine.receive(chunk);
      chunk.fill(poison);
      moved = true;
      this.#deliverEvents(side);
    }
    side.inbox.splice(0, received);
    return moved;
  }

  #deliverEvents(side: Side): boolean {
    for (let any = false; ; any = true) {
      const event = side.engine.nextEvent() as object | undefined;
      if (event === undefined) return any;
      side.events.push(copyOf(event));
      side.onEvent?.(event as never);
      poisonLent(event);
    }
  }

  /** Copies, because the chunks are poisoned and may share a buffer with output that is still to come. */
  *#cut(chunk: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < chunk.length; ) {
      const size = this.#nextSize(chunk.length);
      yield chunk.slice(at, at + size);
      at += size;
    }
  }

  #nextSize(whole: number): number {
    if (this.#chunking === 'whole') return whole;
    if ('bytes' in this.#chunking) return this.#chunking.bytes;
    // Numbers from a linear congruential generator: any spread of sizes will do, and it must be the same in every run.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + ((this.#random >>> 8) % 700);
  }
}

function sideOf<Event, Command>(engine: Engine<Event, Command>, onEvent: ((event: Event) => void) | undefined): Side {
  return { engine: engine, events: [], onEvent, inbox: [], blocked: false };
}

function copyOf(event: object): object {
  const entries = Object.entries(event).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? value.slice() : value,
  ]);
  return Object.fromEntries(entries) as object;
}

function poisonLent(event: object): void {
  const name = lent[String(Reflect.get(event, 'type'))];
  const value: unknown = name === undefined ? undefined : Reflect.get(event, name);
  if (value instanceof Uint8Array) value.fill(poison);
}
