// The method "publickey" (RFC 4252 section 7) from the user's side: one candidate after the other, each once, with the
// best signature algorithm that both sides have (RFC 8332), bound to the host key where the server knows how.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { SignatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import { typeOfBlob } from '@sallyport/protocol/keys/certificate';
import { fingerprintOfBlob } from '@sallyport/protocol/keys/fingerprint';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import type { UserauthAttempt } from '@sallyport/protocol/userauth/events';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { loginMessages } from '../messages.ts';
import type { CandidateKey } from './candidate-key.ts';

export interface PublicKeysOptions {
  readonly crypto: CryptoProvider;
  readonly keys: readonly CandidateKey[];
  /** PubkeyAcceptedAlgorithms, in order. */
  readonly algorithms: readonly string[];
  /** PubkeyAuthentication allows host-bound signatures. */
  readonly hostBound: boolean;
  readonly log: LogSink;
}

const extensionNames = { hostBound: 'publickey-hostbound@openssh.com', algorithms: 'server-sig-algs' } as const;
const rsaType = 'ssh-rsa';

export class PublicKeys {
  readonly #options: PublicKeysOptions;
  #untried: readonly CandidateKey[];
  #serverTakesHostBound = false;
  #serverAlgorithms: readonly string[] | undefined;
  #offered: CandidateKey | undefined;
  #peeked: { readonly key: CandidateKey; readonly attempt: UserauthAttempt } | undefined;

  constructor(options: PublicKeysOptions) {
    this.#options = options;
    this.#untried = options.keys;
  }

  learn(extensions: ReadonlyMap<string, Uint8Array>): void {
    this.#peeked = undefined;
    if (extensions.has(extensionNames.hostBound)) this.#serverTakesHostBound = true;
    const algorithms = extensions.get(extensionNames.algorithms);
    if (algorithms !== undefined) this.#serverAlgorithms = utf8Decode(algorithms).split(',');
  }

  /** After a partial success every key may be asked for again. */
  reset(): void {
    this.#untried = this.#options.keys;
  }

  /**
   * What next() will most likely give, the very object, without a word to the log; undefined while the server has not
   * said which algorithms it takes.
   */
  peek(): UserauthAttempt | undefined {
    if (this.#serverAlgorithms === undefined) return undefined;
    for (const key of this.#untried) {
      const attempt = this.#attempt(key, this.#algorithmsFor(key.publicKey));
      if (attempt === undefined) continue;
      this.#peeked = { key, attempt };
      return attempt;
    }
    return undefined;
  }

  /** The attempt with the next key; undefined when all were tried. */
  next(): UserauthAttempt | undefined {
    for (;;) {
      const [key, ...rest] = this.#untried;
      if (key === undefined) return undefined;
      this.#untried = rest;
      const attempt = this.#offer(key);
      if (attempt !== undefined) return attempt;
    }
  }

  /** The signature that the server asks for; undefined when it cannot be made. */
  async sign(blob: Uint8Array, algorithm: string, data: Uint8Array): Promise<Uint8Array | undefined> {
    const key = this.#offered;
    if (key === undefined || !equalBytes(key.publicKey, blob)) throw new Error('that key was not offered');
    this.#options.log('debug1', `Server accepts key: ${this.#describe(key)}`);
    const signature = await key.sign(signatureAlgorithm(algorithm)?.signatureName ?? algorithm, data);
    if (signature === undefined && key.source === 'agent') {
      const label = keyTypeLabel(typeOfBlob(blob));
      this.#options.log('error', loginMessages.signingFailed(label, visible(key.name), 'agent refused operation'));
    }
    return signature;
  }

  /** Asks whether the key would do before anything is signed. */
  #offer(key: CandidateKey): UserauthAttempt | undefined {
    const { log } = this.#options;
    const allowed = this.#algorithmsFor(key.publicKey);
    if (allowed.length === 0) {
      log('debug1', loginMessages.debugNotAccepted(visible(typeOfBlob(key.publicKey)), visible(key.name)));
      return undefined;
    }
    log('debug1', `Offering public key: ${this.#describe(key)}`);
    const attempt = this.#peeked?.key === key ? this.#peeked.attempt : this.#attempt(key, allowed);
    if (attempt === undefined) log('debug1', 'send_pubkey_test: no mutual signature algorithm');
    else this.#offered = key;
    return attempt;
  }

  #attempt({ publicKey: key }: CandidateKey, allowed: readonly SignatureAlgorithm[]): UserauthAttempt | undefined {
    const algorithm = this.#choose(allowed)?.name;
    const hostBound = this.#options.hostBound && this.#serverTakesHostBound;
    return algorithm === undefined ? undefined : { method: 'publickey', algorithm, key, probe: true, hostBound };
  }

  #algorithmsFor(blob: Uint8Array): readonly SignatureAlgorithm[] {
    const type = typeOfBlob(blob);
    const rows = this.#options.algorithms.flatMap((name) => signatureAlgorithm(name) ?? []);
    return rows.filter(({ keyType }) => keyType === type);
  }

  /** A server that announces nothing may be older than SHA-2 in SSH: it gets what a user put into the list for such. */
  #choose(allowed: readonly SignatureAlgorithm[]): SignatureAlgorithm | undefined {
    const old = this.#serverAlgorithms === undefined ? allowed.find(({ digest }) => digest === 'sha1') : undefined;
    return old ?? allowed.find((row) => this.#serverTakes(row));
  }

  /** RFC 8332 section 3.3: only for RSA does it matter what the server announces. */
  #serverTakes({ signatureName }: SignatureAlgorithm): boolean {
    const announced = this.#serverAlgorithms;
    const isRsa = signatureAlgorithm(signatureName)?.keyType === rsaType;
    return !isRsa || announced === undefined || announced.includes(signatureName);
  }

  #describe(key: CandidateKey): string {
    const blob = key.publicKey;
    const print = fingerprintOfBlob(this.#options.crypto, blob);
    const words = [visible(key.name), keyTypeLabel(typeOfBlob(blob)), print];
    if (key.isExplicit) words.push('explicit');
    if (key.source === 'agent') words.push('agent');
    return words.join(' ');
  }
}
