// The receiving side of the old copy protocol (scp -t, and scp -O host:file here) as an engine: it reads the records,
// asks its owner about every file and folder, and lends the data. It never names a path: where an entry goes is the
// owner's, one component at a time, and an entry that could lead elsewhere is refused before the owner hears of it.

import { RecordInput } from './record-input.ts';
import type { Entry, EntryRecord, EntryTimes } from './records.ts';
import { formatProblem, goodAnswer, lostConnection, parseRecord } from './records.ts';

/** Folders in folders that are followed; paths of this system end far earlier. */
const maximumDepth = 1024;

export interface SinkOptions {
  /** Folders are welcome. */
  readonly recursive: boolean;
  /** Whether an entry at the top was asked for. Without it anything is. */
  readonly isRequested?: (name: Uint8Array) => boolean;
}

export type SinkEvent =
  /** Answer with accept or refuse. */
  | { readonly type: 'file-offered'; readonly entry: Entry; readonly sizeBytes: number }
  | { readonly type: 'folder-offered'; readonly entry: Entry }
  /** A view, valid until the next receive(). */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** All bytes are there, though not always the right ones: the source says so. Answer with settle. */
  | { readonly type: 'file-received'; readonly isIntact: boolean }
  /** Answer with settle. */
  | { readonly type: 'folder-left' }
  /** The source could not send something, and said so. After a fatal error nothing follows. */
  | { readonly type: 'error-told'; readonly text: Uint8Array; readonly isFatal: boolean }
  /** The source has nothing more. */
  | { readonly type: 'ended' }
  /** The source did what it must not, or is gone; a sentence, or its own words. Nothing follows. */
  | { readonly type: 'failed'; readonly reason: string | Uint8Array };

export type SinkCommand =
  | { readonly type: 'accept' }
  /** It is left out; the source hears why and goes on. */
  | { readonly type: 'refuse'; readonly problem: string | Uint8Array }
  | { readonly type: 'settle'; readonly problem?: string | Uint8Array };

type State =
  | { readonly expects: 'record' }
  | { readonly expects: 'verdict'; readonly record: EntryRecord }
  | { readonly expects: 'data'; readonly missingBytes: number }
  | { readonly expects: 'data-end' }
  /** The source told that the file is not what it should be. */
  | { readonly expects: 'broken-end' }
  | { readonly expects: 'settlement' }
  | { readonly expects: 'nothing' };

const record: State = { expects: 'record' };
const nothing: State = { expects: 'nothing' };

export class SinkEngine {
  readonly #options: SinkOptions;
  readonly #input = new RecordInput();
  #output: Uint8Array[] = [goodAnswer];
  #state: State = record;
  #times: EntryTimes | undefined;
  #depth = 0;
  #isFirst = true;
  #hasEnded = false;

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  /** False while an answer is awaited: read nothing then, so that memory stays bounded. */
  get inputWanted(): boolean {
    const { expects } = this.#state;
    return expects === 'record' || expects === 'data' || expects === 'data-end';
  }

  /** Nothing is kept by reference once nextEvent() has answered undefined. */
  receive(chunk: Uint8Array): void {
    if (this.#state.expects !== 'nothing') this.#input.receive(chunk);
  }

  /** No more will be received. */
  receiveEnd(): void {
    this.#hasEnded = true;
  }

  perform(command: SinkCommand): void {
    const state = this.#state;
    if (state.expects === 'settlement' && command.type === 'settle') {
      this.#answer(command.problem);
      this.#state = record;
    } else if (state.expects === 'verdict' && command.type === 'accept') {
      this.#answer(undefined);
      if (state.record.type === 'folder') this.#depth++;
      this.#state = state.record.type === 'folder' ? record : dataOf(state.record.sizeBytes);
    } else if (state.expects === 'verdict' && command.type === 'refuse') {
      this.#answer(command.problem);
      this.#state = record;
    } else {
      throw new TypeError(`${command.type} while ${state.expects} is expected`);
    }
  }

  /** Take the output after each undefined. */
  nextEvent(): SinkEvent | undefined {
    for (;;) {
      const event = this.#step();
      if (event === 'again') continue;
      if (event !== undefined) return event;
      this.#input.settle();
      return this.#hasEnded ? this.#end() : undefined;
    }
  }

  takeOutput(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #step(): SinkEvent | 'again' | undefined {
    const state = this.#state;
    switch (state.expects) {
      case 'record':
        return this.#readRecord();
      case 'data':
        return this.#readData(state.missingBytes);
      case 'data-end':
        return this.#readDataEnd();
      case 'broken-end':
        return this.#received(false);
      default:
        return undefined;
    }
  }

  #readRecord(): SinkEvent | 'again' | undefined {
    const line = this.#input.takeLine();
    if (line === undefined) return undefined;
    if (line === 'too-long') return this.#fail('protocol error: line too long');
    if (line.length === 0) return this.#fail('protocol error: unexpected <newline>');
    if (line[0] === 1 || line[0] === 2) return this.#told(line);
    const isFirst = this.#isFirst;
    const read = parseRecord(line);
    switch (read.type) {
      case 'bad':
        return this.#fail(read.reason);
      case 'unknown':
        // What a login script or a missing program prints comes here.
        return this.#fail(isFirst ? line.slice() : 'protocol error: expected control record');
      case 'folder-end':
        return this.#leaveFolder();
      case 'times':
        this.#times = read.times;
        this.#isFirst = false;
        this.#answer(undefined);
        return 'again';
      default:
        this.#isFirst = false;
        return this.#offer(read);
    }
  }

  #offer(offered: EntryRecord): SinkEvent {
    const times = this.#times;
    this.#times = undefined;
    const isFolder = offered.type === 'folder';
    const isRequested = this.#depth > 0 || this.#options.isRequested?.(offered.entry.name) !== false;
    if (!isRequested) return this.#fail('protocol error: filename does not match request');
    if (isFolder && !this.#options.recursive) return this.#fail('protocol error: received directory without -r');
    if (isFolder && this.#depth >= maximumDepth) return this.#fail('protocol error: too many directory levels');
    const entry = times === undefined ? offered.entry : { ...offered.entry, times };
    this.#state = { expects: 'verdict', record: offered };
    if (isFolder) return { type: 'folder-offered', entry };
    return { type: 'file-offered', entry, sizeBytes: offered.sizeBytes };
  }

  #leaveFolder(): SinkEvent | undefined {
    if (this.#depth === 0) {
      this.#answer(undefined);
      return this.#end();
    }
    this.#depth--;
    this.#state = { expects: 'settlement' };
    return { type: 'folder-left' };
  }

  #readData(missingBytes: number): SinkEvent | undefined {
    if (this.#input.length === 0) return undefined;
    const bytes = this.#input.take(missingBytes);
    this.#state = dataOf(missingBytes - bytes.length);
    return { type: 'data', bytes };
  }

  #readDataEnd(): SinkEvent | undefined {
    const first = this.#input.peek();
    if (first === undefined) return undefined;
    if (first === 0) {
      this.#input.take(1);
      return this.#received(true);
    }
    if (first > 2) return this.#fail('protocol error: more data than announced');
    const line = this.#input.takeLine();
    if (line === undefined) return undefined;
    if (line === 'too-long') return this.#fail('protocol error: line too long');
    if (first === 2) return this.#fatal(line.slice(1));
    this.#state = { expects: 'broken-end' };
    return { type: 'error-told', text: line.slice(1), isFatal: false };
  }

  #received(isIntact: boolean): SinkEvent {
    this.#state = { expects: 'settlement' };
    return { type: 'file-received', isIntact };
  }

  #told(line: Uint8Array): SinkEvent {
    this.#isFirst = false;
    const text = line.slice(1);
    return line[0] === 2 ? this.#fatal(text) : { type: 'error-told', text, isFatal: false };
  }

  #fatal(text: Uint8Array): SinkEvent {
    this.#stop();
    return { type: 'error-told', text, isFatal: true };
  }

  #fail(reason: string | Uint8Array): SinkEvent {
    this.#output.push(formatProblem(reason));
    this.#stop();
    return { type: 'failed', reason };
  }

  #end(): SinkEvent | undefined {
    const { expects } = this.#state;
    if (expects === 'nothing' || expects === 'verdict' || expects === 'settlement') return undefined;
    const isWhole = expects === 'record' && this.#depth === 0 && this.#input.length === 0;
    this.#stop();
    return isWhole ? { type: 'ended' } : { type: 'failed', reason: lostConnection };
  }

  #stop(): void {
    this.#state = nothing;
    this.#input.drop();
  }

  #answer(problem: string | Uint8Array | undefined): void {
    this.#output.push(problem === undefined ? goodAnswer : formatProblem(problem));
  }
}

function dataOf(missingBytes: number): State {
  return missingBytes === 0 ? { expects: 'data-end' } : { expects: 'data', missingBytes };
}
