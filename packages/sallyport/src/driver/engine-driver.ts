// Pumps one engine over one stream: bytes in, events to the owner, one write per turn, the engine's timer. It decides
// nothing. A turn: every event goes to the owner, then all output leaves as one write; commands given at other times
// share a turn at the end of the running task. A stream that is full is not written to, so the engine holds back; an
// engine that wants no input is not fed, and its stream is paused as soon as a chunk has to wait (till then the end of
// the stream is seen). The library's client and server, ssh and the processes of sshd all use it.

import type { Engine } from '@sallyport/protocol/engine';

import type { ByteStream } from './byte-stream.ts';

export interface DriverOptions<Event> {
  /** Each event once and in order. Views in it are valid until this returns. Must not throw. */
  event(event: Event): void;
  /** The stream has ended or is gone; the last call. `error` when it failed. */
  closed(error: Error | undefined): void;
  /** Bytes that came before, from detach(): the engine gets them first. */
  readonly unread?: readonly Uint8Array[];
  /** Monotonic milliseconds; the clock that the engine's options were made with. */
  readonly now?: () => number;
}

/** What detach() gives back. */
export interface DetachedStream {
  /** Paused, without callbacks. */
  readonly stream: ByteStream;
  /** Bytes that came but were not given to the engine. */
  readonly unread: readonly Uint8Array[];
}

/** Writes of one turn before other work of the process gets its chance. */
const maximumWritesPerTurn = 16;
/** Milliseconds that the peer has to take our last output after end(). */
const lingerMs = 2000;
/**
 * How often written() looks again while the system has not taken a little rest; streams report only what was too much.
 */
const writtenPollMs = 2;

/** Monotonic milliseconds of this process. */
export function monotonicNow(): number {
  return performance.now();
}

export class EngineDriver<Event, Command> {
  readonly #engine: Engine<Event, Command>;
  readonly #stream: ByteStream;
  readonly #owner: DriverOptions<Event>;
  readonly #now: () => number;
  /** Chunks that came while the engine wanted no input. */
  #held: Uint8Array[];
  #phase: 'new' | 'running' | 'ending' | 'detached' | 'closed' = 'new';
  #turning = false;
  #turnDue = false;
  #streamFull = false;
  #paused = true;
  #inputEnded = false;
  #timer: { readonly due: number; readonly handle: NodeJS.Timeout } | undefined;
  #whenWritten: (() => void)[] = [];
  #receivedBytes = 0;
  #sentBytes = 0;

  constructor(engine: Engine<Event, Command>, stream: ByteStream, owner: DriverOptions<Event>) {
    this.#engine = engine;
    this.#stream = stream;
    this.#owner = owner;
    this.#now = owner.now ?? monotonicNow;
    this.#held = [...(owner.unread ?? [])];
  }

  /** Begins to pump: writes what the engine has to say first and reads. */
  start(): void {
    if (this.#phase !== 'new') throw new Error('an engine driver starts once');
    this.#phase = 'running';
    this.#stream.onData = (chunk) => this.#receive(chunk, false);
    this.#stream.onView = (chunk) => this.#receive(chunk, true);
    this.#stream.onEnd = () => this.#endOfInput();
    this.#stream.onDrain = () => this.#drained();
    this.#stream.onTaken = (chunk) => this.#engine.recycle?.(chunk);
    this.#stream.onClose = (error) => this.#close(error);
    this.#paused = false;
    this.#stream.resume();
    this.#turn();
  }

  /** Whether the stream is still there and end() was not called. */
  get running(): boolean {
    return this.#phase === 'running';
  }

  /** Bytes that went over the stream so far. */
  get traffic(): { readonly receivedBytes: number; readonly sentBytes: number } {
    return { receivedBytes: this.#receivedBytes, sentBytes: this.#sentBytes };
  }

  /** Gives the engine a command; its output leaves with the running turn or at the end of the running task. */
  perform(command: Command): void {
    this.#engine.perform(command);
    this.wake();
  }

  /** Has a turn run soon: for owners that changed the engine other than by perform(). */
  wake(): void {
    if (this.#turning || this.#turnDue || this.#phase === 'new') return;
    this.#turnDue = true;
    queueMicrotask(() => {
      if (!this.#turnDue) return;
      this.#turnDue = false;
      this.#turn();
    });
  }

  /** Writes what is left, ends our direction, and closes when the peer has closed or after two seconds. */
  end(): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'ending';
    this.#held = [];
    this.#stopTimer();
    const chunks = this.#engine.takeOutput();
    if (chunks.length > 0) this.#stream.write(chunks);
    this.#stream.end();
    this.#setPaused(false);
    setTimeout(() => this.#stream.destroy(), lingerMs).unref();
  }

  /** Drops the stream at once. */
  destroy(): void {
    if (this.#phase === 'running' || this.#phase === 'ending') this.#stream.destroy();
  }

  /** Resolves when the system has taken everything that the engine has put out, or the stream is gone. */
  written(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenWritten.push(resolve);
      this.#settleWritten();
    });
  }

  /**
   * Stops without closing, for handing the stream to another driver or process. Call written() first; the events and
   * timers of the engine are the caller's from now on.
   */
  detach(): DetachedStream {
    if (this.#phase !== 'running') throw new Error('only a running engine driver can be detached');
    this.#setPaused(true);
    this.#phase = 'detached';
    this.#stopTimer();
    for (const name of ['onData', 'onView', 'onEnd', 'onDrain', 'onClose'] as const) delete this.#stream[name];
    const unread = this.#held;
    this.#held = [];
    return { stream: this.#stream, unread };
  }

  /** A chunk that is lent is ours until this returns. */
  #receive(chunk: Uint8Array, isLent: boolean): void {
    if (this.#phase !== 'running') return;
    this.#receivedBytes += chunk.length;
    if (this.#turning || this.#held.length > 0 || !this.#engine.inputWanted) {
      this.#held.push(isLent ? new Uint8Array(chunk) : chunk);
      this.#setPaused(true);
      return;
    }
    this.#engine.receive(chunk);
    this.#turn();
  }

  /** Events, then output, until both are quiet; many rounds only as long as the stream takes what is written. */
  #turn(): void {
    if (this.#turning || this.#phase !== 'running') return;
    this.#turning = true;
    this.#turnDue = false;
    for (let writes = 0; this.#phase === 'running'; writes++) {
      this.#deliverEvents();
      if (this.#phase !== 'running' || !this.#flush()) break;
      if (writes === maximumWritesPerTurn) {
        setImmediate(() => this.#turn());
        break;
      }
    }
    this.#turning = false;
    if (this.#phase !== 'running') return;
    this.#setPaused(this.#held.length > 0);
    this.#armTimer();
    this.#settleWritten();
    if (this.#inputEnded && this.#held.length === 0) this.#close(undefined);
  }

  #deliverEvents(): void {
    for (;;) {
      for (;;) {
        if (this.#phase !== 'running') return;
        const event = this.#engine.nextEvent();
        if (event === undefined) break;
        this.#owner.event(event);
      }
      if (this.#phase !== 'running' || this.#held.length === 0 || !this.#engine.inputWanted) return;
      this.#engine.receive(this.#held.shift() as Uint8Array);
    }
  }

  /** Writes the engine's output unless the stream is full; whether there was any. */
  #flush(): boolean {
    if (this.#streamFull) return false;
    const chunks = this.#engine.takeOutput();
    if (chunks.length === 0) return false;
    for (const { length } of chunks) this.#sentBytes += length;
    this.#streamFull = !this.#stream.write(chunks);
    return true;
  }

  #drained(): void {
    this.#streamFull = false;
    this.#turn();
    this.#settleWritten();
  }

  #endOfInput(): void {
    this.#inputEnded = true;
    if (this.#phase === 'running' && this.#held.length === 0) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.#phase === 'closed' || this.#phase === 'detached') return;
    this.#phase = 'closed';
    this.#held = [];
    this.#stopTimer();
    this.#stream.destroy();
    this.#settleWritten();
    this.#owner.closed(error);
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#stream.pause();
    else this.#stream.resume();
  }

  #settleWritten(): void {
    if (this.#whenWritten.length === 0) return;
    if (this.#phase === 'running') {
      if (this.#turning || this.#turnDue || this.#streamFull) return;
      if (this.#stream.bufferedBytes > 0) {
        setTimeout(() => this.#settleWritten(), writtenPollMs);
        return;
      }
    }
    const waiting = this.#whenWritten;
    this.#whenWritten = [];
    for (const resolve of waiting) resolve();
  }

  #armTimer(): void {
    const due = this.#engine.deadline;
    if (due === this.#timer?.due) return;
    this.#stopTimer();
    if (due === undefined) return;
    // Timers of both runtimes may fire a little early: one millisecond more makes sure that the time has come.
    const delayMs = Math.max(0, Math.min(due - this.#now() + 1, 0x7fff_ffff));
    const handle = setTimeout(() => this.#expire(), delayMs);
    handle.unref();
    this.#timer = { due, handle };
  }

  #expire(): void {
    this.#timer = undefined;
    if (this.#phase !== 'running') return;
    this.#engine.expire(this.#now());
    this.#turn();
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer.handle);
    this.#timer = undefined;
  }
}
