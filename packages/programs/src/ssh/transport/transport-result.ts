// What opening a transport gives: a stream with what is known about its ends, or why there is none.
// A failure is a sentence for the user, since nobody can do anything else with it.

import type { ByteStream } from '@sallyport/system/byte-stream';
import type { SocketAddress } from '@sallyport/system/socket-address';

export interface OpenedTransport {
  readonly stream: ByteStream;
  /** Both ends of a TCP connection; undefined through a proxy command. */
  readonly ends?: { readonly peer: SocketAddress; readonly local: SocketAddress };
  /** The descriptor of a TCP connection, as long as that stands. */
  readonly fd?: number;
  /** Marks the packets of the connection (IPQoS), where it is one of ours that still stands. */
  setTypeOfService(value: number): void;
}

/** `message` is the line for the user. */
export interface TransportFailure {
  readonly message: string;
}
