// The host keys that the daemon loads at its start and signs with: files, keys that an agent holds (HostKeyAgent), and
// certificates for either. Only the monitor has them; other processes know the public halves and the algorithms.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm, signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { verifySignature } from '@sallyport/protocol/keys/public-key';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import type { OfferedHostKey } from '@sallyport/protocol/transport/options';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { Writer } from '@sallyport/protocol/wire/writer';
import { AgentClient } from 'sallyport/agent/agent-client';

export interface HostKey {
  readonly publicKey: PublicKey;
  /** undefined: the agent has it. */
  readonly privateKey: PrivateKey | undefined;
}

export interface HostKeySet {
  readonly keys: readonly HostKey[];
  /** Of these keys. */
  readonly certificates: readonly Certificate[];
  /** The agent's socket. */
  readonly agent: string | undefined;
  /** The middleware of keys in FIDO authenticators; `internal` for none. */
  readonly securityKeyProvider: string;
}

const agentMs = 10_000;

export class HostKeys {
  readonly #crypto: CryptoProvider;
  readonly #set: HostKeySet;
  readonly #algorithms: readonly string[];

  /** @param algorithms HostKeyAlgorithms, what the keys may sign with */
  constructor(crypto: CryptoProvider, set: HostKeySet, algorithms: readonly string[]) {
    this.#crypto = crypto;
    this.#set = set;
    this.#algorithms = algorithms;
  }

  get offered(): readonly OfferedHostKey[] {
    const { keys, certificates } = this.#set;
    return [...certificates, ...keys.map(({ publicKey }) => publicKey)].map(({ blob, type }) => {
      return { blob, algorithms: this.#algorithmsOf(type) };
    });
  }

  /**
   * A signature blob by a key or the key of a certificate; undefined when there is no such key, it does not sign with
   * that algorithm, or the agent refuses.
   */
  async sign(algorithm: string, blob: Uint8Array, data: Uint8Array): Promise<Uint8Array | undefined> {
    const certificate = this.#set.certificates.find((candidate) => equalBytes(candidate.blob, blob));
    const key = this.#keyWith(certificate?.key.blob ?? blob);
    if (key === undefined || !this.#algorithmsOf(certificate?.type ?? key.publicKey.type).includes(algorithm))
      return undefined;
    const row = signatureAlgorithm(algorithm);
    return row && this.#signWith(key, row.signatureName, data);
  }

  /** Proof that we have a host key, for a session whose client asked (PROTOCOL section 2.5). */
  async prove(blob: Uint8Array, sessionId: Uint8Array): Promise<Uint8Array | undefined> {
    const key = this.#keyWith(blob);
    const [row] = key === undefined ? [] : signatureAlgorithmsOf(key.publicKey.type);
    if (key === undefined || row === undefined) return undefined;
    const data = new Writer().string(globalRequestNames.hostKeysProve).string(sessionId).string(blob).bytes();
    return this.#signWith(key, row.signatureName, data);
  }

  #keyWith(blob: Uint8Array): HostKey | undefined {
    return this.#set.keys.find(({ publicKey }) => equalBytes(publicKey.blob, blob));
  }

  async #signWith({ publicKey, privateKey }: HostKey, algorithm: string, data: Uint8Array) {
    if (privateKey?.securityKey !== undefined) return await this.#signWithToken(privateKey, data);
    if (privateKey !== undefined) return privateKey.sign(this.#crypto, algorithm, data);
    const { agent } = this.#set;
    if (agent === undefined) return undefined;
    const what = { algorithm, data };
    const options = { signal: AbortSignal.timeout(agentMs) };
    const signature = await new AgentClient(agent).sign(publicKey.blob, what, options).catch(() => undefined);
    if (signature === undefined) return undefined;
    return verifySignature(this.#crypto, { key: publicKey, algorithm, data, signature }) ? signature : undefined;
  }

  /** Nobody sits at a host to be asked for a PIN: a token that wants one does not sign. */
  async #signWithToken(key: PrivateKey, data: Uint8Array): Promise<Uint8Array | undefined> {
    // Loaded here and not before: hardly any host has such a key.
    const { securityKeyProvider, signWithToken } = await import('sallyport/helpers/token-signature');
    const user = {
      crypto: this.#crypto,
      environment: process.env,
      provider: securityKeyProvider(this.#set.securityKeyProvider, process.env),
      keyName: 'host',
      askPin: () => Promise.resolve(undefined),
      tell: () => undefined,
    };
    return await signWithToken(key, data, user).catch(() => undefined);
  }

  #algorithmsOf(type: string): readonly string[] {
    // Only a browser makes signatures of webauthn.
    return this.#algorithms.filter(
      (name) => signatureAlgorithm(name)?.keyType === type && !name.startsWith('webauthn-'),
    );
  }
}
