// Work that waits only where it has to: a generator yields what is a promise and goes straight on with what is not.
// So the same code serves files at once (a process with nothing else to do) and by the runtime's pool of threads.

export type Awaitable<T> = T | Promise<T>;

/** Yields promises, gets their values, returns a T. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** The value of something that may be a promise: `yield* of(call())`. */
export function* of<T>(value: Awaitable<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs the steps: their result at once, or a promise from the first wait on. */
export function run<T>(steps: Steps<T>): Awaitable<T> {
  const first = steps.next();
  return first.done === true ? first.value : finish(steps, first.value);
}

async function finish<T>(steps: Steps<T>, pending: Promise<unknown>): Promise<T> {
  for (let waiting = pending; ; ) {
    const next = await waiting.then(
      (value) => steps.next(value),
      (error: unknown) => steps.throw(error),
    );
    if (next.done === true) return next.value;
    waiting = next.value;
  }
}
