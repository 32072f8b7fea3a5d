// A set of 64-bit serial numbers, single ones and ranges, in typed arrays: a million take some megabytes and are
// looked up by bisection. What was added is put in order once, when somebody first asks.

export interface SerialRange {
  readonly low: bigint;
  readonly high: bigint;
}

export class SerialNumbers {
  readonly #singles = new Numbers();
  readonly #lows = new Numbers();
  readonly #highs = new Numbers();
  #settled: { readonly lows: BigUint64Array; readonly highs: BigUint64Array } | undefined;

  /** Adds low to high, both included. */
  add(low: bigint, high: bigint = low): void {
    this.#settled = undefined;
    if (low === high) {
      this.#singles.push(low);
      return;
    }
    this.#lows.push(low);
    this.#highs.push(high);
  }

  has(serial: bigint): boolean {
    const { lows, highs } = this.#settle();
    let low = 0;
    let high = lows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lows[middle] as bigint) <= serial) low = middle + 1;
      else high = middle;
    }
    return low > 0 && (highs[low - 1] as bigint) >= serial;
  }

  /** In order; ranges that touch are one. */
  *ranges(): Generator<SerialRange> {
    const { lows, highs } = this.#settle();
    for (const [index, low] of lows.entries()) yield { low, high: highs[index] as bigint };
  }

  #settle(): { readonly lows: BigUint64Array; readonly highs: BigUint64Array } {
    if (this.#settled !== undefined) return this.#settled;
    const singles = this.#singles.values();
    if (!isInOrder(singles)) singles.sort();
    const [lows, highs] = inOrder(this.#lows.values(), this.#highs.values());
    this.#settled = merged(singles, lows, highs);
    return this.#settled;
  }
}

/** A growing list of 64-bit numbers. */
class Numbers {
  #items = new BigUint64Array(4);
  #count = 0;

  push(value: bigint): void {
    if (this.#count === this.#items.length) {
      const grown = new BigUint64Array(this.#count * 2);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[this.#count++] = value;
  }

  /** The list itself, not a copy. */
  values(): BigUint64Array {
    return this.#items.subarray(0, this.#count);
  }
}

function isInOrder(values: BigUint64Array): boolean {
  for (let i = 1; i < values.length; i++) if ((values[i - 1] as bigint) > (values[i] as bigint)) return false;
  return true;
}

function inOrder(lows: BigUint64Array, highs: BigUint64Array): readonly [BigUint64Array, BigUint64Array] {
  if (isInOrder(lows)) return [lows, highs];
  const order = Uint32Array.from(lows.keys()).sort((a, b) => {
    const [x, y] = [lows[a] as bigint, lows[b] as bigint];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  const pick = (from: BigUint64Array): BigUint64Array => BigUint64Array.from(order, (index) => from[index] as bigint);
  return [pick(lows), pick(highs)];
}

/** Joins two ordered lists into ranges that neither overlap nor touch. */
function merged(
  singles: BigUint64Array,
  lows: BigUint64Array,
  highs: BigUint64Array,
): { readonly lows: BigUint64Array; readonly highs: BigUint64Array } {
  const outLows = new BigUint64Array(singles.length + lows.length);
  const outHighs = new BigUint64Array(outLows.length);
  let count = 0;
  let single = 0;
  let range = 0;
  while (single < singles.length || range < lows.length) {
    const takesSingle =
      range === lows.length || (single < singles.length && (singles[single] as bigint) <= (lows[range] as bigint));
    const low = (takesSingle ? singles[single] : lows[range]) as bigint;
    const high = (takesSingle ? singles[single++] : highs[range++]) as bigint;
    const last = count === 0 ? undefined : (outHighs[count - 1] as bigint);
    if (last === undefined || low > last + 1n) {
      outLows[count] = low;
      outHighs[count++] = high;
    } else if (high > last) {
      outHighs[count - 1] = high;
    }
  }
  return { lows: outLows.slice(0, count), highs: outHighs.slice(0, count) };
}
