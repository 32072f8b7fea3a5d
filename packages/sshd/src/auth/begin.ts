// What an auth process is told with the descriptor of its connection: one JSON message on the descriptor socket,
// from the monitor, which it trusts. Byte strings travel as base64.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import type { ServerStackOptions } from '@sallyport/protocol/stack/server-stack';
import type { AlgorithmPreferences, OfferedHostKey } from '@sallyport/protocol/transport/options';
import { base64Decode, base64Encode } from '@sallyport/protocol/wire/base64';

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface AuthBegin {
  readonly identification: string;
  readonly preferences: AlgorithmPreferences;
  readonly hostKeys: readonly OfferedHostKey[];
  readonly publicKeyAlgorithms: readonly string[];
  readonly rekeyLimits: { readonly bytes?: number; readonly intervalMs?: number };
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

interface JsonBegin extends Omit<AuthBegin, 'hostKeys'> {
  readonly hostKeys: readonly { readonly algorithms: readonly string[]; readonly blob: string }[];
}

export function encodeAuthBegin(begin: AuthBegin): string {
  const hostKeys = begin.hostKeys.map(({ algorithms, blob }) => ({ algorithms, blob: base64Encode(blob) }));
  return JSON.stringify({ ...begin, hostKeys } satisfies JsonBegin);
}

export function decodeAuthBegin(text: string): AuthBegin {
  const begin = JSON.parse(text) as JsonBegin;
  const hostKeys = begin.hostKeys.map(({ algorithms, blob }) => ({ algorithms, blob: base64Decode(blob) }));
  return { ...begin, hostKeys };
}

/** The conversation counts by the limit of the user, and the monitor does so in any case. */
const countedElsewhere = 1024;

export interface StackSetting {
  readonly begin: AuthBegin;
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** The options of the stack, the same before and after the hand-over. */
export function stackOptions({ begin, crypto, log, now }: StackSetting): ServerStackOptions {
  const { identification, preferences, hostKeys, rekeyLimits } = begin;
  return {
    transport: { crypto, identification, preferences, hostKeys, rekeyLimits, now, log },
    signatureAlgorithms: begin.publicKeyAlgorithms,
    maximumAttempts: countedElsewhere,
    handsOver: true,
  };
}
