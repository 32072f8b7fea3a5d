// Opening a file of the server: modes as fopen(3) has them, or the protocol's own flags. A file whose opening is given
// up is closed as soon as the server has opened it.

import { openFlags } from '@sallyport/protocol/sftp/packets';

import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';
import type { FileChanges } from './file-status.ts';
import { fileAttributes } from './file-status.ts';
import { RemoteFile } from './remote-file.ts';
import { handleOf } from './replies.ts';
import type { SftpCalls } from './sftp-calls.ts';

const { read, write, append, create, truncate, exclusive } = openFlags;

const modes = {
  r: read,
  'r+': read | write,
  w: write | create | truncate,
  wx: write | create | truncate | exclusive,
  'w+': read | write | create | truncate,
  'wx+': read | write | create | truncate | exclusive,
  a: write | create | append,
  ax: write | create | append | exclusive,
  'a+': read | write | create | append,
  'ax+': read | write | create | append | exclusive,
} as const;

/**
 * `r` read; `w` write, created or emptied; `a` append, created; with `+` both ways, where `r+` neither creates nor
 * empties; with `x` only if it is new.
 */
export type OpenMode = keyof typeof modes;

export interface OpenRemoteOptions extends CallOptions {
  /** A mode, or bits of `openFlags`. */
  readonly mode: OpenMode | number;
  readonly attributes?: FileChanges;
}

export function openRemote(calls: SftpCalls, path: Uint8Array, options: OpenRemoteOptions): Promise<RemoteFile> {
  const { mode, attributes: changes, ...call } = options;
  const flags = typeof mode === 'number' ? mode : modes[mode];
  const attributes = fileAttributes(changes ?? {});
  let givenUp = false;
  const open = async (): Promise<RemoteFile> => {
    const question = { subject: { operation: 'open', path }, pick: handleOf };
    const handle = await calls.session.ask((engine) => engine.request('open', { path, flags, attributes }), question);
    const file = new RemoteFile(calls.session, calls.limits, { path, handle });
    if (givenUp) void file.close().catch(() => undefined);
    return file;
  };
  if (call.signal === undefined && call.timeoutMs === undefined) return open();
  return cancellable(call, open, () => {
    givenUp = true;
  });
}
