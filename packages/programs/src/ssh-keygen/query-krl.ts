// ssh-keygen -Q: whether keys and certificates are revoked by a list, and with -l all that the list holds. The status
// is 1 when any of the keys is revoked.

import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { Revocations, RevokedCertificates } from '@sallyport/protocol/keys/krl/revocations';
import { decodePublicKey } from '@sallyport/protocol/keys/public-key';
import { hexEncode } from '@sallyport/protocol/wire/base64';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { localTimeText } from '@sallyport/system/local-time';
import { keyFileReasons } from '../shared/messages.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { type AnyPublicLine, loadPublicKey } from '../shared/public-key-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { type KeygenContext, logLine } from './context.ts';
import { readKrl } from './krl-file.ts';
import { krlListing, messages } from './messages.ts';

/** Lines are written together, as a list may be very long. */
const batchLength = 32 * 1024;

export function queryKrl(context: KeygenContext): number {
  const { options, crypto } = context;
  if (options.file === undefined) throw new ProgramExit(messages.krlNeedsInput);
  const list = readKrl(options.file);
  if (options.fingerprintFound) showList(context, list);
  let anyRevoked = false;
  for (const path of options.operands) {
    const { key, comment } = load(path);
    const isRevoked = list.revokes(crypto, key);
    anyRevoked ||= isRevoked;
    writeOut(`${messages.checkedKey(path, comment, isRevoked)}\n`);
  }
  return anyRevoked ? 1 : 0;
}

function load(path: string): AnyPublicLine {
  try {
    return loadPublicKey(path);
  } catch (error) {
    if (error instanceof KeyFileError) throw new ProgramExit(messages.cannotLoadChecked(path, error.message));
    throw error;
  }
}

function showList(context: KeygenContext, list: Revocations): void {
  let shown = '';
  for (const line of linesOf(context, list)) {
    shown += `${line}\n`;
    if (shown.length < batchLength) continue;
    writeOut(shown);
    shown = '';
  }
  writeOut(shown);
}

function* linesOf(context: KeygenContext, list: Revocations): Generator<string> {
  const { version, generated, comment } = list.header;
  yield krlListing.version(version);
  yield krlListing.generated(localTimeText(generated).replaceAll(/[-:]/g, ''));
  if (comment !== '') yield krlListing.comment(comment);
  yield '';
  for (const blob of list.keys) {
    const line = describeKey(context, blob);
    if (line === undefined) logLine(messages.badKrlKey(keyFileReasons.malformed));
    else yield line;
  }
  for (const digest of list.sha256s) yield krlListing.sha256(hexEncode(digest));
  for (const digest of list.sha1s) yield krlListing.sha1(hexEncode(digest));
  for (const part of list.certificates) yield* linesOfAuthority(context, part);
}

function describeKey({ crypto }: KeygenContext, blob: Uint8Array): string | undefined {
  try {
    const key = decodePublicKey(blob);
    return krlListing.key(fingerprint(crypto, key), key.type);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function* linesOfAuthority({ crypto }: KeygenContext, part: RevokedCertificates): Generator<string> {
  const { authority, serials, keyIds } = part;
  yield '';
  yield authority === undefined
    ? krlListing.anyAuthority
    : krlListing.authority(authority.type, fingerprint(crypto, authority));
  for (const { low, high } of serials.ranges()) yield krlListing.serial(low, high);
  for (const id of keyIds) yield krlListing.keyId(utf8Decode(id));
}
