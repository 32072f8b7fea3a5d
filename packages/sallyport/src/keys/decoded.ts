// What stands between the pure decoders and those who embed the library: their private error becomes a KeyError, and a
// file that cannot be read one as well.

import { readFile } from 'node:fs/promises';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { KeyError } from '../errors.ts';

/** What `decode` gives. @throws KeyError `key-malformed`, whose message begins with `what` */
export function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) throw new KeyError('key-malformed', `${what}: ${error.message}`);
    throw error;
  }
}

/** The whole of a file. Rejects with KeyError `local-failed`. */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new KeyError('local-failed', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
