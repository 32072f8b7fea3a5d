// An open directory of this machine: its entries a hundred at a time, each with its attributes and a line as of
// `ls -l`. A name that is gone when it is looked at is left away.

import type { BigIntStats } from 'node:fs';
import { readdirSync } from 'node:fs';

import { longName } from '@sallyport/protocol/sftp/long-name';
import { nextNames } from '@sallyport/system/directory-entries';

import type { FileCalls } from './file-calls.ts';
import type { DirectoryEntry, SftpDirectory } from './file-system.ts';
import { attributesOf } from './local-attributes.ts';
import type { LocalNames } from './local-names.ts';
import { listingTime } from './local-time.ts';
import { bytesOf } from './places.ts';
import type { Awaitable, Steps } from './steps.ts';
import { of, run } from './steps.ts';

const entriesAtATime = 100;

export interface LocalDirectoryOptions {
  /** Owned here. */
  readonly fd: number;
  /** The folder for calls of the system, as a byte string. */
  readonly path: string;
  readonly calls: FileCalls;
  readonly names: LocalNames;
}

export class LocalDirectory implements SftpDirectory {
  readonly #options: LocalDirectoryOptions;
  #names: string[] = [];
  #isRead = false;

  constructor(options: LocalDirectoryOptions) {
    this.#options = options;
  }

  read(): Awaitable<readonly DirectoryEntry[]> {
    return run(this.#read());
  }

  close(): Awaitable<void> {
    return this.#options.calls.close(this.#options.fd);
  }

  *#read(): Steps<readonly DirectoryEntry[]> {
    for (;;) {
      const names = this.#nextNames();
      if (names.length === 0) return [];
      const entries = yield* this.#entries(names);
      if (entries.length > 0) return entries;
    }
  }

  #nextNames(): string[] {
    if (this.#names.length === 0 && !this.#isRead) {
      this.#names = this.#askSystem().reverse();
      this.#isRead = this.#names.length === 0;
    }
    return this.#names.splice(-entriesAtATime).reverse();
  }

  /** A part of the names where the system gives parts, else all of them. */
  #askSystem(): string[] {
    if (process.platform === 'linux') return nextNames(this.#options.fd).map((name) => textOf(name));
    this.#isRead = true;
    return ['.', '..', ...readdirSync(bytesOf(this.#options.path), { encoding: 'buffer' }).map((name) => textOf(name))];
  }

  /** All at once: calls that wait do so together. */
  *#entries(names: readonly string[]): Steps<DirectoryEntry[]> {
    const found = names.map((name) => this.#status(name));
    const entries: DirectoryEntry[] = [];
    for (const [index, name] of names.entries()) entries.push(...this.#entry(name, yield* of(found[index])));
    return entries;
  }

  #entry(name: string, status: BigIntStats | undefined): DirectoryEntry[] {
    if (status === undefined) return [];
    const { names } = this.#options;
    const attributes = attributesOf(status);
    const line = longName({
      name: bytesOf(name),
      attributes,
      links: String(status.nlink),
      user: names.user(Number(status.uid)) ?? String(status.uid),
      group: names.group(Number(status.gid)) ?? String(status.gid),
      time: listingTime(Number(status.mtimeMs)),
    });
    return [{ name: bytesOf(name), attributes, longName: line }];
  }

  #status(name: string): Awaitable<BigIntStats | undefined> {
    const { calls, path } = this.#options;
    try {
      const found = calls.lstat(bytesOf(`${path}/${name}`));
      return found instanceof Promise ? found.catch(() => undefined) : found;
    } catch {
      return undefined;
    }
  }
}

function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
}
