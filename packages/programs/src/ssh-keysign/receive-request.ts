// One request from the socket: read as far as it goes, no longer and no larger than a request needs to be. Blocking, in
// a process that does nothing else.

import { AgentMessageReader } from '@sallyport/protocol/agent/framing';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { readNow, waitForAny } from '@sallyport/system/blocking-io';
import { SystemError } from '@sallyport/system/system-error';
import { type HostClaim, keysignRequest, keysignVersion } from '../shared/keysign-service.ts';
import { refusals } from './messages.ts';

/** A certificate with many principals fits in. */
const maximumRequestBytes = 64 * 1024;
const chunkBytes = 8 * 1024;

/** The request, or why it is none. */
export function receiveRequest(fd: number, patienceMs: number): HostClaim | { readonly refused: string } {
  const message = receiveMessage(fd, performance.now() + patienceMs);
  if ('refused' in message) return message;
  try {
    const { version, address, data } = keysignRequest.decode(message);
    if (version !== keysignVersion) return { refused: refusals.badVersion(version) };
    return { address: address === '' ? undefined : address, data };
  } catch (error) {
    if (error instanceof DecodeError) return { refused: refusals.malformed };
    throw error;
  }
}

function receiveMessage(fd: number, deadline: number): Uint8Array | { readonly refused: string } {
  const reader = new AgentMessageReader();
  const room = new Uint8Array(chunkBytes);
  try {
    for (;;) {
      const message = reader.next()?.slice();
      if (message !== undefined) return reader.waitingBytes === 0 ? message : { refused: refusals.malformed };
      if (reader.waitingBytes > maximumRequestBytes) return { refused: refusals.tooLong(reader.waitingBytes) };
      const left = deadline - performance.now();
      if (left <= 0 || waitForAny([{ fd, read: true, write: false }], left) === undefined) {
        return { refused: refusals.tooLate };
      }
      const length = readNow(fd, room);
      if (length === 0) return { refused: refusals.malformed };
      if (length !== undefined) reader.receive(room.subarray(0, length));
    }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SystemError) return { refused: refusals.malformed };
    throw error;
  }
}
