// Reads private key files the way OpenSSH's programs do: not when others may read them too, never more than a key can
// need, and without waiting for a FIFO that nobody writes. What is wrong is told by an error with the words for the
// user.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { decodePrivateKeyFile, maximumPrivateKeyFileBytes } from '@sallyport/protocol/keys/formats/private-key-file';
import type { SealedPrivateKey } from '@sallyport/protocol/keys/formats/private-key-format';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { errorText } from '@sallyport/system/system-error';
import { keyFileReasons, unprotectedKeyBox } from './messages.ts';
import { isNonBlockingError, pauseMilliseconds } from './waiting.ts';

export type KeyFileProblem = 'missing' | 'unreadable' | 'unprotected' | 'malformed' | 'wrong-passphrase';

/** Why a key file is not used. `message` is what follows `Load key "F": `. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
  readonly problem: KeyFileProblem;
  /** Lines to print before that message; empty but for unprotected files. */
  readonly box: readonly string[];

  constructor(problem: KeyFileProblem, message: string, box: readonly string[] = []) {
    super(message);
    this.problem = problem;
    this.box = box;
  }
}

/** The longest that a pipe may keep us waiting for a key. */
const pipePatienceMs = 10_000;

export interface ReadOptions {
  /** Whether a file of ours that others may read is refused; so unless told. Only its public half may be used then. */
  readonly mustBeProtected?: boolean;
}

/** Reads and decodes a file; the key inside is still behind its passphrase. @throws KeyFileError */
export function readPrivateKeyFile(path: string, { mustBeProtected = true }: ReadOptions = {}): SealedPrivateKey {
  return decodePrivateKey(readProtected(path, mustBeProtected));
}

/** The same for contents that come from elsewhere; they are wiped. @throws KeyFileError */
export function decodePrivateKey(contents: Uint8Array): SealedPrivateKey {
  try {
    return decoded(() => decodePrivateKeyFile(contents));
  } finally {
    contents.fill(0);
  }
}

export interface UnlockOptions {
  readonly crypto: CryptoProvider;
  /** The passphrase for the given try, from 0; undefined gives up. It is wiped after use. */
  readonly ask: (attempt: number) => Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** How often to ask; once unless told. */
  readonly attempts?: number;
}

/** Opens what readPrivateKeyFile() gave; asks only when the key is encrypted. @throws KeyFileError */
export async function unlockPrivateKey(sealed: SealedPrivateKey, options: UnlockOptions): Promise<PrivateKey> {
  const { crypto, ask, attempts = 1 } = options;
  await sealed.prepare?.(crypto);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const passphrase = sealed.encrypted ? await ask(attempt) : new Uint8Array(0);
    if (passphrase === undefined) break;
    const key = decoded(() => sealed.open(crypto, passphrase));
    passphrase.fill(0);
    if (key !== undefined) return key;
  }
  throw new KeyFileError('wrong-passphrase', keyFileReasons.wrongPassphrase);
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) throw new KeyFileError('malformed', keyFileReasons.malformed);
    throw error;
  }
}

function readProtected(path: string, mustBeProtected: boolean): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { uid, mode, size } = fstatSync(fd);
    if (mustBeProtected && uid === process.getuid?.() && (mode & 0o077) !== 0) {
      throw new KeyFileError('unprotected', keyFileReasons.unprotected, unprotectedKeyBox(path, mode));
    }
    return readBounded(fd, size);
  } catch (error) {
    if (error instanceof KeyFileError || !(error instanceof Error && 'code' in error)) throw error;
    const code = String(error.code);
    throw new KeyFileError(code === 'ENOENT' ? 'missing' : 'unreadable', errorText(code));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** One byte more than a key file may have is enough to see that there is more; pipes have no size. */
function readBounded(fd: number, sizeBytes: number): Uint8Array {
  const limit = maximumPrivateKeyFileBytes + 1;
  const room = Buffer.alloc(sizeBytes > 0 ? Math.min(sizeBytes + 1, limit) : limit);
  let length = 0;
  for (const started = performance.now(); length < room.length; ) {
    try {
      const count = readSync(fd, room, length, room.length - length, null);
      if (count === 0) break;
      length += count;
    } catch (error) {
      if (!isNonBlockingError(error) || performance.now() - started > pipePatienceMs) throw error;
      pauseMilliseconds(5);
    }
  }
  const contents = Uint8Array.from(room.subarray(0, length));
  room.fill(0);
  return contents;
}
