// Reads an armored signature for the operations that need one. What is wrong with it comes out as the sentence for the
// user.

import { readFileSync } from 'node:fs';
import { dearmorSshsig, decodeSshsig, type Sshsig } from '@sallyport/protocol/keys/sshsig';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { reasonOf } from '../shared/failure-reason.ts';
import { messages } from './messages.ts';

/** The signature, or why there is none. */
export function readSignature(path: string): Sshsig | string {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    return messages.cannotReadSignature(reasonOf(error));
  }
  try {
    return decodeSshsig(dearmorSshsig(text));
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}
