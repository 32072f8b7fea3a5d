// What we use of Bun's own interface, typed by ourselves: the library also runs on Node, where none of it exists.
// Only the endpoints on Bun name it.

export interface BunSocket {
  /** How many bytes the system took; -1 when the socket is closed. */
  write(bytes: Uint8Array): number;
  pause(): void;
  resume(): void;
  /** Ends the sending direction. */
  shutdown(): void;
  /** Closes both directions. */
  end(): void;
}

export interface BunSocketHandlers {
  /** What chunks come as. */
  readonly binaryType: 'uint8array';
  open(socket: BunSocket): void;
  data(socket: BunSocket, chunk: Uint8Array): void;
  drain(socket: BunSocket): void;
  end(socket: BunSocket): void;
  close(socket: BunSocket, error?: Error): void;
  error(socket: BunSocket, error: Error): void;
}

export interface BunReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>;
  cancel(): Promise<void>;
}

export interface BunFileSink {
  write(bytes: Uint8Array): number | Promise<number>;
  flush(): number | Promise<number>;
  end(): number | Promise<number>;
  unref(): void;
}

export interface BunRuntime {
  connect(options: { fd: number; allowHalfOpen: boolean; socket: BunSocketHandlers }): Promise<BunSocket>;
  /** Makes its compilers so many times more reluctant than they are by themselves, from now on. */
  readonly unsafe: { setJITPolicy(factor: number): void };
  file(fd: number): { stream(): { getReader(): BunReader }; writer(): BunFileSink };
}

/** undefined on Node. */
export function bunRuntime(): BunRuntime | undefined {
  return (globalThis as { readonly Bun?: BunRuntime }).Bun;
}
