// The shape of everything that runs a protocol: bytes in, events out, commands in, bytes out. An engine does no IO,
// keeps no clock and never waits: when it needs an answer it says so in an event and its owner performs a command.

export interface Engine<Event, Command> {
  /** Bytes from the peer. Nothing is kept by reference; views in events are valid until the next call. */
  receive(chunk: Uint8Array): void;
  /** A request of the owner, or the answer to an event that asked. Misuse throws. */
  perform(command: Command): void;
  /** What the owner must know or decide next; undefined when there is nothing now. */
  nextEvent(): Event | undefined;
  /**
   * False while receive() must not be called: an answer is awaited before more input is looked at, or too much output
   * waits that nobody takes. The owner stops reading the socket, so that memory stays bounded and the peer feels it.
   */
  readonly inputWanted: boolean;
  /** Sealed bytes in order, ready for one writev; small packets share a chunk. The chunks are the caller's. */
  takeOutput(): Uint8Array[];
  /**
   * The bytes of a chunk of takeOutput() have left and nobody looks at it any more: its memory is used again. Saves
   * half of the cost of bulk output; chunks that never come back are not missed.
   */
  recycle?(chunk: Uint8Array): void;
  /** Monotonic milliseconds at which expire() is due; undefined when no timer runs. */
  readonly deadline: number | undefined;
  /** Tells the time (monotonic milliseconds) and lets timers that are due act. */
  expire(now: number): void;
}

/**
 * A protocol above the transport (userauth, connection): the same shape, with payloads instead of bytes.
 * A payload begins with its message number and is a view valid until the next call.
 */
export interface PayloadEngine<Event, Command> {
  receivePayload(payload: Uint8Array): void;
  perform(command: Command): void;
  nextEvent(): Event | undefined;
  /** Payloads to be sent, in order; ends after about `limitBytes`, and the rest comes with the next call. */
  takePayloads(limitBytes?: number): Uint8Array[];
  /**
   * Bytes of queued payloads that no window bounds (answers, requests): when they pile up the stack stops receiving.
   */
  readonly pendingBytes: number;
}
