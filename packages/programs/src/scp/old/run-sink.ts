// A SinkEngine between a stream and this machine's files: what scp -t does, and scp -O when it fetches. Everything that
// is asked is answered in the same turn.

import { SinkEngine, type SinkEvent } from '@sallyport/protocol/scp/sink';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { BandwidthLimit } from 'sallyport/sftp/bandwidth-limit';
import { bytesOf } from '../../shared/byte-string.ts';
import type { ProgressMeter } from '../../shared/progress-meter.ts';
import { messages } from '../messages.ts';
import { Abandoned, type Report, sentenceOf } from '../report.ts';
import { LocalSink } from './local-sink.ts';

export interface SinkRun {
  readonly target: string;
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly isRequested?: (name: Uint8Array) => boolean;
  readonly limitBytesPerSecond?: number | undefined;
  readonly meter?: ProgressMeter | undefined;
  readonly report: Report;
}

/**
 * Receives until the source has nothing more. Resolves to whether it said anything at all; rejects with Abandoned when
 * there is no going on.
 */
export function runSink(stream: ByteStream, options: SinkRun): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const session = new SinkSession(stream, options);
    session.start({ resolve, reject });
  });
}

interface Settle {
  resolve(isHeard: boolean): void;
  reject(error: Error): void;
}

class SinkSession {
  readonly #stream: ByteStream;
  readonly #options: SinkRun;
  readonly #engine: SinkEngine;
  readonly #files: LocalSink;
  readonly #limit: BandwidthLimit | undefined;
  #isDraining = false;
  #isWaiting = false;
  #isHeard = false;
  #stopMeter: (() => void) | undefined;
  #settle: Settle | undefined;

  constructor(stream: ByteStream, options: SinkRun) {
    const { target, preserve, recursive, isRequested, limitBytesPerSecond } = options;
    this.#stream = stream;
    this.#options = options;
    this.#engine = new SinkEngine({ recursive, ...(isRequested === undefined ? {} : { isRequested }) });
    this.#files = new LocalSink(target, { preserve });
    this.#limit = limitBytesPerSecond === undefined ? undefined : new BandwidthLimit(limitBytesPerSecond);
  }

  start(settle: Settle): void {
    this.#settle = settle;
    const stream = this.#stream;
    stream.onData = (chunk) => this.#receive(chunk);
    // What is written to a file, or copied by the engine, is done with.
    stream.onView = (chunk) => this.#receive(chunk);
    stream.onEnd = () => this.#end();
    stream.onClose = (error) => (error === undefined ? this.#end() : this.#lose());
    stream.onDrain = () => {
      this.#isDraining = false;
      this.#flow();
    };
    this.#turn();
    stream.resume();
  }

  #receive(chunk: Uint8Array): void {
    this.#isHeard = true;
    this.#engine.receive(chunk);
    this.#turn();
  }

  #end(): void {
    this.#engine.receiveEnd();
    this.#turn();
  }

  /** No clean end: what came before it may be less than was sent. */
  #lose(): void {
    if (this.#settle === undefined) return;
    this.#options.report.problem(messages.lostConnection);
    this.#abandon();
  }

  #turn(): void {
    let dataBytes = 0;
    for (let event = this.#engine.nextEvent(); event !== undefined; event = this.#engine.nextEvent()) {
      if (event.type === 'data') dataBytes += event.bytes.length;
      this.#handle(event);
    }
    const output = this.#engine.takeOutput();
    if (output.length > 0) this.#isDraining = !this.#stream.write(output);
    const wait = dataBytes === 0 ? 0 : (this.#limit?.take(dataBytes, performance.now()) ?? 0);
    if (wait > 0) this.#pauseFor(wait);
    this.#flow();
  }

  #pauseFor(milliseconds: number): void {
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      this.#flow();
    }, milliseconds);
  }

  #flow(): void {
    if (this.#settle === undefined) return;
    if (this.#isDraining || this.#isWaiting) this.#stream.pause();
    else this.#stream.resume();
  }

  #handle(event: SinkEvent): void {
    const { report } = this.#options;
    switch (event.type) {
      case 'file-offered':
        return this.#answer(this.#files.openFile(event.entry, event.sizeBytes), () =>
          this.#showProgress(event.entry.name, event.sizeBytes),
        );
      case 'folder-offered':
        return this.#answer(this.#files.enterFolder(event.entry));
      case 'data':
        return this.#files.write(event.bytes);
      case 'file-received':
        return this.#fileReceived(event.isIntact);
      case 'folder-left':
        return this.#settleEntry(this.#files.leaveFolder());
      case 'error-told':
        report.problem(sentenceOf(event.text));
        if (event.isFatal) this.#abandon();
        return;
      case 'failed':
        report.problem(sentenceOf(event.reason));
        return this.#abandon();
      default:
        this.#settle?.resolve(this.#isHeard);
        this.#settle = undefined;
    }
  }

  #answer(problem: string | undefined, accepted?: () => void): void {
    if (problem === undefined) {
      this.#engine.perform({ type: 'accept' });
      accepted?.();
    } else {
      this.#options.report.problem(problem);
      this.#engine.perform({ type: 'refuse', problem: bytesOf(problem) });
    }
  }

  #showProgress(name: Uint8Array, total: number): void {
    this.#stopMeter = this.#options.meter?.start({ name, total, position: () => this.#files.position });
  }

  #fileReceived(isIntact: boolean): void {
    this.#stopMeter?.();
    this.#stopMeter = undefined;
    if (!isIntact) this.#options.report.fail();
    this.#settleEntry(this.#files.closeFile());
  }

  #settleEntry(problem: string | undefined): void {
    if (problem === undefined) return this.#engine.perform({ type: 'settle' });
    this.#options.report.problem(problem);
    this.#engine.perform({ type: 'settle', problem: bytesOf(problem) });
  }

  #abandon(): void {
    this.#stopMeter?.();
    this.#files.abandon();
    this.#settle?.reject(new Abandoned(1));
    this.#settle = undefined;
  }
}
