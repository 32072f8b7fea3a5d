// ssh-keygen -k: makes a key revocation list, or adds to one (-u), from files of keys, certificates and lines that say
// what to revoke. The list is whole before it takes the old one's name.

import { readFileSync, statSync } from 'node:fs';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { encodeKrl } from '@sallyport/protocol/keys/krl/encode-krl';
import { Revocations } from '@sallyport/protocol/keys/krl/revocations';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { reasonOf } from '../shared/failure-reason.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { readRest, writeOut } from '../shared/standard-streams.ts';
import type { KeygenContext } from './context.ts';
import { readKrl } from './krl-file.ts';
import { type Authority, revokeLines } from './krl-lines.ts';
import { messages } from './messages.ts';

const standardInput = '(standard input)';

export function makeKrl({ options, crypto }: KeygenContext): number {
  const { file: path, updates, serial, comment, operands, quiet } = options;
  if (path === undefined) throw new ProgramExit(messages.krlNeedsOutput);
  if (updates && statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new ProgramExit(messages.noKrlToUpdate(path));
  }
  const authority = readAuthority(options.signingFile);
  const list = updates ? readKrl(path) : new Revocations();
  for (const operand of operands) {
    const shownPath = operand === '-' ? standardInput : operand;
    const text = readLinesFile(operand);
    if (!quiet) writeOut(`${messages.revokingFrom(shownPath)}\n`);
    revokeLines({ list, crypto, authority, path: shownPath }, text);
  }
  const file = encodeKrl(list, {
    version: serial.first === 0n ? list.header.version : serial.first,
    generated: BigInt(Math.floor(Date.now() / 1000)),
    comment: comment ?? list.header.comment,
  });
  try {
    replaceFile(path, file, { mode: 0o644 });
  } catch (error) {
    throw new ProgramExit(messages.cannotWrite(path, reasonOf(error)));
  }
  return 0;
}

/** The authority of -s; `none` stands for all of them. */
function readAuthority(path: string | undefined): Authority {
  if (path === undefined) return 'unnamed';
  if (path.toLowerCase() === 'none') return 'any';
  return authorityOf(path);
}

function authorityOf(path: string): PublicKey {
  try {
    const { key } = loadPublicKey(path);
    return isCertificate(key) ? key.key : key;
  } catch (error) {
    if (error instanceof KeyFileError) throw new ProgramExit(messages.cannotLoadAuthority(path, error.message));
    throw error;
  }
}

function readLinesFile(path: string): string {
  if (path === '-') return Buffer.from(readRest()).toString('utf8');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ProgramExit(messages.cannotFopen(path, reasonOf(error)));
  }
}
