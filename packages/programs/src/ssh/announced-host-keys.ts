// The host keys that a server announces (PROTOCOL section 2.5), as far as we could use them: plain keys of known types
// that HostKeyAlgorithms allows.

import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import { isCertificateType } from '@sallyport/protocol/keys/certificate';
import { decodePublicKey, keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError, tryDecode } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { hostKeyUpdateMessages as messages } from './messages.ts';

/** More keys than a host can have use for are not looked at. */
const maximumKeys = 64;

/** undefined when there are none, or the server misbehaved. */
export function readAnnouncedKeys(
  fields: Uint8Array,
  { algorithms, log }: { readonly algorithms: readonly string[]; readonly log: LogSink },
): PublicKey[] | undefined {
  const allowed = new Set(algorithms.map((name) => signatureAlgorithm(name)?.keyType));
  const keys: PublicKey[] = [];
  try {
    const reader = new Reader(fields);
    for (let count = 0; reader.remaining > 0 && count < maximumKeys; count++) {
      const key = readKey(reader.string());
      if (key === undefined) continue;
      if (!allowed.has(key.type)) {
        log('debug3', messages.notPermitted(keyTypeLabel(key.type)));
        continue;
      }
      if (keys.some(({ blob }) => equalBytes(blob, key.blob))) {
        log('error', messages.duplicated(keyTypeLabel(key.type)));
        return undefined;
      }
      keys.push(key);
    }
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
  if (keys.length > 0) return keys;
  log('debug1', messages.noKeys);
  return undefined;
}

/** undefined for certificates and for types that are not known. */
function readKey(blob: Uint8Array): PublicKey | undefined {
  return tryDecode(() => (isCertificateType(new Reader(blob).text()) ? undefined : decodePublicKey(blob)));
}
