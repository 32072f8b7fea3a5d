// A short-lived process that compares one password with one hash, because crypt(3) takes tens of milliseconds on
// purpose and the monitor must not stand still. It gets both on descriptor 0 as two strings and answers by its exit
// status: 0 = equal.

import * as fs from 'node:fs';
import { Reader } from '@sallyport/protocol/wire/reader';
import { utf8DecodeReversibly } from '@sallyport/protocol/wire/utf8';
import { verifyPassword } from '@sallyport/system/accounts';

/** The program `sshd-password`, started by sshd only. */
export function main(): Promise<number> {
  const input = fs.readFileSync(0);
  const reader = new Reader(input);
  const hash = reader.text();
  const password = utf8DecodeReversibly(reader.string());
  reader.end();
  input.fill(0);
  return Promise.resolve(verifyPassword(password, hash) ? 0 : 1);
}
