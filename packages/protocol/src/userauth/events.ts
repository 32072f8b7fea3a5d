// Events and commands of the authentication protocol (RFC 4252), both roles. The engines know methods and their order,
// not keys, passwords or policy: each decision is a question to the owner. Arrays in these events are copies that stay
// valid; those that hold passwords or responses are wiped when the question has been answered.

import type { Failure } from '../failure/failure.ts';

export interface Prompt {
  readonly text: string;
  readonly echo: boolean;
}

/** One attempt of the client's owner, in the order it chooses. */
export type UserauthAttempt =
  | { readonly method: 'none' }
  /** `probe` asks whether the key would do before a signature is made. */
  | {
      readonly method: 'publickey';
      readonly algorithm: string;
      readonly key: Uint8Array;
      readonly probe: boolean;
      readonly hostBound: boolean;
    }
  /** A host key of the client's machine vouches for the user there; the machine's name ends with a dot. */
  | {
      readonly method: 'hostbased';
      readonly algorithm: string;
      readonly key: Uint8Array;
      readonly clientHost: string;
      readonly clientUser: string;
    }
  | { readonly method: 'password'; readonly password: Uint8Array }
  | { readonly method: 'keyboard-interactive'; readonly submethods: string };

export type UserauthClientEvent =
  /** Ask for the next attempt: at the start and after each failure. Answer with attempt or give-up. */
  | {
      readonly type: 'attempt-wanted';
      readonly methods: readonly string[];
      readonly partialSuccess: boolean;
      readonly failed: UserauthAttempt | undefined;
    }
  /** Sign `data` with that key. Answer with provide-signature or skip-attempt. */
  | {
      readonly type: 'signature-wanted';
      readonly algorithm: string;
      readonly key: Uint8Array;
      readonly data: Uint8Array;
    }
  /** Answer with provide-responses (as many as prompts) or skip-attempt. */
  | {
      readonly type: 'responses-wanted';
      readonly name: string;
      readonly instruction: string;
      readonly prompts: readonly Prompt[];
    }
  /** Answer with change-password or skip-attempt. */
  | { readonly type: 'password-change-wanted'; readonly prompt: string }
  | { readonly type: 'banner-received'; readonly text: string }
  | { readonly type: 'authenticated'; readonly method: string }
  /** The peer broke the protocol, or the owner gave up. */
  | { readonly type: 'failed'; readonly failure: Failure };

export type UserauthClientCommand =
  /**
   * `ahead` is a probe that the owner will most likely want next: a server that answers in order gets it at once (RFC
   * 4252 section 5.1). It becomes the next attempt when the owner gives that very object, else its answer is dropped.
   */
  | { readonly type: 'attempt'; readonly attempt: UserauthAttempt; readonly ahead?: UserauthAttempt }
  | { readonly type: 'provide-signature'; readonly signature: Uint8Array }
  | { readonly type: 'provide-responses'; readonly responses: readonly Uint8Array[] }
  | { readonly type: 'change-password'; readonly password: Uint8Array; readonly newPassword: Uint8Array }
  /** Leaves the running attempt; attempt-wanted comes again. */
  | { readonly type: 'skip-attempt' }
  | { readonly type: 'give-up'; readonly description?: string };

/**
 * What the server's owner is asked to judge. The engine has verified no signature: the owner does, over `signedData`.
 * `unsupported` (a method that the engine has no row for) can only be refused.
 */
export type UserauthServerRequest =
  | { readonly method: 'none' }
  | {
      readonly method: 'publickey-query';
      readonly algorithm: string;
      readonly key: Uint8Array;
      readonly hostBound: boolean;
    }
  | {
      readonly method: 'publickey';
      readonly algorithm: string;
      readonly key: Uint8Array;
      readonly hostBound: boolean;
      readonly signature: Uint8Array;
      readonly signedData: Uint8Array;
    }
  | { readonly method: 'password'; readonly password: Uint8Array; readonly newPassword: Uint8Array | undefined }
  | { readonly method: 'keyboard-interactive'; readonly submethods: string }
  | { readonly method: 'keyboard-interactive-responses'; readonly responses: readonly Uint8Array[] }
  /** The owner builds what is signed by hostbasedSignedData(). */
  | {
      readonly method: 'hostbased';
      readonly algorithm: string;
      readonly key: Uint8Array;
      /** As the client says, with or without a dot at the end. */
      readonly clientHost: string;
      readonly clientUser: string;
      readonly signature: Uint8Array;
    }
  | { readonly method: 'unsupported'; readonly name: string };

export type UserauthServerEvent =
  /** Answer with exactly one of the answers below. `attempt` counts from 1 and is what MaxAuthTries counts. */
  | {
      readonly type: 'authentication-requested';
      readonly user: string;
      readonly request: UserauthServerRequest;
      readonly attempt: number;
    }
  | { readonly type: 'authenticated'; readonly user: string; readonly method: string }
  | { readonly type: 'failed'; readonly failure: Failure };

export type UserauthServerCommand =
  /** The request succeeded; `remaining` is not empty for partial success (then more methods are needed). */
  | { readonly type: 'accept'; readonly remaining?: readonly string[] }
  /** `counts` false: does not count as an attempt (none, a query of a key that may come). */
  | { readonly type: 'refuse'; readonly methods: readonly string[]; readonly counts: boolean }
  /** Answer to publickey-query: this key would do. */
  | { readonly type: 'accept-key' }
  | { readonly type: 'ask-password-change'; readonly prompt: string }
  | {
      readonly type: 'ask-responses';
      readonly name: string;
      readonly instruction: string;
      readonly prompts: readonly Prompt[];
    }
  | { readonly type: 'send-banner'; readonly text: string };

export interface UserauthClientOptions {
  readonly user: string;
  readonly service: string;
  readonly sessionId: Uint8Array;
  /** The server's host key blob, for host-bound signatures. */
  readonly hostKey: Uint8Array;
  /** Whether the server is known to take requests before it has answered those before them; default no. */
  readonly answersInOrder?: boolean;
}

export interface UserauthServerOptions {
  readonly sessionId: Uint8Array;
  readonly hostKey: Uint8Array;
  /** Failed attempts after which the connection ends (MaxAuthTries). */
  readonly maximumAttempts: number;
  /** Requests of any kind and outcome after which the connection ends; default 128. */
  readonly maximumRequests?: number;
  /** The one service that may be asked for; default ssh-connection. */
  readonly service?: string;
}
