// Who may log in: one function for each method, and which methods are needed together. The functions judge; that a
// signature is right, that methods are complete and how often may be tried is the library's business.

import type { Certificate } from '@sallyport/protocol/keys/certificate';
import type { Prompt } from '@sallyport/protocol/userauth/events';
import type { CertificateRights } from '../keys/certificates.ts';
import type { RevocationSource } from '../keys/revocation.ts';

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

/** A user certificate that was accepted, and what it allows. */
export interface GrantedCertificate {
  /** What it says: `keyId`, `serial`, `principals`, `authority` … */
  readonly certificate: Certificate;
  /** Held to by the library: the address has been compared, sessions are given the forced command. */
  readonly rights: CertificateRights;
}

/** A certificate that holds for the user: only whether that is enough is left to decide. */
export interface CertificateAttempt extends LoginAttempt, GrantedCertificate {
  /** `SHA256:…` of the certified key. */
  readonly fingerprint: string;
  /** As for a plain key: true when the certified key's signature has been verified. */
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
  /** Judges plain keys; never gets a certificate. */
  readonly publicKey?: Judge<PublicKeyAttempt>;
  /**
   * Who may sign user certificates, as public key lines. A certificate of theirs counts as method `publickey` when it
   * is within its time, is not revoked, names the user, comes from where it may and demands nothing that is unknown.
   */
  readonly userAuthorities?: readonly string[];
  /** The names of which a certificate must list one for that user; the user's own name unless told. */
  readonly principals?: (user: string) => readonly string[] | Promise<readonly string[]>;
  /** Judges certificates that hold; they let in unless told. */
  readonly certificate?: Judge<CertificateAttempt>;
  /**
   * Keys, certificates and authorities that let nobody in: lists that were read, or paths of KRLs or of files with
   * public key lines, read at each login. One that cannot be read or is damaged refuses every key.
   */
  readonly revokedKeys?: RevocationSource | readonly RevocationSource[];
  /** Told why a certificate does not hold, for a log; the client learns nothing of it. */
  readonly onCertificateRefused?: (attempt: LoginAttempt, reason: string, certificate: Certificate) => void;
  readonly password?: Judge<PasswordAttempt>;
  readonly keyboardInteractive?: Judge<InteractiveAttempt>;
  /** Lists of methods of which one must succeed whole; any single method that there is a function for, unless told. */
  readonly required?: readonly (readonly LoginMethod[])[];
}

/** A method that has succeeded. */
export interface SucceededMethod {
  readonly method: LoginMethod;
  readonly identity: unknown;
  /** For publickey, what was presented: the blob of the key that signed, or of its certificate. */
  readonly key: Uint8Array | undefined;
  /** When it was a certificate. */
  readonly certificate: GrantedCertificate | undefined;
}
