// Answers the requests of one client out of a file system, each with the checks and the log lines of OpenSSH's
// sftp-server. It holds what the client has open. The protocol, the order of answers and the stream are elsewhere.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { HandleBudget } from '@sallyport/protocol/sftp/handle-table';
import { HandleTable } from '@sallyport/protocol/sftp/handle-table';
import type { SftpRequestKey } from '@sallyport/protocol/sftp/requests';
import type { SftpRequest } from '@sallyport/protocol/sftp/server';

import type { Answer } from './answers.ts';
import { answerOfError, permissionDenied } from './answers.ts';
import { extensionRequests } from './extension-requests.ts';
import type { SftpFileSystem } from './file-system.ts';
import { handleRequests, logFailedData } from './handle-requests.ts';
import { sftpLines } from './log-lines.ts';
import type { OpenHandle } from './open-handles.ts';
import { pathRequests } from './path-requests.ts';
import type { Serving } from './request-handlers.ts';
import type { RequestPolicy } from './request-policy.ts';
import { refusalOf } from './request-policy.ts';
import { RoomPool } from './room-pool.ts';
import type { Awaitable, Steps } from './steps.ts';
import { of } from './steps.ts';

export interface SftpAnswersOptions {
  readonly fs: SftpFileSystem;
  readonly policy: RequestPolicy;
  readonly maximumHandles: number;
  readonly handleBudget: HandleBudget | undefined;
  readonly log: ((line: LogLine) => void) | undefined;
  readonly logError: ((line: LogLine) => void) | undefined;
  /** Nothing else of this process wants a turn. */
  readonly blocking: boolean;
  readonly linkFirst: boolean;
  /** Gets what was thrown that is no error of a file system. */
  readonly onError: ((error: unknown) => void) | undefined;
}

const handlers = { ...pathRequests, ...handleRequests, ...extensionRequests } as Readonly<
  Record<SftpRequestKey, (serving: Serving, request: never) => Steps<Answer>>
>;

export class SftpAnswers implements Serving {
  readonly fs: SftpFileSystem;
  readonly handles: HandleTable<OpenHandle>;
  readonly maximumHandles: number;
  readonly rooms = new RoomPool();
  readonly readOnly: boolean;
  readonly linkFirst: boolean;
  readonly log: ((line: LogLine) => void) | undefined;
  readonly logError: ((line: LogLine) => void) | undefined;
  isOver = false;
  readonly #options: SftpAnswersOptions;

  constructor(options: SftpAnswersOptions) {
    this.#options = options;
    this.fs = options.fs;
    this.log = options.log;
    this.logError = options.logError;
    this.linkFirst = options.linkFirst;
    this.handles = new HandleTable(options.maximumHandles, options.handleBudget);
    this.maximumHandles = options.maximumHandles;
    this.readOnly = options.policy.readOnly === true;
  }

  *answer(request: SftpRequest): Steps<Answer> {
    const refusal = refusalOf(this.#options.policy, request.key);
    if (refusal !== undefined) {
      this.log?.(refusal);
      return permissionDenied;
    }
    try {
      return yield* handlers[request.key](this, request as never);
    } catch (error) {
      logFailedData(this, request, error);
      const answer = answerOfError(error);
      if ((error as { readonly code?: unknown } | null)?.code === undefined) this.#options.onError?.(error);
      return answer;
    }
  }

  breathe(): Awaitable<void> {
    return this.#options.blocking ? undefined : new Promise((resolve) => setImmediate(resolve));
  }

  /** A new handle for what was opened; there must be room for it. */
  keep(opened: OpenHandle): Answer {
    return { kind: 'handle', handle: this.handles.add(opened) };
  }

  /** The end of the client: closes what it left open. */
  *closeAll(): Steps<void> {
    this.isOver = true;
    for (const opened of this.handles.takeAll()) {
      this.log?.(sftpLines.close(opened, 'forced'));
      try {
        yield* close(opened);
      } catch {
        // Nobody is left to be told.
      }
    }
  }
}

function* close(opened: OpenHandle): Steps<void> {
  yield* of(opened.kind === 'file' ? opened.file.close() : opened.directory.close());
}
