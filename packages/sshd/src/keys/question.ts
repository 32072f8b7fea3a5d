// What the monitor asks a key helper, and the answer: plain data that travels as JSON in a frame between two processes
// of ours that trust each other. Bytes travel as base64.

import { text } from '@sallyport/protocol/codec/fields';
import { struct } from '@sallyport/protocol/codec/struct';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import type { AccountRecord } from '../authentication/login-policy.ts';
import type { AllowedKey } from '../monitor/monitor.ts';

/** May this account log in with this key from there? */
export interface KeyQuestion {
  readonly account: AccountRecord & { readonly groups: readonly number[] };
  /** The key's blob in base64. */
  readonly key: string;
  readonly peer: PeerAddress;
  /** Absolute paths of AuthorizedKeysFile, tokens expanded. */
  readonly files: readonly string[];
  readonly strictModes: boolean;
  readonly permitUserEnvironment: boolean | string;
}

export interface KeyAnswer {
  readonly allowed?: AllowedKey;
  /** What is to be logged, in order. */
  readonly lines: readonly LogLine[];
}

const kibibyte = 1024;

/** Both directions of the pipe to a key helper. */
export const keyCalls = {
  ask: { number: 1, fields: struct({ question: text }), limitBytes: 1024 * kibibyte },
  answer: { number: 65, fields: struct({ answer: text }), limitBytes: 1024 * kibibyte },
} as const;
