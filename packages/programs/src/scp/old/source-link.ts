// A SourceEngine on a stream, as calls that wait: for the answer, or for the stream to take more bytes. One command at
// a time, as the protocol has it.

import { type SourceCommand, SourceEngine, type SourceEvent } from '@sallyport/protocol/scp/source';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { BandwidthLimit } from 'sallyport/sftp/bandwidth-limit';
import { messages } from '../messages.ts';
import { Abandoned, type Report, sentenceOf } from '../report.ts';

export class SourceLink {
  readonly #stream: ByteStream;
  readonly #report: Report;
  readonly #limit: BandwidthLimit | undefined;
  readonly #engine = new SourceEngine();
  #waiting: ((event: SourceEvent) => void) | undefined;
  #drained: (() => void) | undefined;
  #isGone = false;

  constructor(
    stream: ByteStream,
    options: { readonly report: Report; readonly limitBytesPerSecond?: number | undefined },
  ) {
    this.#stream = stream;
    this.#report = options.report;
    const { limitBytesPerSecond } = options;
    this.#limit = limitBytesPerSecond === undefined ? undefined : new BandwidthLimit(limitBytesPerSecond);
    stream.onData = (chunk) => {
      this.#engine.receive(chunk);
      this.#turn();
      if (!this.#engine.inputWanted) stream.pause();
    };
    stream.onEnd = () => this.#end();
    stream.onClose = () => this.#end();
    stream.onDrain = () => this.#letGo();
  }

  /** Whether the other side is ready at all. */
  ready(): Promise<boolean> {
    return this.#answer();
  }

  /** Whether the other side took it. Rejects with Abandoned when it is gone or gave up. */
  ask(command: SourceCommand): Promise<boolean> {
    this.#engine.perform(command);
    this.#flush();
    return this.#answer();
  }

  /** Why something is not sent; the other side tells its user if it is the client. */
  tell(problem: Uint8Array): void {
    this.#engine.perform({ type: 'tell-problem', problem });
    this.#flush();
  }

  /** Resolves when more is welcome. The bytes are the stream's from here on. */
  async send(bytes: Uint8Array): Promise<void> {
    this.#engine.perform({ type: 'data', bytes });
    const isWelcome = this.#flush();
    if (!isWelcome && !this.#isGone) await new Promise<void>((resolve) => (this.#drained = resolve));
    if (this.#isGone) throw this.#lost();
    const wait = this.#limit?.take(bytes.length, performance.now()) ?? 0;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }

  async #answer(): Promise<boolean> {
    const event = await new Promise<SourceEvent>((resolve) => {
      this.#waiting = resolve;
      this.#turn();
      this.#stream.resume();
    });
    if (event.type === 'failed') {
      this.#report.problem(sentenceOf(event.reason));
      throw new Abandoned(1);
    }
    if (event.text !== undefined) this.#report.problem(sentenceOf(event.text));
    return event.isAccepted;
  }

  #turn(): void {
    if (this.#waiting === undefined) return;
    const event = this.#engine.nextEvent();
    this.#flush();
    if (event === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting(event);
  }

  #flush(): boolean {
    const output = this.#engine.takeOutput();
    return output.length === 0 || this.#stream.write(output);
  }

  #end(): void {
    this.#isGone = true;
    this.#engine.receiveEnd();
    this.#turn();
    this.#letGo();
  }

  #letGo(): void {
    this.#drained?.();
    this.#drained = undefined;
  }

  #lost(): Abandoned {
    this.#report.problem(messages.lostConnection);
    return new Abandoned(1);
  }
}
