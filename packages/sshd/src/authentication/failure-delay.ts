// A refused attempt is answered no earlier than a time that depends on the user's name only, so that the time to
// answer does not tell whether an account exists. Arithmetic only: the caller waits.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { readUint32 } from '@sallyport/protocol/wire/bytes';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';

const minimumMs = 5;
const spreadMs = 4.2;
const maximumMs = 5000;

/** The name's own minimum in milliseconds: 5 to 9.2. `secret` differs from process to process. */
export function minimumDelayMs(crypto: CryptoProvider, secret: Uint8Array, user: string): number {
  const mac = crypto.hmac('sha256', secret);
  const tag = mac.compute([utf8Encode(user)]);
  mac.free();
  return minimumMs + (readUint32(tag, 0) / 0x1_0000_0000) * spreadMs;
}

/** Milliseconds still to wait when `elapsedMs` have gone: up to the next doubling of the minimum. */
export function remainingDelayMs(minimum: number, elapsedMs: number): number {
  if (elapsedMs >= maximumMs) return 0;
  let due = minimum;
  while (due < elapsedMs) due *= 2;
  return Math.min(due, maximumMs) - elapsedMs;
}
