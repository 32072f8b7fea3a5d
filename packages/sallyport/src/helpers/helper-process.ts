// A helper process that holds what we do not want in ours: the code of a library that the user named. It is our own
// executable under the helper's name, or the program that an environment variable names. Questions and answers are
// agent messages on its stdin and stdout, one at a time; the helper ends when nobody writes to it any more.

import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { ownProgram } from '@sallyport/system/own-program';
import { spawnProcess } from '@sallyport/system/spawn';

export interface HelperOptions {
  /** Its name in the table of programs: `ssh-pkcs11-helper`. */
  readonly name: string;
  /** The variable that names another program to run: `SSH_PKCS11_HELPER`. */
  readonly variable: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `-v` and the like. */
  readonly argv?: readonly string[];
  /** Our descriptor for each further one of the helper's. */
  readonly descriptors?: Readonly<Record<number, number>>;
}

interface Question {
  readonly message: Uint8Array;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class HelperProcess {
  readonly #stream: ByteStream;
  readonly #reader = new AgentMessageReader();
  readonly #questions: Question[] = [];
  readonly #name: string;
  #ended: Error | undefined;

  /** Starts it. @throws SystemError when the program cannot be executed */
  constructor(options: HelperOptions) {
    this.#name = options.name;
    this.#stream = start(options);
    this.#stream.onData = (chunk) => this.#received(chunk);
    this.#stream.onClose = () => this.#end(new Error(`${this.#name} has ended`));
    this.#stream.onEnd = () => this.#stream.destroy();
    this.#stream.resume();
  }

  /** The answer to a message, the caller's own. Rejects when the helper ends or talks nonsense. */
  ask(message: Uint8Array): Promise<Uint8Array> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#questions.push({ message, resolve, reject });
      if (this.#questions.length === 1) this.#askNext();
    });
  }

  /** Nobody asks any more. */
  end(): void {
    this.#stream.destroy();
    this.#end(new Error(`${this.#name} was ended`));
  }

  #askNext(): void {
    const [question] = this.#questions;
    if (question !== undefined) this.#stream.write([frameAgentMessage(question.message)]);
  }

  #received(chunk: Uint8Array): void {
    this.#reader.receive(chunk);
    chunk.fill(0);
    try {
      for (let answer = this.#reader.next(); answer !== undefined; answer = this.#reader.next()) {
        const question = this.#questions.shift();
        if (question === undefined) throw new Error(`${this.#name} answers without a question`);
        question.resolve(answer.slice());
        this.#askNext();
      }
    } catch (error) {
      this.#stream.destroy();
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#reader.wipe();
    for (const { reject } of this.#questions.splice(0)) reject(this.#ended);
  }
}

function start({ name, variable, environment, argv = [], descriptors = {} }: HelperOptions): ByteStream {
  const chosen = environment[variable];
  const [ours, theirs] = socketPair('stream');
  try {
    const isChosen = chosen !== undefined && chosen !== '';
    const own = ownProgram();
    const pid = spawnProcess({
      path: isChosen ? chosen : own.path,
      argv: [...(isChosen ? [chosen] : own.argv(name)), ...argv],
      env: withoutRuntimeVariables(environment),
      stdio: { 0: theirs, 1: theirs, 2: 2, ...descriptors },
      newSession: true,
    });
    // Waited for, so that no zombie stays; the end of the stream says the rest.
    onExit(pid, () => undefined);
    return openDescriptor(ours);
  } catch (error) {
    closeDescriptor(ours);
    throw error;
  } finally {
    closeDescriptor(theirs);
  }
}
