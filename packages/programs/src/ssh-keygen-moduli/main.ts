// ssh-keygen-moduli: the worker of `ssh-keygen -M`, one process for each processor. It sieves and tests numbers that it
// is asked about on stdin, holds nothing secret and opens no file; it ends when its input does.

import { checkPrimeSync } from 'node:crypto';
import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { bigintFromBytes } from '@sallyport/protocol/wire/mpint';
import { Writer } from '@sallyport/protocol/wire/writer';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { allPassed, screenAnswer, screenRequest, sieveAnswer, sieveRequest } from './messages.ts';
import { CandidateSieve } from './sieve.ts';

/** Resolves when stdin has ended. */
export function main(): Promise<number> {
  const worker = new Worker();
  const reader = new AgentMessageReader();
  const questions = openDescriptor(0, { readable: true, writable: false });
  const answers = openDescriptor(1, { readable: false, writable: true });
  return new Promise((resolve) => {
    questions.onData = (chunk) => {
      reader.receive(chunk);
      for (let question = reader.next(); question !== undefined; question = reader.next()) {
        answers.write([frameAgentMessage(worker.answer(question))]);
      }
    };
    questions.onEnd = () => resolve(0);
    questions.onClose = () => resolve(0);
    questions.resume();
  });
}

/** Answers questions; keeps the sieve of the base that was asked for last. */
export class Worker {
  #sieve: { readonly base: bigint; readonly limit: number; readonly candidates: CandidateSieve } | undefined;

  /** @throws DecodeError for what our side never sends */
  answer(question: Uint8Array): Uint8Array {
    if (question[0] === screenRequest.number) {
      const { q, trials } = screenRequest.decode(question);
      return screenAnswer.encode({ passed: passedTests(bigintFromBytes(q), trials) });
    }
    const { base, from, count, limit } = sieveRequest.decode(question);
    const left = new Writer();
    for (const i of this.#candidates(bigintFromBytes(base), limit).sieve(from, count)) left.uint32(i);
    return sieveAnswer.encode({ left: left.bytes() });
  }

  #candidates(base: bigint, limit: number): CandidateSieve {
    const known = this.#sieve;
    if (known?.base === base && known.limit === limit) return known.candidates;
    const candidates = new CandidateSieve(base, limit);
    this.#sieve = { base, limit, candidates };
    return candidates;
  }
}

/** One quick test weeds out most q; only then is it worth while to test p and q thoroughly. */
function passedTests(q: bigint, trials: number): number {
  if (!checkPrimeSync(q, { checks: 1 })) return 0;
  if (!checkPrimeSync(2n * q + 1n, { checks: trials })) return 1;
  return checkPrimeSync(q, { checks: trials - 1 }) ? allPassed : 2;
}
