// The handles of one client (draft-ietf-secsh-filexfer-02 section 6.3): eight bytes that name a slot and the turn in
// which it was given out, so that a handle that has been closed never means what was opened after it.

import { readUint32, writeUint32 } from '../wire/bytes.ts';

const handleBytes = 8;

/** What the clients of one process may have open together. Each leaves to the others a third of what it has itself. */
export class HandleBudget {
  /** What one client may have while nobody else has any. */
  readonly mostForOne: number;
  readonly #maximum: number;
  #taken = 0;

  constructor(maximum: number) {
    this.#maximum = maximum;
    this.mostForOne = Math.ceil((maximum * 3) / 4);
  }

  /** Whether one that has so many gets no more. */
  isSpentFor(own: number): boolean {
    return own >= 3 * (this.#maximum - this.#taken);
  }

  /** More are open, or with a negative count fewer. */
  change(count: number): void {
    this.#taken += count;
  }
}

interface Slot<T> {
  readonly turn: number;
  readonly value: T;
}

export class HandleTable<T> {
  readonly #slots = new Map<number, Slot<T>>();
  readonly #free: number[] = [];
  readonly #maximum: number;
  readonly #budget: HandleBudget | undefined;
  #turns = 0;

  constructor(maximum: number, budget?: HandleBudget) {
    this.#maximum = maximum;
    this.#budget = budget;
  }

  get isFull(): boolean {
    return this.#slots.size >= this.#maximum || this.#budget?.isSpentFor(this.#slots.size) === true;
  }

  /** A new handle; ask isFull first. */
  add(value: T): Uint8Array {
    const slot = this.#free.pop() ?? this.#slots.size;
    this.#turns = (this.#turns + 1) >>> 0;
    this.#slots.set(slot, { turn: this.#turns, value });
    this.#budget?.change(1);
    const handle = new Uint8Array(handleBytes);
    writeUint32(handle, 0, slot);
    writeUint32(handle, 4, this.#turns);
    return handle;
  }

  /** What a handle means; undefined when it is none of ours, or closed. */
  find(handle: Uint8Array): T | undefined {
    if (handle.length !== handleBytes) return undefined;
    const found = this.#slots.get(readUint32(handle, 0));
    return found?.turn === readUint32(handle, 4) ? found.value : undefined;
  }

  /** As find; the handle means nothing afterwards. */
  remove(handle: Uint8Array): T | undefined {
    const value = this.find(handle);
    if (value === undefined) return undefined;
    const slot = readUint32(handle, 0);
    this.#slots.delete(slot);
    this.#free.push(slot);
    this.#budget?.change(-1);
    return value;
  }

  /** Everything that is open, which is forgotten. */
  takeAll(): T[] {
    const values = Array.from(this.#slots.values(), ({ value }) => value);
    this.#budget?.change(-this.#slots.size);
    this.#slots.clear();
    this.#free.length = 0;
    return values;
  }
}
