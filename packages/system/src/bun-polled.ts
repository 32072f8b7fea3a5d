// A pipe or a terminal as an endpoint on Bun: Bun.file polls it, on a copy of the descriptor that it closes itself. (A
// read by node:fs would park a thread of the pool for as long as the pipe is quiet.)

import type { BunFileSink, BunReader, BunRuntime } from './bun-runtime.ts';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';
import { closeDescriptor, setNonBlocking, writeWhatFits } from './descriptors.ts';

export interface PolledOptions {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly isTerminal: boolean;
}

type Source = NonNullable<Endpoint['source']> & { close(): void };
type Sink = NonNullable<Endpoint['sink']>;

/** Owns the descriptor. */
export function openPolled(bun: BunRuntime, options: PolledOptions, events: EndpointEvents): Endpoint {
  const source = options.readable ? polledSource(bun, options, events) : undefined;
  const sink = options.writable ? polledSink(bun, options) : undefined;
  // Bun's writer makes a terminal blocking, and its reader polls only what does not block.
  if (options.isTerminal) setNonBlocking(options.fd, true);
  return {
    ...(source && { source }),
    ...(sink && { sink }),
    close: () => {
      source?.close();
      sink?.end();
      closeDescriptor(options.fd);
    },
  };
}

function polledSource(bun: BunRuntime, options: PolledOptions, events: EndpointEvents): Source {
  const state: { isFlowing: boolean; isReading: boolean; reader?: BunReader } = { isFlowing: false, isReading: false };
  const readOne = async (): Promise<boolean> => {
    state.reader ??= bun.file(options.fd).stream().getReader();
    const { done, value, error }: Read = await state.reader.read().catch(failedRead);
    if (value !== undefined) events.data(value);
    // EIO is the end of a pseudo-terminal: nobody has the other side open any more.
    if (done && error !== undefined && !(options.isTerminal && codeOf(error) === 'EIO')) events.error(error);
    else if (done) events.end();
    return !done;
  };
  const readOn = async (): Promise<void> => {
    state.isReading = true;
    while (state.isFlowing && (await readOne()));
    state.isReading = false;
  };
  return {
    start: () => {
      state.isFlowing = true;
      if (!state.isReading) void readOn();
    },
    stop: () => {
      state.isFlowing = false;
    },
    close: () => {
      state.isFlowing = false;
      state.reader?.cancel().catch(() => undefined);
    },
  };
}

function polledSink(bun: BunRuntime, { fd, isTerminal }: PolledOptions): Sink {
  const writer = bun.file(fd).writer();
  if (!isTerminal) setNonBlocking(fd, true);
  const state = { ended: false };
  return {
    ...(!isTerminal && { writeNow: (bytes) => writeWhatFits(fd, bytes) }),
    write: (batch, done) => void writeBatch(writer, batch, done),
    // What the system has not taken by now is lost only with the reader; it must not keep the process alive.
    end: () => {
      if (state.ended) return;
      state.ended = true;
      writer.unref();
      Promise.resolve(writer.end()).catch(() => undefined);
    },
  };
}

async function writeBatch(writer: BunFileSink, batch: readonly Uint8Array[], done: WriteDone): Promise<void> {
  let failure: Error | undefined;
  const pending: Promise<number>[] = [];
  try {
    // A large chunk tells its failure itself, and the flush behind it knows nothing of it.
    for (const chunk of batch) keepPending(writer.write(chunk), pending);
    keepPending(writer.flush(), pending);
    if (pending.length > 0) await Promise.all(pending);
  } catch (error) {
    failure = asError(error);
  }
  done(failure);
}

/** A number says that the system has taken everything: then the caller goes on without a turn of the loop. */
function keepPending(result: number | Promise<number>, pending: Promise<number>[]): void {
  if (typeof result === 'number') return;
  result.catch(() => undefined);
  pending.push(result);
}

interface Read {
  readonly done: boolean;
  readonly value?: Uint8Array;
  readonly error?: Error;
}

function failedRead(error: unknown): Read {
  return { done: true, error: asError(error) };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function codeOf(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
