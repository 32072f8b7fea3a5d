// The engine of a connection in the account process, from what the auth process left: the transport must be of the
// session that the monitor signed.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';
import { decodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { monotonicNow } from 'sallyport/driver/engine-driver';
import type { StackSettings } from '../auth/stack-settings.ts';
import { stackOptions } from '../auth/stack-settings.ts';
import type { Grant } from '../authentication/grant.ts';

export interface ResumedStack {
  readonly stack: ServerStack;
  /** The client's line without its end (RFC 4253 section 4.2). */
  readonly clientIdentification: string;
  /** What the auth process has sent and received. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export function resumeStack(options: {
  readonly crypto: CryptoProvider;
  readonly sessionId: Uint8Array;
  readonly snapshot: Uint8Array;
  readonly settings: StackSettings;
  readonly grant: Grant;
  readonly log: (line: LogLine) => void;
}): ResumedStack {
  const { crypto, grant } = options;
  const transport = decodeTransportSnapshot(options.snapshot);
  const isSigned = equalBytes(transport.session.sessionId, options.sessionId);
  if (!isSigned) throw new Error('the session is not the one that was signed');
  const log = (level: LogLine['level'], text: string): void => options.log({ level, text });
  const settings = stackOptions(options.settings, { crypto, log, now: monotonicNow() });
  return {
    stack: ServerStack.resume({ user: grant.user, transport }, settings),
    clientIdentification: utf8Decode(transport.clientIdentification),
    sentBytes: transport.sending.counters.bytes,
    receivedBytes: transport.receiving.counters.bytes,
  };
}
