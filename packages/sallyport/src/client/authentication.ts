// Walks through what a client has to prove who it is (RFC 4252): each attempt the server may take, in the order host
// keys, public keys, keyboard-interactive, password, each once. It remembers what was tried, for the error.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm, signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import { isCertificateType, typeOfBlob } from '@sallyport/protocol/keys/certificate';
import { fingerprintOfBlob } from '@sallyport/protocol/keys/fingerprint';
import type { Prompt, UserauthAttempt, UserauthClientEvent } from '@sallyport/protocol/userauth/events';
import { utf8Decode, utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { SshError } from '../errors.ts';
import { AuthenticationError } from '../errors.ts';
import type { Identity, LoginSession } from '../keys/identity.ts';

/** Questions of a server that the owner answers, one string for each prompt. */
export interface Challenge {
  readonly name: string;
  readonly instruction: string;
  readonly prompts: readonly Prompt[];
}

/** A host that vouches for its user (RFC 4252 section 9). */
export interface VouchingHost {
  /** Its host keys, or its certificates. */
  readonly identities: readonly Identity[];
  /** Its full name, without a dot at the end. */
  readonly name: string;
  /** Its user. */
  readonly user: string;
}

export interface AuthenticationOptions {
  readonly crypto: CryptoProvider;
  readonly identities: readonly Identity[];
  readonly host: VouchingHost | undefined;
  readonly password: (() => string | Promise<string>) | undefined;
  readonly keyboardInteractive: ((challenge: Challenge) => readonly string[] | Promise<readonly string[]>) | undefined;
}

type SignatureWanted = Extract<UserauthClientEvent, { readonly type: 'signature-wanted' }>;
type AttemptWanted = Extract<UserauthClientEvent, { readonly type: 'attempt-wanted' }>;

interface Candidate {
  readonly method: string;
  readonly label: string;
  make(): UserauthAttempt | undefined | Promise<UserauthAttempt | undefined>;
}

const hostBoundExtension = 'publickey-hostbound@openssh.com';
const signatureAlgorithmsExtension = 'server-sig-algs';

export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #candidates: Candidate[];
  readonly #tried: string[] = [];
  #methods: readonly string[] = [];
  #partialSuccess = false;
  #extensions: ReadonlyMap<string, Uint8Array> = new Map();

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    const { identities, host, password, keyboardInteractive } = options;
    this.#candidates = [
      { method: 'none', label: 'none', make: () => ({ method: 'none' }) },
      ...(host?.identities ?? []).map((identity) => this.#hostbasedCandidate(identity, host as VouchingHost)),
      ...identities.map((identity) => this.#publicKeyCandidate(identity)),
    ];
    if (keyboardInteractive !== undefined) {
      const method = 'keyboard-interactive';
      this.#candidates.push({ method, label: method, make: () => ({ method, submethods: '' }) });
    }
    if (password !== undefined) {
      const make = async (): Promise<UserauthAttempt> => ({
        method: 'password',
        password: utf8Encode(await password()),
      });
      this.#candidates.push({ method: 'password', label: 'password', make });
    }
  }

  /** RFC 8308: what the server has announced, which may come at any time before success. */
  learn(extensions: ReadonlyMap<string, Uint8Array>): void {
    this.#extensions = new Map([...this.#extensions, ...extensions]);
  }

  /** The next attempt; undefined when there is none left. Rejects as a function of the owner does. */
  async next(wanted: AttemptWanted): Promise<UserauthAttempt | undefined> {
    // An attempt that we left ourselves has told nothing about methods.
    if (wanted.methods.length > 0) this.#methods = wanted.methods;
    if (wanted.partialSuccess) this.#partialSuccess = true;
    for (;;) {
      const index = this.#candidates.findIndex(({ method }) => method === 'none' || this.#methods.includes(method));
      const [candidate] = index < 0 ? [] : this.#candidates.splice(index, 1);
      if (candidate === undefined) return undefined;
      const attempt = await candidate.make();
      if (attempt === undefined) continue;
      this.#tried.push(candidate.label);
      return attempt;
    }
  }

  /** A signature by the identity with that key; undefined when it refuses. */
  async sign(
    { key, algorithm, data }: Pick<SignatureWanted, 'key' | 'algorithm' | 'data'>,
    session: LoginSession | undefined,
  ): Promise<Uint8Array | undefined> {
    const { identities, host } = this.#options;
    const identity = [...(host?.identities ?? []), ...identities].find(
      ({ publicKey }) => Buffer.compare(publicKey, key) === 0,
    );
    // With a certificate signs its key.
    const name = signatureAlgorithm(algorithm)?.signatureName ?? algorithm;
    return await identity?.sign(name, data.slice(), session);
  }

  /** The answers to a challenge, as many as it has prompts; undefined when the owner gives another number. */
  async respond(challenge: Challenge): Promise<Uint8Array[] | undefined> {
    if (challenge.prompts.length === 0) return [];
    const responses = await this.#options.keyboardInteractive?.(challenge);
    return responses?.length === challenge.prompts.length ? responses.map(utf8Encode) : undefined;
  }

  /** The error for the end of it all. */
  error(code: SshError['code'], description: string): AuthenticationError {
    const methods = this.#methods.join(', ');
    const message = `${description} (tried ${this.#tried.join(', ')}; the server takes ${methods || 'nothing'})`;
    return new AuthenticationError(code, message, {
      tried: this.#tried,
      methods: this.#methods,
      partialSuccess: this.#partialSuccess,
    });
  }

  #hostbasedCandidate({ publicKey }: Identity, { name, user }: VouchingHost): Candidate {
    return {
      method: 'hostbased',
      label: `hostbased ${labelOf(this.#options.crypto, publicKey)}`,
      make: () => {
        const algorithm = this.#algorithmFor(publicKey);
        if (algorithm === undefined) return undefined;
        return { method: 'hostbased', algorithm, key: publicKey, clientHost: `${name}.`, clientUser: user };
      },
    };
  }

  #publicKeyCandidate(identity: Identity): Candidate {
    return {
      method: 'publickey',
      label: `publickey ${labelOf(this.#options.crypto, identity.publicKey)}`,
      make: () => {
        const algorithm = this.#algorithmFor(identity.publicKey);
        if (algorithm === undefined) return undefined;
        const hostBound = this.#extensions.has(hostBoundExtension);
        const probe = this.#options.identities.length > 1;
        return { method: 'publickey', algorithm, key: identity.publicKey, probe, hostBound };
      },
    };
  }

  /** The best algorithm of the key's type that the server says it takes; the best of all if it says nothing. */
  #algorithmFor(key: Uint8Array): string | undefined {
    const own = signatureAlgorithmsOf(typeOfBlob(key));
    const announced = this.#extensions.get(signatureAlgorithmsExtension);
    if (announced === undefined) return own[0]?.name;
    const taken = utf8Decode(announced).split(',');
    return own.find(({ signatureName }) => taken.includes(signatureName))?.name;
  }
}

/** The fingerprint of the key that signs, and whether it comes with a certificate. */
function labelOf(crypto: CryptoProvider, blob: Uint8Array): string {
  const print = fingerprintOfBlob(crypto, blob);
  return isCertificateType(typeOfBlob(blob)) ? `${print} with a certificate` : print;
}
