// What the monitor asks a key process, and the answer: plain data that travels as JSON in a frame between two
// processes of ours that trust each other. Bytes travel as base64.

import { text } from '@sallyport/protocol/codec/fields';
import { struct } from '@sallyport/protocol/codec/struct';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import type { AllowedKey } from '../authentication/grant.ts';
import type { AccountRecord } from '../authentication/login-policy.ts';

/** An account with all its groups. */
export interface RunAs extends AccountRecord {
  readonly groups: readonly number[];
}

/** A program of the configuration that lists keys or principals. */
export interface ListingCommand {
  /** Words as written, tokens not replaced. */
  readonly words: readonly string[];
  /** undefined when there is no such account: the program is not run. */
  readonly runAs: RunAs | undefined;
  /** As the configuration names it, for the log. */
  readonly user: string;
}

/** What a client says of the host that vouches for its user, and what the configuration says of such. */
export interface HostClaim {
  readonly clientHost: string;
  readonly clientUser: string;
  readonly ignoreRhosts: 'yes' | 'no' | 'shosts-only';
  readonly ignoresUserKnownHosts: boolean;
  readonly usesNameFromPacketOnly: boolean;
}

/** May this account log in with this key from there? */
export interface KeyQuestion {
  readonly account: RunAs;
  /** The key's or certificate's blob in base64. */
  readonly key: string;
  readonly peer: PeerAddress;
  readonly local: PeerAddress;
  /** Absolute paths of AuthorizedKeysFile, tokens expanded. */
  readonly files: readonly string[];
  readonly strictModes: boolean;
  readonly permitUserEnvironment: boolean | string;
  /** RevokedKeys. */
  readonly revokedKeys: readonly string[];
  /** CASignatureAlgorithms. */
  readonly authorityAlgorithms: readonly string[];
  readonly trustedAuthorities?: string;
  /** Absolute, tokens expanded. */
  readonly principalsFile?: string;
  /** The key is not the user's but that of a host. */
  readonly host?: HostClaim;
  readonly keysCommand?: ListingCommand;
  readonly principalsCommand?: ListingCommand;
}

export interface KeyAnswer {
  readonly allowed?: AllowedKey;
  /** What is to be logged, in order. */
  readonly lines: readonly LogLine[];
}

const kibibyte = 1024;

/** Both directions of the pipe to a key process. */
export const keyCalls = {
  ask: { number: 1, fields: struct({ question: text }), limitBytes: 1024 * kibibyte },
  answer: { number: 65, fields: struct({ answer: text }), limitBytes: 1024 * kibibyte },
} as const;
