// A pipe or a terminal as an endpoint on Bun: Bun.file polls it, on a copy of the descriptor that it closes itself. (A
// read by node:fs would park a thread of the pool for as long as the pipe is quiet.)

import type { BunFileSink, BunRuntime } from './bun-runtime.ts';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';
import { closeDescriptor } from './descriptors.ts';

export interface PolledOptions {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** On a terminal the error EIO is the end: nobody has the other side open any more. */
  readonly endsWithEio: boolean;
}

type Source = NonNullable<Endpoint['source']> & { close(): void };
type Sink = NonNullable<Endpoint['sink']>;

/** Owns the descriptor. */
export function openPolled(bun: BunRuntime, options: PolledOptions, events: EndpointEvents): Endpoint {
  const source = options.readable ? polledSource(bun, options, events) : undefined;
  const sink = options.writable ? polledSink(bun.file(options.fd).writer()) : undefined;
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
  const reader = bun.file(options.fd).stream().getReader();
  const state = { isFlowing: false, isReading: false };
  const readOne = async (): Promise<boolean> => {
    try {
      const { done, value } = await reader.read();
      if (value !== undefined) events.data(value);
      if (done) events.end();
      return !done;
    } catch (error) {
      if (options.endsWithEio && codeOf(error) === 'EIO') events.end();
      else events.error(asError(error));
      return false;
    }
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
      reader.cancel().catch(() => undefined);
    },
  };
}

function polledSink(writer: BunFileSink): Sink {
  const state = { ended: false };
  return {
    write: (batch, done) => writeBatch(writer, batch, done),
    // What the system has not taken by now is lost only with the reader; it must not keep the process alive.
    end: () => {
      if (state.ended) return;
      state.ended = true;
      writer.unref();
      Promise.resolve(writer.end()).catch(() => undefined);
    },
  };
}

function writeBatch(writer: BunFileSink, batch: readonly Uint8Array[], done: WriteDone): void {
  try {
    for (const chunk of batch) Promise.resolve(writer.write(chunk)).catch(() => undefined);
    const flushed = writer.flush();
    if (typeof flushed === 'number') done();
    else
      flushed.then(
        () => done(),
        (error: unknown) => done(asError(error)),
      );
  } catch (error) {
    done(asError(error));
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code;
}
