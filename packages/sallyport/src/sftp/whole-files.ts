// Small files as a whole, and copies at the server: by the server itself where it can, else through us. Transfers
// between the server and files of ours are in transfer/.

import { openFlags } from '@sallyport/protocol/sftp/packets';

import type { CallOptions } from '../cancellation.ts';
import { throwIfAborted } from '../cancellation.ts';
import { SshError } from '../errors.ts';
import type { FileChanges } from './file-status.ts';
import { openRemote } from './open-remote.ts';
import type { RemoteFile } from './remote-file.ts';
import { isDone } from './replies.ts';
import type { SftpCalls } from './sftp-calls.ts';
import { SftpError } from './sftp-error.ts';

const defaultLimitBytes = 64 * 1024 * 1024;

/** Reads to the end, whatever size the server tells: files of /proc have none. */
export async function readWholeFile(
  calls: SftpCalls,
  path: Uint8Array,
  options: CallOptions & { readonly limitBytes?: number },
): Promise<Uint8Array> {
  const { limitBytes = defaultLimitBytes, ...call } = options;
  await using file = await openRemote(calls, path, { mode: 'r', ...call });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.readable({ end: limitBytes + 1 })) {
    throwIfAborted(call);
    length += chunk.length;
    if (length > limitBytes) throw new SshError('limit-exceeded', `more than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, length));
}

export async function writeWholeFile(
  calls: SftpCalls,
  path: Uint8Array,
  options: CallOptions & { readonly data: Uint8Array; readonly attributes?: FileChanges },
): Promise<void> {
  const { data, ...rest } = options;
  await using file = await openRemote(calls, path, { mode: 'w', ...rest });
  await file.write(0, data);
}

/**
 * An existing file is overwritten and then cut, never emptied first: copying a file to itself leaves it as it is, or
 * rejects where the server notices.
 */
export async function copyFile(
  calls: SftpCalls,
  paths: { readonly from: Uint8Array; readonly to: Uint8Array },
  options: CallOptions,
): Promise<void> {
  const { from, to } = paths;
  await using source = await openRemote(calls, from, { mode: 'r', ...options });
  const { permissions, size } = await source.stat();
  const attributes = permissions === undefined ? {} : { permissions: permissions & 0o777 };
  await using target = await openRemote(calls, to, {
    mode: openFlags.write | openFlags.create,
    attributes,
    ...options,
  });
  const before = await target.stat();
  const length = calls.has('copyData')
    ? await copyAtServer(calls, { source, target, size }, options)
    : await copyThroughUs({ source, target }, options);
  if (before.size !== undefined && length !== undefined && before.size > length) await target.setstat({ size: length });
}

interface CopyFiles {
  readonly source: RemoteFile;
  readonly target: RemoteFile;
}

async function copyAtServer(
  calls: SftpCalls,
  { source, target, size }: CopyFiles & { readonly size: number | undefined },
  options: CallOptions,
): Promise<number | undefined> {
  const fields = { readHandle: source.handle, writeHandle: target.handle, readOffset: 0n, writeOffset: 0n, length: 0n };
  await calls.extension('copyData', fields, { path: source.pathBytes, pick: isDone, ...options });
  return size;
}

async function copyThroughUs({ source, target }: CopyFiles, options: CallOptions): Promise<number> {
  const writer = target.writable();
  let length = 0;
  for await (const chunk of source.readable()) {
    throwIfAborted(options);
    await writer.write(chunk);
    length += chunk.length;
  }
  await writer.end();
  return length;
}

/** Whether that is the server's refusal with this code. */
export function isSftpError(error: unknown, code: SftpError['code']): boolean {
  return error instanceof SftpError && error.code === code;
}
