// A public key as one line of text, `type base64 comment`: what .pub files hold and what known_hosts and
// authorized_keys contain behind their own fields.

import { base64Decode, base64Encode } from '../../wire/base64.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { type Certificate, takeAnyKey } from '../certificate.ts';
import { decodePublicKey, type PublicKey } from '../public-key.ts';

export interface PublicLine<Key = PublicKey> {
  readonly key: Key;
  /** What stands behind the key, without blanks around it; may be empty. */
  readonly comment: string;
}

/** The three fields of a line before anything is decoded; undefined when there are not even two. */
export function splitPublicLine(
  line: string,
): { readonly type: string; readonly base64: string; readonly comment: string } | undefined {
  const found = /^[ \t]*([^ \t\r\n]+)[ \t]+([^ \t\r\n]+)([^]*)$/.exec(line);
  if (found === null) return undefined;
  return { type: found[1] as string, base64: found[2] as string, comment: (found[3] as string).trim() };
}

/** @throws DecodeError also when the type in front is not the type in the key */
export function parsePublicLine(line: string): PublicLine {
  return parseLine(line, decodePublicKey);
}

/** The same for places where a certificate may stand instead of a plain key. @throws DecodeError */
export function parseAnyPublicLine(line: string): PublicLine<PublicKey | Certificate> {
  return parseLine(line, takeAnyKey);
}

function parseLine<Key extends PublicKey | Certificate>(
  line: string,
  decode: (blob: Uint8Array) => Key,
): PublicLine<Key> {
  const fields = splitPublicLine(line);
  if (fields === undefined) throw new DecodeError('line has no key');
  const key = decode(base64Decode(fields.base64));
  if (key.type !== fields.type) throw new DecodeError('key is of another type than its line says');
  return { key, comment: fields.comment };
}

/** The line without a newline. */
export function formatPublicLine(key: Pick<PublicKey, 'type' | 'blob'>, comment = ''): string {
  const line = `${key.type} ${base64Encode(key.blob)}`;
  return comment === '' ? line : `${line} ${comment}`;
}
