// Reads a file of an account that decides who may log in: opened without waiting, a regular file only, with a size
// limit, and with StrictModes only where nobody else can write. The caller has the account's rights.

import * as fs from 'node:fs';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { utf8DecodeReversibly } from '@sallyport/protocol/wire/utf8';
import type { AccountRecord } from './login-policy.ts';
import { unsafePart } from './safe-path.ts';

/** OpenSSH has no such limit; one key takes a hundred bytes. */
export const maximumFileBytes = 16 * 1024 * 1024;

export interface AccountFile {
  readonly path: string;
  /** For the log: `authorized keys`. */
  readonly what: string;
  readonly account: AccountRecord;
  readonly strictModes: boolean;
  readonly log: (line: LogLine) => void;
}

/** The file's text; undefined when it is not there, not usable or not safe. */
export function readAccountFile({ path, what, account, strictModes, log }: AccountFile): string | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  const refuse = (why: string): undefined => {
    log({ level: 'info', text: `User ${visible(account.name)} ${what} ${visible(path)} ${why}` });
  };
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile()) return refuse('is not a regular file');
    if (stat.size > maximumFileBytes) return refuse('is too large');
    const unsafe = strictModes ? unsafePart(descriptor, path, account) : undefined;
    if (unsafe === undefined) return utf8DecodeReversibly(fs.readFileSync(descriptor));
    log(stableLines.badModes(unsafe.what, unsafe.path));
    return undefined;
  } catch (error) {
    // Somebody moves its folders about while we look.
    return refuse(`cannot be judged: ${String((error as NodeJS.ErrnoException).code)}`);
  } finally {
    fs.closeSync(descriptor);
  }
}
