// What the configuration says about every connection, for the processes that run the protocol: each is told once, when
// it starts, as JSON on its descriptor socket, from the monitor, which it trusts. Byte strings travel as base64.

import { zlib } from '@sallyport/crypto/zlib';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import type { ServerStackOptions } from '@sallyport/protocol/stack/server-stack';
import type { AlgorithmPreferences, OfferedHostKey } from '@sallyport/protocol/transport/options';
import { base64Decode, base64Encode } from '@sallyport/protocol/wire/base64';

export interface StackSettings {
  readonly identification: string;
  readonly preferences: AlgorithmPreferences;
  readonly hostKeys: readonly OfferedHostKey[];
  readonly publicKeyAlgorithms: readonly string[];
  readonly rekeyLimits: { readonly bytes?: number; readonly intervalMs?: number };
  /** Place in logLevels: lines above it are not wanted by the monitor; -1 for none at all. */
  readonly logThreshold: number;
}

interface JsonSettings extends Omit<StackSettings, 'hostKeys'> {
  readonly hostKeys: readonly { readonly algorithms: readonly string[]; readonly blob: string }[];
}

export function encodeStackSettings(settings: StackSettings): string {
  const hostKeys = settings.hostKeys.map(({ algorithms, blob }) => ({ algorithms, blob: base64Encode(blob) }));
  return JSON.stringify({ ...settings, hostKeys } satisfies JsonSettings);
}

export function decodeStackSettings(text: string): StackSettings {
  const settings = JSON.parse(text) as JsonSettings;
  const hostKeys = settings.hostKeys.map(({ algorithms, blob }) => ({ algorithms, blob: base64Decode(blob) }));
  return { ...settings, hostKeys };
}

/** The conversation counts by the limit of the user, and the monitor does so in any case. */
const countedElsewhere = 1024;

export interface StackSurroundings {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** The options of the stack, the same before and after the hand-over. */
export function stackOptions(settings: StackSettings, { crypto, log, now }: StackSurroundings): ServerStackOptions {
  const { identification, preferences, hostKeys, rekeyLimits } = settings;
  return {
    transport: { crypto, compression: zlib, identification, preferences, hostKeys, rekeyLimits, now, log },
    signatureAlgorithms: settings.publicKeyAlgorithms,
    maximumAttempts: countedElsewhere,
    handsOver: true,
  };
}
