// Where the files of the old protocol go: the answers to a SinkEngine's questions, on this machine's files. An entry is
// put below the folder that is open, under its one component; the first may be the target itself.

import type { Stats } from 'node:fs';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { Entry } from '@sallyport/protocol/scp/records';
import { byteStringOf, bytesOf, pathOf } from '../../shared/byte-string.ts';
import { reasonOf } from '../../shared/failure-reason.ts';
import { statusOf } from '../local-files.ts';
import { below } from '../locations.ts';
import { messages } from '../messages.ts';

export interface LocalSinkOptions {
  /** Modes and times as they come; otherwise what the umask leaves, and no setuid, setgid or sticky bits. */
  readonly preserve: boolean;
}

/** A sentence about a file, as a byte string. */
type Problem = string;

interface OpenFolder {
  readonly path: string;
  readonly entry: Entry;
  readonly setsMode: boolean;
}

interface OpenFile {
  readonly path: string;
  readonly entry: Entry;
  readonly fd: number;
  readonly sizeBytes: number;
  /** What was there before. */
  readonly before: Stats | undefined;
  writtenBytes: number;
  problem: Problem | undefined;
}

const ownerMayWrite = 0o200;
const ownerMayAll = 0o700;

export class LocalSink {
  readonly #target: string;
  readonly #isFolder: boolean;
  readonly #preserve: boolean;
  readonly #mask: number;
  readonly #folders: OpenFolder[] = [];
  #file: OpenFile | undefined;

  constructor(target: string, { preserve }: LocalSinkOptions) {
    const status = statusOf(target);
    this.#target = target;
    this.#isFolder = typeof status !== 'string' && status.isDirectory();
    this.#preserve = preserve;
    this.#mask = preserve ? 0o7777 : 0o777 & ~process.umask();
  }

  /** How much of the open file has come. */
  get position(): number {
    return this.#file?.writtenBytes ?? 0;
  }

  /** undefined: it is open, and its bytes may come. */
  openFile(entry: Entry, sizeBytes: number): Problem | undefined {
    const path = this.#pathOf(entry);
    const status = statusOf(path);
    const before = typeof status === 'string' ? undefined : status;
    try {
      const mode = (entry.mode & this.#mask & 0o777) | ownerMayWrite;
      const fd = openSync(pathOf(path), constants.O_WRONLY | constants.O_CREAT, mode);
      this.#file = { path, entry, fd, sizeBytes, before, writtenBytes: 0, problem: undefined };
      return undefined;
    } catch (error) {
      return messages.fileProblem(path, reasonOf(error));
    }
  }

  /** What cannot be written is noted, and what follows of the file is dropped. */
  write(bytes: Uint8Array): void {
    const file = this.#file as OpenFile;
    try {
      for (let rest = bytes; rest.length > 0 && file.problem === undefined; ) {
        rest = rest.subarray(writeSync(file.fd, rest));
      }
    } catch (error) {
      file.problem = messages.fileProblem(file.path, reasonOf(error));
    }
    file.writtenBytes += bytes.length;
  }

  closeFile(): Problem | undefined {
    const file = this.#file as OpenFile;
    this.#file = undefined;
    const { fd, path } = file;
    const isOurs = file.before === undefined || file.before.isFile();
    if (isOurs) note(file, messages.truncateFailed, () => ftruncateSync(fd, file.sizeBytes));
    const mode = file.entry.mode & this.#mask;
    const isUnset = this.#preserve || (file.before === undefined && (mode & ownerMayWrite) === 0);
    if (isUnset) note(file, messages.modeFailed, () => fchmodSync(fd, mode));
    const { times } = file.entry;
    if (times !== undefined && file.problem === undefined) {
      note(file, messages.timesFailed, () => futimesSync(fd, times.accessed, times.modified));
    }
    const close = (): void => closeSync(fd);
    note(file, (_, reason) => messages.closeFailed(path, reason), close);
    return file.problem;
  }

  /** What the peer did not finish stays as it is. */
  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  enterFolder(entry: Entry): Problem | undefined {
    const path = this.#pathOf(entry);
    const status = statusOf(path);
    const exists = typeof status !== 'string';
    if (exists && !status.isDirectory()) return messages.fileProblem(path, messages.notDirectory);
    try {
      if (!exists) mkdirSync(pathOf(path), (entry.mode & this.#mask & 0o777) | ownerMayAll);
    } catch (error) {
      return messages.fileProblem(path, reasonOf(error));
    }
    const isWritable = (entry.mode & ownerMayAll) === ownerMayAll;
    this.#folders.push({ path, entry, setsMode: this.#preserve || (!exists && !isWritable) });
    return undefined;
  }

  leaveFolder(): Problem | undefined {
    const { path, entry, setsMode } = this.#folders.pop() as OpenFolder;
    const noted: { readonly path: string; problem: Problem | undefined } = { path, problem: undefined };
    const { times } = entry;
    if (setsMode) note(noted, messages.modeFailed, () => chmodSync(bytesOf(path), entry.mode & this.#mask));
    if (times !== undefined) {
      note(noted, messages.timesFailed, () => utimesSync(bytesOf(path), times.accessed, times.modified));
    }
    return noted.problem;
  }

  #pathOf({ name }: Entry): string {
    const folder = this.#folders.at(-1);
    if (folder !== undefined) return below(folder.path, byteStringOf(name));
    return this.#isFolder ? below(this.#target, byteStringOf(name)) : this.#target;
  }
}

/** The first problem counts. */
function note(
  subject: { readonly path: string; problem: Problem | undefined },
  sentence: (path: string, reason: string) => Problem,
  act: () => void,
): void {
  try {
    act();
  } catch (error) {
    subject.problem ??= sentence(subject.path, reasonOf(error));
  }
}
