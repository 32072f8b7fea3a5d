// Who may log in: one function for each method, and which methods are needed together. The functions judge; that a
// signature is right, that methods are complete and how often may be tried is the library's business.

import type { Prompt } from '@sallyport/protocol/userauth/events';

/** A function's answer: an object, so that nothing else (an error, undefined) can be taken for consent. */
export type Decision = Allowed | Denied;

export interface Allowed {
  readonly allow: true;
  /** Who that is for the application; handed to sessions as it is. */
  readonly identity?: unknown;
}

export interface Denied {
  readonly allow: false;
}

/** What every method knows. */
export interface LoginAttempt {
  readonly user: string;
  readonly remoteAddress: string | undefined;
}

export interface PublicKeyAttempt extends LoginAttempt {
  /** The public key's type, such as `ssh-ed25519`, its blob and its fingerprint `SHA256:…`. */
  readonly keyType: string;
  readonly key: Uint8Array;
  readonly fingerprint: string;
  /**
   * False while a client only asks whether the key would do; true when its signature has been verified. Only the
   * decision about a verified attempt lets anybody in.
   */
  readonly verified: boolean;
}

export interface PasswordAttempt extends LoginAttempt {
  readonly password: string;
}

export interface InteractiveAttempt extends LoginAttempt {
  /**
   * Puts prompts to the user and resolves with one answer for each; rejects with AbortedError when the client goes on
   * to something else, and then this function's decision is not looked at.
   */
  readonly ask: (
    prompts: readonly Prompt[],
    about?: { readonly name?: string; readonly instruction?: string },
  ) => Promise<string[]>;
}

type Judge<Attempt> = (attempt: Attempt) => Decision | Promise<Decision>;

export type LoginMethod = 'none' | 'publickey' | 'password' | 'keyboard-interactive';

export interface LoginPolicy {
  /** Lets in without any proof. */
  readonly none?: Judge<LoginAttempt>;
  readonly publicKey?: Judge<PublicKeyAttempt>;
  readonly password?: Judge<PasswordAttempt>;
  readonly keyboardInteractive?: Judge<InteractiveAttempt>;
  /** Lists of methods of which one must succeed whole; any single method that there is a function for, unless told. */
  readonly required?: readonly (readonly LoginMethod[])[];
}

/** A method that has succeeded. */
export interface SucceededMethod {
  readonly method: LoginMethod;
  readonly identity: unknown;
  /** The key that signed, for publickey. */
  readonly key: Uint8Array | undefined;
}
