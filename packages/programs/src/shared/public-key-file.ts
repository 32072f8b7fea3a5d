// Loads the public half of a key by a file's name, as OpenSSH does: from that file, from the one with .pub beside it,
// or from what a private key file says in clear. Certificates stand in the same kind of file.

import { readFileSync } from 'node:fs';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { type PublicLine, parseAnyPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { tryDecode } from '@sallyport/protocol/wire/decode-error';
import { errorText } from '@sallyport/system/system-error';
import { keyFileReasons } from './messages.ts';
import { KeyFileError, readPrivateKeyFile } from './private-key-file.ts';

export type AnyPublicLine = PublicLine<PublicKey | Certificate>;

/** The first key or certificate of the text; a missing comment is left empty. */
export function findPublicLine(text: string): AnyPublicLine | undefined {
  for (const line of text.split('\n')) {
    if (line.startsWith('-----BEGIN')) return undefined;
    if (line === '' || line.startsWith('#')) continue;
    const found = tryPublicLine(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** undefined when the line is none. */
export function tryPublicLine(line: string): AnyPublicLine | undefined {
  return tryDecode(() => parseAnyPublicLine(line));
}

/** The key of exactly this file. @throws KeyFileError */
export function readPublicFile(path: string): AnyPublicLine {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const code = String(error.code);
    throw new KeyFileError(code === 'ENOENT' ? 'missing' : 'unreadable', errorText(code));
  }
  const found = findPublicLine(text);
  if (found === undefined) throw new KeyFileError('malformed', keyFileReasons.malformed);
  return found;
}

/**
 * The public half of a key that is named by its public or its private file; a key without a comment gets its file's
 * name as one. @throws KeyFileError
 */
export function loadPublicKey(path: string): AnyPublicLine {
  const attempts: readonly (() => AnyPublicLine | undefined)[] = [
    () => named(path),
    () => named(`${path}.pub`),
    () => clearHalf(path),
  ];
  for (const attempt of attempts) {
    try {
      const found = attempt();
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
    }
  }
  throw new KeyFileError('missing', errorText('ENOENT'));
}

function named(path: string): AnyPublicLine {
  const { key, comment } = readPublicFile(path);
  return { key, comment: comment === '' ? path : comment };
}

function clearHalf(path: string): AnyPublicLine | undefined {
  const key = readPrivateKeyFile(path, { mustBeProtected: false }).publicKey;
  return key && { key, comment: path };
}
