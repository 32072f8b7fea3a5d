// What OpenSSH's programs say of a certificate's span of time, on the local clock: listings and log lines have the same
// words.

import { type CertificateContent, endOfTime } from '@sallyport/protocol/keys/certificate';
import { localTimeText } from '@sallyport/system/local-time';

/** `forever`, `after T`, `before T` or `from T to T`. */
export function certificateValidity({
  validAfter,
  validBefore,
}: Pick<CertificateContent, 'validAfter' | 'validBefore'>): string {
  const [after, before] = [localTimeText(validAfter), localTimeText(validBefore)];
  if (validAfter === 0n) return validBefore === endOfTime ? 'forever' : `before ${before}`;
  return validBefore === endOfTime ? `after ${after}` : `from ${after} to ${before}`;
}
