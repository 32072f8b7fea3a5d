// ExposeAuthInfo: a file with the methods and keys by which the user logged in, for programs of the account to read
// (sshd_config(5)). One for a connection, gone with it.

import * as fs from 'node:fs';
import * as path from 'node:path';

const writeNew = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_NOFOLLOW;

export class LoginFacts {
  readonly #folder: string;
  readonly path: string;

  /** @throws when there is no room for it */
  constructor(passed: readonly string[], parent = '/tmp') {
    this.#folder = fs.mkdtempSync(path.join(parent, 'sshauth.'));
    this.path = path.join(this.#folder, 'info');
    const descriptor = fs.openSync(this.path, writeNew, 0o600);
    fs.writeSync(descriptor, passed.map((line) => `${line}\n`).join(''));
    fs.closeSync(descriptor);
  }

  remove(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
