// The names of a folder, asked for ahead: several READDIR are under way at a time, more the longer the folder is, since
// a round trip for every hundred names would be most of the time. A folder that does not end is given up.

import type { CallOptions } from '../cancellation.ts';
import { cancellable, throwIfAborted } from '../cancellation.ts';
import { SshError } from '../errors.ts';
import type { RemoteEntry } from './file-status.ts';
import { fileStatus } from './file-status.ts';
import { pathText } from './names.ts';
import { handleOf, isDone, namesOf } from './replies.ts';
import type { SftpSession } from './sftp-session.ts';

/** Names of one folder unless told: more is an error. */
const maximumNames = 1_000_000;
/** READDIR requests that are under way at the beginning, and at most. */
const fewRequests = 2;
const manyRequests = 8;

export interface DirectoryOptions extends Pick<CallOptions, 'signal'> {
  /** Names after which the folder is given up with code `limit-exceeded`; a million unless told. */
  readonly maximumNames?: number;
}

/**
 * The names as they come, `.` and `..` and whatever else the server says included. Rejects with SftpError, and with
 * AbortedError as soon as the signal is aborted; the folder is closed then, too.
 */
export async function* readDirectory(
  session: SftpSession,
  path: Uint8Array,
  options: DirectoryOptions = {},
): AsyncGenerator<RemoteEntry[], void, undefined> {
  throwIfAborted(options);
  const handle = await openDirectory(session, path, options);
  const limit = options.maximumNames ?? maximumNames;
  const question = { subject: { operation: 'readdir', path }, endIsReply: true, pick: namesOf };
  const batches: Promise<RemoteEntry[]>[] = [];
  const ask = async (): Promise<RemoteEntry[]> =>
    (await session.ask((engine) => engine.request('readdir', { handle }), question)).map(directoryEntry);
  let wanted = fewRequests;
  let count = 0;
  try {
    for (;;) {
      while (batches.length < wanted) batches.push(quiet(ask()));
      const names = (await unlessAborted(options, batches.shift())) ?? [];
      if (names.length === 0) return;
      count += names.length;
      if (count > limit) throw new SshError('limit-exceeded', `more than ${limit} names in a folder`);
      yield names;
      wanted = Math.min(wanted * 2, manyRequests);
    }
  } finally {
    closeDirectory(session, { path, handle });
  }
}

/** One that is given up is closed as soon as the server has opened it. */
function openDirectory(session: SftpSession, path: Uint8Array, options: DirectoryOptions): Promise<Uint8Array> {
  const question = { subject: { operation: 'opendir', path }, pick: handleOf };
  let isGivenUp = false;
  const open = async (): Promise<Uint8Array> => {
    const handle = await session.ask((engine) => engine.request('opendir', { path }), question);
    if (isGivenUp) closeDirectory(session, { path, handle });
    return handle;
  };
  if (options.signal === undefined) return open();
  return cancellable({ signal: options.signal }, open, () => {
    isGivenUp = true;
  });
}

function closeDirectory(
  session: SftpSession,
  { path, handle }: { readonly path: Uint8Array; readonly handle: Uint8Array },
): void {
  const closed = { subject: { operation: 'close', path }, pick: isDone };
  void quiet(session.ask((engine) => engine.request('close', { handle }), closed));
}

function unlessAborted<T>({ signal }: DirectoryOptions, promise: Promise<T> | undefined): Promise<T> | undefined {
  if (signal === undefined || promise === undefined) return promise;
  return cancellable(
    { signal },
    () => promise,
    () => undefined,
  );
}

/** A rejection of a request that is not awaited yet is told when its turn comes, or not at all. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function directoryEntry(entry: ReturnType<typeof namesOf>[number]): RemoteEntry {
  return {
    name: pathText(entry.name),
    nameBytes: entry.name,
    longName: entry.longName,
    ...fileStatus(entry.attributes),
  };
}
