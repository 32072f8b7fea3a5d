// Where key questions are answered: in processes of their own, so that files that hang hold up nobody else, or here,
// where sshd serves one connection only.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { OwnProgram } from '@sallyport/system/own-program';
import { answerQuestion } from './answer-question.ts';
import type { KeyTools } from './inquiry.ts';
import { KeyCheckers } from './key-checkers.ts';
import type { KeyAnswer, KeyQuestion } from './question.ts';
import { startKeyProcess } from './start-key-process.ts';

export interface KeyCheckingOptions {
  readonly crypto: CryptoProvider;
  readonly program: OwnProgram;
  readonly errorFd: number;
  readonly hasProcesses: boolean;
  readonly log: (line: LogLine) => void;
}

const answerMs = 10_000;
/** Two commands, each of which has a minute. */
const commandsMs = 130_000;
const spares = 2;
const patienceMs = 50;

export class KeyChecking {
  readonly #tools: KeyTools;
  readonly #checkers: KeyCheckers | undefined;

  constructor({ crypto, program, errorFd, hasProcesses, log }: KeyCheckingOptions) {
    this.#tools = { crypto, program };
    const start = (onGone: () => void): ReturnType<typeof startKeyProcess> => startKeyProcess(program, errorFd, onGone);
    if (hasProcesses) this.#checkers = new KeyCheckers({ start, spares, patienceMs, answerMs, commandsMs, log });
  }

  ask(question: KeyQuestion): Promise<KeyAnswer> {
    return this.#checkers?.ask(question) ?? answerQuestion(this.#tools, question);
  }

  /** Starts what is kept warm. */
  fill(): void {
    this.#checkers?.fill();
  }

  stop(): void {
    this.#checkers?.stop();
  }
}
