// The requests on what is open (draft-ietf-secsh-filexfer-02 sections 6.3 to 6.7). A handle that is none is answered
// with a failure.

import type { NameEntry } from '@sallyport/protocol/sftp/packets';
import type { SftpRequest } from '@sallyport/protocol/sftp/server';
import { errorText } from '@sallyport/system/system-error';

import { endOfFile, failure, ok, unsupported } from './answers.ts';
import { entryLine } from './entry-line.ts';
import { codeOf } from './file-error.ts';
import type { DirectoryEntry } from './file-system.ts';
import { settingLines, sftpLines } from './log-lines.ts';
import type { OpenFile } from './open-handles.ts';
import type { RequestHandlers, Serving } from './request-handlers.ts';
import { maximumReadBytes } from './room-pool.ts';
import { of } from './steps.ts';

type HandleRequest = 'close' | 'read' | 'write' | 'fstat' | 'fsetstat' | 'readdir';

/** Names of one reply: well below the largest packet. */
const namesBytes = 128 * 1024;
/** What a name takes beside its texts. */
const entryBytes = 64;

export function fileOf(serving: Serving, handle: Uint8Array): OpenFile | undefined {
  const opened = serving.handles.find(handle);
  return opened?.kind === 'file' ? opened : undefined;
}

export const handleRequests: RequestHandlers<HandleRequest> = {
  *close(serving, { handle }) {
    const opened = serving.handles.remove(handle);
    if (opened === undefined) return failure;
    serving.log?.(sftpLines.close(opened));
    yield* of(opened.kind === 'file' ? opened.file.close() : opened.directory.close());
    return ok;
  },
  *read(serving, { handle, offset, length }) {
    const opened = fileOf(serving, handle);
    if (opened === undefined) return failure;
    const room = serving.rooms.take(Math.min(length, maximumReadBytes));
    const count = yield* of(opened.file.read(room, offset));
    if (count === 0 && length > 0) {
      serving.rooms.give(room);
      return endOfFile;
    }
    opened.readBytes += BigInt(count);
    return { kind: 'data', data: room.subarray(0, count) };
  },
  *write(serving, { handle, offset, data }) {
    const opened = fileOf(serving, handle);
    if (opened === undefined) return failure;
    yield* of(opened.file.write(data, offset));
    opened.writtenBytes += BigInt(data.length);
    return ok;
  },
  *fstat(serving, { handle }) {
    const opened = fileOf(serving, handle);
    if (opened === undefined) return failure;
    return { kind: 'attributes', attributes: yield* of(opened.file.stat()) };
  },
  *fsetstat(serving, { handle, attributes }) {
    const opened = fileOf(serving, handle);
    if (opened === undefined) return failure;
    settingLines(opened.path, attributes, serving.log);
    if (opened.file.setStat === undefined) return unsupported;
    yield* of(opened.file.setStat(attributes));
    return ok;
  },
  *readdir(serving, { handle }) {
    const opened = serving.handles.find(handle);
    if (opened?.kind !== 'directory') return failure;
    if (opened.waiting.length === 0) opened.waiting = yield* of(opened.directory.read());
    if (opened.waiting.length === 0) return endOfFile;
    const entries = firstNames(opened.waiting);
    opened.waiting = opened.waiting.slice(entries.length);
    return { kind: 'names', entries };
  },
};

/** The log says why data could not be read or written: a disk that is full, say. */
export function logFailedData(serving: Serving, request: SftpRequest, error: unknown): void {
  if (serving.logError === undefined || (request.key !== 'read' && request.key !== 'write')) return;
  const opened = fileOf(serving, request.handle);
  if (opened !== undefined) serving.logError(sftpLines.dataFailed(request.key, opened.path, errorText(codeOf(error))));
}

/** As many as fit, and at least one. */
function firstNames(waiting: readonly DirectoryEntry[]): NameEntry[] {
  const entries: NameEntry[] = [];
  let bytes = 0;
  for (const entry of waiting) {
    const longName = entry.longName ?? entryLine(entry);
    bytes += entry.name.length + longName.length + entryBytes;
    if (bytes > namesBytes && entries.length > 0) break;
    entries.push({ name: entry.name, longName, attributes: entry.attributes });
  }
  return entries;
}
