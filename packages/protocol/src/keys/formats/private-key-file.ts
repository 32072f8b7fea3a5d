// Reads a private key file of any known format. A further format is a file beside this one and a row here.
// Asks for no passphrase: what is sealed is opened by its caller.

import { DecodeError } from '../../wire/decode-error.ts';
import { opensshKeyV1 } from './openssh-key-v1.ts';
import { pemFormats } from './pem-private.ts';
import { ppk } from './ppk.ts';
import type { PrivateKeyFormat, SealedPrivateKey } from './private-key-format.ts';

/** No private key file is larger; callers refuse before they read it whole. */
export const maximumPrivateKeyFileBytes = 1 << 20;

export const privateKeyFormats: readonly PrivateKeyFormat[] = [opensshKeyV1, ...pemFormats, ppk];

/** @throws DecodeError when the format is unknown or the file is malformed */
export function decodePrivateKeyFile(file: Uint8Array): SealedPrivateKey {
  if (file.length > maximumPrivateKeyFileBytes) throw new DecodeError('private key file is too large');
  const format = privateKeyFormats.find((row) => row.recognises(file));
  if (format === undefined) throw new DecodeError('not a private key file of a known format');
  return format.decode(file);
}
