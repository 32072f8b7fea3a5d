// What an agent's look at a request comes to: an answer, or something that the agent's owner does first and the look
// goes on after.

import type { PrivateKey } from '../keys/private-key.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { agentFailure, agentSuccess } from './messages.ts';

/** What the user of the agent is to be asked before a key signs. */
export interface ConfirmationQuestion {
  /** `SHA256:…` of the plain key. */
  readonly fingerprint: string;
  /** Control characters are visible. */
  readonly comment: string;
  /** The login that the signature is for, where the key's constraints demand one. */
  readonly login?: { readonly user: string; readonly fromHost: string | undefined; readonly toHost: string };
}

/** What only the library that speaks to a token can do. Providers are as clients name them, until the owner says. */
export type TokenTask =
  /** The keys of a PKCS#11 module. The PIN is a view, valid until the answer. */
  | { readonly type: 'list-keys'; readonly provider: string; readonly pin: Uint8Array }
  | { readonly type: 'forget'; readonly provider: string }
  /** Whether the library of a FIDO key may be used. */
  | { readonly type: 'check-provider'; readonly provider: string }
  | {
      readonly type: 'sign';
      readonly provider: string;
      readonly publicKey: PublicKey;
      readonly algorithm: string;
      readonly data: Uint8Array;
    }
  | {
      readonly type: 'sign-security-key';
      readonly provider: string;
      readonly key: PrivateKey;
      readonly data: Uint8Array;
    };

export interface TokenKey {
  readonly publicKey: PublicKey;
  readonly label: string;
}

/** Empty when it was refused or did not work. */
export interface TokenAnswer {
  /** How the provider is called from here on: its real path. For all but signatures. */
  readonly provider?: string | undefined;
  readonly keys?: readonly TokenKey[] | undefined;
  /** A signature blob. */
  readonly signature?: Uint8Array | undefined;
}

export type Outcome =
  | { readonly type: 'answer'; readonly answer: Uint8Array }
  /** Not before that time: the answer, or, without one, another look at the request. */
  | { readonly type: 'wait'; readonly until: number; readonly answer?: Uint8Array }
  | {
      readonly type: 'ask';
      readonly question: ConfirmationQuestion;
      readonly proceed: (allowed: boolean) => Outcome;
    }
  | {
      readonly type: 'delegate';
      readonly task: TokenTask;
      readonly proceed: (answer: TokenAnswer) => Outcome;
    };

export const answered = (answer: Uint8Array): Outcome => ({ type: 'answer', answer });

export function outcomeOf(succeeded: boolean): Outcome {
  return answered((succeeded ? agentSuccess : agentFailure).encode({}));
}
