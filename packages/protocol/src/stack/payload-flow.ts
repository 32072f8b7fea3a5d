// How payloads get from a protocol above into the transport: a bounded amount a turn, none of the connection's while
// keys are exchanged, so that what waits stays in the channels, where windows and owners can see it.

import type { Connection } from '../connection/connection.ts';
import type { Transport } from '../transport/transport.ts';

/** Answers and requests of the connection protocol that may wait before the stack stops to receive. */
export const maximumPendingBytes = 1024 * 1024;
/** Payload bytes of one turn: then the stream is asked whether it takes more. */
const turnBytes = 512 * 1024;

interface PayloadSource {
  takePayloads(limitBytes?: number): Uint8Array[];
}

/** Seals all that waits. */
export function movePayloads(from: PayloadSource, transport: Transport): void {
  for (const payload of from.takePayloads()) transport.perform({ type: 'send', payload });
}

/** Seals what one turn may carry. */
export function moveConnectionPayloads(connection: Connection, transport: Transport): void {
  if (transport.sendingBlocked) return;
  for (const message of connection.takeMessages(turnBytes)) {
    if (message instanceof Uint8Array) transport.perform({ type: 'send', payload: message });
    else transport.perform({ type: 'send', payload: message.head, data: message.data });
  }
}
