// The workers of -M: processes that answer questions about numbers, one for each processor. Answers come in the order
// of the questions, however long each takes.

import { availableParallelism } from 'node:os';
import { HelperProcess } from 'sallyport/helpers/helper-process';

/** Questions that a worker may be ahead of the oldest answer. */
const lookAhead = 4;

export class Workers {
  readonly #workers: readonly HelperProcess[];

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    const options = { name: 'ssh-keygen-moduli', variable: 'SSH_KEYGEN_MODULI_WORKER', environment };
    this.#workers = Array.from({ length: availableParallelism() }, () => new HelperProcess(options));
  }

  /** Asks about each task; undefined instead of a question: there is nothing to ask. Rejects when a worker fails. */
  async *answers<Task>(
    tasks: Iterable<Task>,
    questionOf: (task: Task) => Uint8Array | undefined,
  ): AsyncGenerator<{ readonly task: Task; readonly answer: Uint8Array | undefined }> {
    const waiting: { readonly task: Task; readonly answer: Promise<Uint8Array> | undefined }[] = [];
    let next = 0;
    for (const task of tasks) {
      const question = questionOf(task);
      const answer = question && this.#workers[next++ % this.#workers.length]?.ask(question);
      // Whoever awaits it later hears of a failure; until then it is nobody's.
      answer?.catch(() => undefined);
      waiting.push({ task, answer });
      while (waiting.length > lookAhead * this.#workers.length) yield await oldest(waiting);
    }
    while (waiting.length > 0) yield await oldest(waiting);
  }

  end(): void {
    for (const worker of this.#workers) worker.end();
  }
}

async function oldest<Task>(
  waiting: { readonly task: Task; readonly answer: Promise<Uint8Array> | undefined }[],
): Promise<{ readonly task: Task; readonly answer: Uint8Array | undefined }> {
  const { task, answer } = waiting.shift() as (typeof waiting)[number];
  return { task, answer: await answer };
}
