// The key processes as the monitor sees them: some are kept warm, more are started while those work too long. One that
// does not answer in time is ended and its question refused; while it has not gone, because its account's home hangs,
// that account's questions are refused at once, so that nobody can pile up processes.

import { limitsOf } from '@sallyport/protocol/codec/frame-table';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { ChannelEnd } from '../frames/frame-channel.ts';
import { FrameChannel } from '../frames/frame-channel.ts';
import { ownLines } from '../own-lines.ts';
import type { KeyAnswer, KeyQuestion } from './question.ts';
import { keyCalls } from './question.ts';
import type { StartedKeyProcess } from './start-key-process.ts';

export interface KeyCheckersOptions {
  /** `onExit` is called when the process is gone. */
  readonly start: (onExit: () => void) => StartedKeyProcess;
  /** Idle processes that are kept. */
  readonly spares: number;
  /** Milliseconds that a question waits for one of them before another process is started for it. */
  readonly patienceMs: number;
  /** Milliseconds until a question is refused; those with commands have more. */
  readonly answerMs: number;
  readonly commandsMs: number;
  readonly log: (line: LogLine) => void;
}

const refused: KeyAnswer = { lines: [] };
/** Processes that work at a time; more questions wait. */
const maximumWorking = 16;

interface Waiting {
  readonly question: KeyQuestion;
  readonly resolve: (answer: KeyAnswer) => void;
  /** Monotonic milliseconds at which it was asked. */
  readonly since: number;
}

export class KeyCheckers {
  readonly #options: KeyCheckersOptions;
  readonly #idle: KeyProcess[] = [];
  readonly #waiting: Waiting[] = [];
  /** Accounts with a process that had to be ended and is still there. */
  readonly #stuck = new Map<KeyProcess, string>();
  #patience: NodeJS.Timeout | undefined;
  #working = 0;
  #stopped = false;

  constructor(options: KeyCheckersOptions) {
    this.#options = options;
  }

  /** Starts the spares. */
  fill(): void {
    try {
      while (!this.#stopped && this.#idle.length < this.#options.spares) this.#idle.push(this.#start());
    } catch (error) {
      // The next question tries again.
      this.#options.log(ownLines.cannotStart('sshd-keys', error));
    }
  }

  /** The answer; a refusal when there is none in time. */
  ask(question: KeyQuestion): Promise<KeyAnswer> {
    const { name } = question.account;
    if ([...this.#stuck.values()].includes(name)) {
      this.#options.log(tooSlow(name));
      return Promise.resolve(refused);
    }
    return new Promise((resolve) => {
      this.#waiting.push({ question, resolve, since: performance.now() });
      this.#next();
    });
  }

  /** Ends the spares, and the others when they have answered. */
  stop(): void {
    this.#stopped = true;
    for (const idle of this.#idle.splice(0)) idle.end();
  }

  #next(): void {
    clearTimeout(this.#patience);
    const [first] = this.#waiting;
    if (first === undefined || this.#working >= maximumWorking) return;
    const { spares, patienceMs } = this.#options;
    const restMs = first.since + patienceMs - performance.now();
    if (this.#idle.length === 0 && this.#working >= spares && restMs > 0) {
      this.#patience = setTimeout(() => this.#next(), restMs);
      return;
    }
    this.#waiting.shift();
    this.#working += 1;
    void this.#work(first);
    this.#next();
  }

  async #work({ question, resolve }: Waiting): Promise<void> {
    const { log, spares } = this.#options;
    let answer: KeyAnswer | 'too-slow' | undefined;
    try {
      const worker = this.#idle.pop() ?? this.#start();
      answer = await worker.ask(question, this.#answerMs(question));
      if (answer === 'too-slow') {
        this.#stuck.set(worker, question.account.name);
        worker.end();
        log(tooSlow(question.account.name));
      } else if (answer !== undefined && !this.#stopped && this.#idle.length < spares) this.#idle.push(worker);
      else worker.end();
    } catch (error) {
      log(ownLines.cannotStart('sshd-keys', error));
    }
    this.#working -= 1;
    resolve(answer === undefined || answer === 'too-slow' ? refused : answer);
    this.#next();
  }

  #answerMs({ keysCommand, principalsCommand }: KeyQuestion): number {
    const { answerMs, commandsMs } = this.#options;
    return keysCommand === undefined && principalsCommand === undefined ? answerMs : answerMs + commandsMs;
  }

  #start(): KeyProcess {
    const started: KeyProcess = new KeyProcess(
      this.#options.start(() => {
        this.#stuck.delete(started);
        const at = this.#idle.indexOf(started);
        if (at >= 0) this.#idle.splice(at, 1);
      }),
    );
    return started;
  }
}

function tooSlow(user: string): LogLine {
  return { level: 'error', text: `key files of user ${visible(user)} could not be read in time` };
}

/** One process: one question at a time. */
class KeyProcess {
  readonly #process: StartedKeyProcess;
  readonly #channel: FrameChannel;
  #answered: ((answer: KeyAnswer | undefined) => void) | undefined;
  #gone = false;

  constructor(process: StartedKeyProcess) {
    this.#process = process;
    this.#channel = new FrameChannel(process.calls, {
      limitBytes: limitsOf({ answer: keyCalls.answer }),
      frame: (_, body) => this.#answer(JSON.parse(keyCalls.answer.fields.decode(body).answer) as KeyAnswer),
      closed: (reason) => this.#closed(reason),
    });
  }

  /** undefined when the process is gone. */
  async ask(question: KeyQuestion, answerMs: number): Promise<KeyAnswer | 'too-slow' | undefined> {
    if (this.#gone) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'too-slow'>((resolve) => {
      timer = setTimeout(() => resolve('too-slow'), answerMs);
    });
    const answer = new Promise<KeyAnswer | undefined>((resolve) => {
      this.#answered = resolve;
    });
    this.#channel.send(keyCalls.ask, { question: JSON.stringify(question) });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#gone = true;
    this.#channel.destroy();
    this.#process.kill();
  }

  #answer(answer: KeyAnswer | undefined): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(answer);
  }

  #closed(_reason: ChannelEnd): void {
    this.#gone = true;
    this.#process.kill();
    this.#answer(undefined);
  }
}
