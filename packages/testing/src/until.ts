// Waiting for what nothing announces: a process that has gone, a file that has grown. What announces itself is awaited
// as such.

const intervalMs = 20;
const patienceMs = 30_000;

/** Looks again until it is so; fails after 30 s, saying `what` was not so. */
export async function until(holds: () => boolean, what: string | (() => string)): Promise<void> {
  for (const deadline = performance.now() + patienceMs; !holds(); ) {
    if (performance.now() > deadline) {
      throw new Error(`not so in ${patienceMs / 1000} s: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
