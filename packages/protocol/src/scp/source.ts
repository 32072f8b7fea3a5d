// The sending side of the old copy protocol (scp -f, and scp -O file host: here) as an engine: its owner says what to
// send, one thing at a time, and hears after each whether the other side took it.

import { RecordInput } from './record-input.ts';
import type { Entry } from './records.ts';
import {
  folderEndRecord,
  formatEntry,
  formatProblem,
  formatTimes,
  goodAnswer,
  lostConnection,
  maximumRecordBytes,
} from './records.ts';

export type SourceEvent =
  /** The last command is done. `text`: the other side's words when it refused. */
  | { readonly type: 'answered'; readonly isAccepted: boolean; readonly text?: Uint8Array }
  /** The other side gave up, or is gone. Nothing follows. */
  | { readonly type: 'failed'; readonly reason: string | Uint8Array };

export type SourceCommand =
  /** Answered; when accepted, so many bytes follow, and finish-file. */
  | { readonly type: 'offer-file'; readonly entry: Entry; readonly sizeBytes: number }
  /** Goes out as it is: do not change it afterwards. Not answered. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** Answered. The problem is why the bytes are not those of the file. */
  | { readonly type: 'finish-file'; readonly problem?: string | Uint8Array }
  /** Answered; when accepted, everything up to leave-folder is in it. */
  | { readonly type: 'enter-folder'; readonly entry: Entry }
  /** Answered. */
  | { readonly type: 'leave-folder' }
  /** Tells why something is not sent. Not answered. */
  | { readonly type: 'tell-problem'; readonly problem: string | Uint8Array };

type State =
  | { readonly expects: 'command' }
  /** `next` goes out when the answer is good. */
  | { readonly expects: 'answer'; readonly next?: Uint8Array; readonly after: State }
  | { readonly expects: 'data'; readonly missingBytes: number }
  | { readonly expects: 'nothing' };

const command: State = { expects: 'command' };

export class SourceEngine {
  readonly #input = new RecordInput();
  #output: Uint8Array[] = [];
  /** The other side begins: it says that it is ready. */
  #state: State = { expects: 'answer', after: command };
  #hasEnded = false;

  /**
   * False when more has come unasked than any answer could be: read nothing then. Short of that go on reading, since
   * only so an end is seen while data is sent.
   */
  get inputWanted(): boolean {
    return this.#state.expects === 'answer' || this.#input.length < maximumRecordBytes;
  }

  /** Nothing is kept by reference once nextEvent() has answered undefined. */
  receive(chunk: Uint8Array): void {
    if (this.#state.expects !== 'nothing') this.#input.receive(chunk);
  }

  /** No more will be received. */
  receiveEnd(): void {
    this.#hasEnded = true;
  }

  perform(wanted: SourceCommand): void {
    const state = this.#state;
    if (wanted.type === 'data') {
      if (state.expects !== 'data' || wanted.bytes.length > state.missingBytes) throw misuse(wanted, state);
      this.#output.push(wanted.bytes);
      this.#state = { expects: 'data', missingBytes: state.missingBytes - wanted.bytes.length };
      return;
    }
    if (wanted.type === 'finish-file') {
      if (state.expects !== 'data' || state.missingBytes > 0) throw misuse(wanted, state);
      this.#ask(wanted.problem === undefined ? goodAnswer : formatProblem(wanted.problem));
      return;
    }
    if (state.expects !== 'command') throw misuse(wanted, state);
    if (wanted.type === 'tell-problem') this.#output.push(formatProblem(wanted.problem));
    else if (wanted.type === 'leave-folder') this.#ask(folderEndRecord);
    else if (wanted.type === 'enter-folder') this.#offer('folder', wanted.entry, 0);
    else this.#offer('file', wanted.entry, wanted.sizeBytes);
  }

  /** Take the output after each undefined. */
  nextEvent(): SourceEvent | undefined {
    while (this.#state.expects === 'answer') {
      const event = this.#readAnswer(this.#state);
      if (event === 'again') continue;
      if (event !== undefined) return event;
      break;
    }
    this.#input.settle();
    return this.#hasEnded && this.#state.expects === 'answer' ? this.#fail(lostConnection) : undefined;
  }

  takeOutput(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #offer(type: 'file' | 'folder', entry: Entry, sizeBytes: number): void {
    const after: State = type === 'file' ? { expects: 'data', missingBytes: sizeBytes } : command;
    const offered = formatEntry(type, entry, sizeBytes);
    if (entry.times === undefined) this.#ask(offered, { expects: 'answer', after });
    else this.#ask(formatTimes(entry.times), { expects: 'answer', next: offered, after });
  }

  #ask(record: Uint8Array, state: State = { expects: 'answer', after: command }): void {
    this.#output.push(record);
    this.#state = state;
  }

  #readAnswer(state: State & { readonly expects: 'answer' }): SourceEvent | 'again' | undefined {
    const first = this.#input.peek();
    if (first === undefined) return undefined;
    if (first === 0) {
      this.#input.take(1);
      if (state.next === undefined) {
        this.#state = state.after;
        return { type: 'answered', isAccepted: true };
      }
      this.#ask(state.next, { expects: 'answer', after: state.after });
      return 'again';
    }
    const line = this.#input.takeLine();
    if (line === undefined) return undefined;
    if (line === 'too-long') return this.#fail('protocol error: line too long');
    if (first !== 1) return this.#fail(first === 2 ? line.slice(1) : line.slice());
    this.#state = command;
    return { type: 'answered', isAccepted: false, text: line.slice(1) };
  }

  #fail(reason: string | Uint8Array): SourceEvent {
    this.#state = { expects: 'nothing' };
    this.#input.drop();
    return { type: 'failed', reason };
  }
}

function misuse(wanted: SourceCommand, state: State): TypeError {
  return new TypeError(`${wanted.type} while ${state.expects} is expected`);
}
