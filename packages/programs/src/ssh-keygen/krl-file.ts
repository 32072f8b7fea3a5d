// Reads a key revocation list that -Q shows and -k -u goes on with. Anything wrong with it ends the program: half a
// list is none.

import { readFileSync } from 'node:fs';
import { decodeKrl } from '@sallyport/protocol/keys/krl/decode-krl';
import type { Revocations } from '@sallyport/protocol/keys/krl/revocations';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { reasonOf } from '../shared/failure-reason.ts';
import { keyFileReasons } from '../shared/messages.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { krlReasons, messages } from './messages.ts';

/** @throws ProgramExit */
export function readKrl(path: string): Revocations {
  const file = readKrlFile(path);
  try {
    return decodeKrl(file);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const isOther = error.message === krlReasons.badMagic;
    throw new ProgramExit(messages.invalidKrl(path, isOther ? error.message : keyFileReasons.malformed));
  }
}

function readKrlFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ProgramExit(messages.cannotLoadKrl(path, reasonOf(error)));
  }
}
