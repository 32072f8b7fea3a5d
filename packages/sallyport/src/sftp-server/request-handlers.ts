// How the answer to each kind of request is written down: a function of what one client is served with and of the
// request.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { HandleTable } from '@sallyport/protocol/sftp/handle-table';
import type { SftpRequestKey } from '@sallyport/protocol/sftp/requests';
import type { SftpRequest } from '@sallyport/protocol/sftp/server';

import type { Answer } from './answers.ts';
import type { SftpFileSystem } from './file-system.ts';
import type { OpenHandle } from './open-handles.ts';
import type { RoomPool } from './room-pool.ts';
import type { Awaitable, Steps } from './steps.ts';

/** What one client is served with. */
export interface Serving {
  readonly fs: SftpFileSystem;
  readonly handles: HandleTable<OpenHandle>;
  readonly maximumHandles: number;
  readonly rooms: RoomPool;
  readonly readOnly: boolean;
  /** SYMLINK has the link before its target. */
  readonly linkFirst: boolean;
  /** The client is gone: long work ends. */
  readonly isOver: boolean;
  /** To be waited for between the parts of long work: everything else of this process has its turn. */
  breathe(): Awaitable<void>;
  /** A new handle for what was opened; there must be room for it. */
  keep(opened: OpenHandle): Answer;
  /** undefined when nobody wants the lines, which cost more than the requests. */
  readonly log: ((line: LogLine) => void) | undefined;
  /** For lines of what failed here, which are wanted where no others are. */
  readonly logError: ((line: LogLine) => void) | undefined;
}

export type RequestOf<Key extends SftpRequestKey> = Extract<SftpRequest, { readonly key: Key }>;

/** How each request of a family is answered; errors of the file system are thrown. */
export type RequestHandlers<Keys extends SftpRequestKey> = {
  readonly [Key in Keys]: (serving: Serving, request: RequestOf<Key>) => Steps<Answer>;
};
