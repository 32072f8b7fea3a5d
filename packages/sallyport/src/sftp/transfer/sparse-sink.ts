// Writes blocks to a file of ours and leaves out those that are all zeros, where that is wanted: the file system makes
// a hole of what was never written. The file has to be cut to its length when the last block was left out.

import type { Eventually, LocalFile } from '../local-files.ts';

/** What is looked at together: file systems have no finer holes than some of that. */
const pieceBytes = 32 * 1024;

export class SparseSink {
  /** Whether the file ends before the position that was reached. */
  endsInHole = false;
  readonly #file: LocalFile;
  readonly #zeros: Uint8Array | undefined;

  constructor(file: LocalFile, leavesHoles: boolean) {
    this.#file = file;
    this.#zeros = leavesHoles ? new Uint8Array(pieceBytes) : undefined;
  }

  /** Data that is lent: whether it was written. Holes are left by put() alone. */
  putNow(data: Uint8Array, position: number): boolean {
    return this.#zeros === undefined && this.#file.writeNow?.(data, position) === true;
  }

  put(data: Uint8Array, position: number): Eventually<void> {
    return this.#zeros === undefined ? this.#file.write(data, position) : this.#putPieces(data, position, this.#zeros);
  }

  /** Neighbours that are no zeros are written together. */
  #putPieces(data: Uint8Array, position: number, zeros: Uint8Array): Eventually<void> {
    const writes: (void | Promise<void>)[] = [];
    let from = 0;
    const writeUpTo = (end: number): void => {
      if (end > from) writes.push(this.#file.write(data.subarray(from, end), position + from));
    };
    for (let at = 0; at < data.length; at += pieceBytes) {
      const piece = data.subarray(at, at + pieceBytes);
      this.endsInHole = Buffer.compare(piece, zeros.subarray(0, piece.length)) === 0;
      if (!this.endsInHole) continue;
      writeUpTo(at);
      from = at + piece.length;
    }
    writeUpTo(data.length);
    const pending = writes.filter((write) => write instanceof Promise);
    return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
  }
}
