// The order of a tree: many files and many folders at a time, each folder made before anything goes into it and closed
// when all of it is there. What fails is told and left behind; the rest goes on, unless the whole transfer has ended.

import { SftpError } from '../sftp-error.ts';
import type { Transfer } from './transfer.ts';

/** Folders that are listed at the same time. */
const folderConcurrency = 16;
/** Something in a folder. */
export type TreeItem<Folder> =
  | { readonly kind: 'file'; readonly run: () => Promise<void> }
  | { readonly kind: 'folder'; readonly folder: Folder };

/** Something that has failed already, told in its turn. */
export function failedItem<Folder>(failure: SftpError): TreeItem<Folder> {
  return { kind: 'file', run: () => Promise.reject(failure) };
}

export interface TreeSteps<Folder> {
  /** Makes the folder and gives what it contains, bit by bit. */
  open(folder: Folder): AsyncIterable<readonly TreeItem<Folder>[]>;
  /** Everything in it is there, or has failed. */
  close(folder: Folder): Promise<void>;
}

/** A folder whose contents are under way. */
interface OpenFolder<Folder> {
  readonly folder: Folder;
  readonly parent: OpenFolder<Folder> | undefined;
  /** Its own listing, and each thing in it. */
  unfinished: number;
  isMade: boolean;
}

export class TreeRun<Folder> {
  readonly #transfer: Transfer;
  readonly #steps: TreeSteps<Folder>;
  readonly #fileConcurrency: number;
  readonly #failures: SftpError[] = [];
  /** Folders that wait to be listed: the newest first, so that few are open at a time. */
  readonly #folders: OpenFolder<Folder>[] = [];
  #listing = 0;
  #files = 0;
  #wakeLister: (() => void)[] = [];
  #ended: { readonly error: unknown } | undefined;
  #settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  constructor(transfer: Transfer, steps: TreeSteps<Folder>) {
    this.#transfer = transfer;
    this.#steps = steps;
    const { concurrency = defaultConcurrency } = transfer.options;
    // Folders are open at the server as well.
    const handles = Math.max(transfer.calls.limits.openHandles - folderConcurrency, 1);
    this.#fileConcurrency = Math.max(1, Math.min(concurrency, handles));
  }

  /** What failed, a file or folder each. Rejects with what ended the whole. */
  async run(root: Folder): Promise<readonly SftpError[]> {
    const forget = this.#transfer.onAbort((error) => this.#end(error));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#add(root, undefined);
        this.#list();
      });
    } finally {
      forget();
    }
    return this.#failures;
  }

  #add(folder: Folder, parent: OpenFolder<Folder> | undefined): void {
    if (parent !== undefined) parent.unfinished++;
    this.#folders.push({ folder, parent, unfinished: 1, isMade: false });
  }

  #list(): void {
    while (this.#ended === undefined && this.#listing < folderConcurrency) {
      const open = this.#folders.pop();
      if (open === undefined) return;
      this.#listing++;
      void this.#guard(this.#listOne(open)).then(() => {
        this.#listing--;
        if (this.#listing === 0 && this.#folders.length === 0) this.#transfer.progress.isListed = true;
        this.#list();
        void this.#finished(open);
      });
    }
  }

  async #listOne(open: OpenFolder<Folder>): Promise<void> {
    for await (const items of this.#steps.open(open.folder)) {
      open.isMade = true;
      for (const item of items) {
        if (this.#ended !== undefined) return;
        if (item.kind === 'folder') this.#add(item.folder, open);
        else {
          while (this.#files >= this.#fileConcurrency) await this.#fileDone();
          this.#start(open, item.run);
        }
      }
      this.#list();
    }
  }

  #start(open: OpenFolder<Folder>, run: () => Promise<void>): void {
    open.unfinished++;
    this.#files++;
    void this.#guard(run()).then(() => {
      this.#files--;
      this.#wakeLister.shift()?.();
      void this.#finished(open);
    });
  }

  #fileDone(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeLister.push(resolve);
    });
  }

  async #finished(open: OpenFolder<Folder>): Promise<void> {
    open.unfinished--;
    if (open.unfinished > 0 || this.#ended !== undefined) return;
    if (open.isMade) await this.#guard(this.#steps.close(open.folder));
    if (open.parent === undefined) this.#settle?.resolve();
    else await this.#finished(open.parent);
  }

  /** Never rejects: what is wrong with a file is told, what is wrong with the transfer ends it. */
  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof SftpError)) {
        this.#end(error);
        return;
      }
      this.#failures.push(error);
      this.#transfer.hooks.failed?.(error);
    }
  }

  #end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    for (const wake of this.#wakeLister) wake();
    this.#wakeLister = [];
    this.#settle?.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

const defaultConcurrency = 64;
