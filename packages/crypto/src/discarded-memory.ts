// Gives memory that the runtime's ciphers allocated for their output back at once. Node has no cipher that writes into
// memory of the caller: left to the garbage collector, a GiB of packets costs 70 collections of the whole heap, a third
// of the processor time of a transfer.

import type { MessagePort } from 'node:worker_threads';

/** Takes the memory of an array away from JavaScript; nobody may look at the array any more. */
export type DiscardMemory = (bytes: Uint8Array) => void;

/** What is smaller is left to the collector: taking it away costs a microsecond. */
const leastBytes = 4096;
/** Runtimes make room for a block more than there is. */
const roomBytes = 16;

/** Standard since ES2024: Bun, Node from 22 on. */
type Transferable = ArrayBuffer & { transfer?(newByteLength: number): ArrayBuffer };

/** Arrays that are a part of a larger buffer, such as those of a pool, are left alone. */
export function memoryDiscard(): DiscardMemory {
  let nowhere: MessagePort | undefined;
  return (bytes) => {
    // Asking a small array for its buffer makes the runtime create one.
    if (bytes.length < leastBytes) return;
    const buffer = bytes.buffer as Transferable;
    if (buffer.byteLength > bytes.length + roomBytes) return;
    if (buffer.transfer !== undefined) buffer.transfer(0);
    else (nowhere ??= closedPort()).postMessage(undefined, [buffer]);
  };
}

/** A port takes what is transferred to it, and being closed drops it. It keeps no process alive. */
function closedPort(): MessagePort {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
