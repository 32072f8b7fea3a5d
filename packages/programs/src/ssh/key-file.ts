// A key by the name of its file: its public half, from the file or the one beside it, and a private half that is
// opened when it has to sign; its passphrase is asked for then. What is wrong with the file goes to the log once.

import { existsSync } from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import type { SealedPrivateKey } from '@sallyport/protocol/keys/formats/private-key-format';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { loadKeyFailed } from '../shared/messages.ts';
import { KeyFileError, readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { type AnyPublicLine, readPublicFile } from '../shared/public-key-file.ts';
import type { KeepKey } from './keep-key.ts';
import type { CandidateKey } from './login/candidate-key.ts';
import { loginMessages } from './messages.ts';

export interface KeyFileOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  /** Asks for a passphrase; undefined when nobody answers. */
  readonly askPassphrase: (prompt: string) => Promise<Uint8Array | undefined>;
  /** Gets the key when it has been opened. */
  readonly keepKey?: KeepKey | undefined;
  readonly options: Pick<SshOptions, 'BatchMode' | 'NumberOfPasswordPrompts' | 'SecurityKeyProvider'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

function publicKeyOf(path: string): AnyPublicLine['key'] | undefined {
  try {
    return readPublicFile(path).key;
  } catch (error) {
    if (error instanceof KeyFileError) return undefined;
    throw error;
  }
}

/**
 * A key by the name of its file: that of the private half, or of the public one whose private half lies beside it or in
 * an agent. It is read once, and opened when it has to sign.
 */
export class KeyFile {
  /** As it was named. */
  readonly path: string;
  readonly isExplicit: boolean;
  readonly hasPrivateHalf: boolean;
  /** The blob of the key, or of the certificate that stands in its place; without one the key cannot be offered. */
  readonly publicKey: Uint8Array | undefined;
  readonly certificate: Certificate | undefined;
  readonly #path: string;
  readonly #given: KeyFileOptions;
  #sealed: SealedPrivateKey | undefined;
  #key: PrivateKey | undefined;
  #failed = false;

  constructor(path: string, { given, isExplicit }: { readonly given: KeyFileOptions; readonly isExplicit: boolean }) {
    this.path = path;
    this.isExplicit = isExplicit;
    this.#path = path.replace(/\.pub$/, '');
    this.#given = given;
    this.hasPrivateHalf = existsSync(this.#path);
    const besides = publicKeyOf(`${this.#path}.pub`) ?? publicKeyOf(path);
    this.certificate = besides !== undefined && isCertificate(besides) ? besides : undefined;
    this.publicKey = besides?.blob ?? (this.hasPrivateHalf ? this.#read()?.publicKey?.blob : undefined);
  }

  matches(publicKey: Uint8Array | undefined): boolean {
    return publicKey !== undefined && this.publicKey !== undefined && equalBytes(publicKey, this.publicKey);
  }

  candidate(): CandidateKey | undefined {
    const { publicKey } = this;
    if (publicKey === undefined) return undefined;
    return {
      name: this.path,
      source: 'file',
      isExplicit: this.isExplicit,
      publicKey,
      sign: (algorithm, data) => this.#sign(algorithm, data),
    };
  }

  async #sign(algorithm: string, data: Uint8Array): Promise<Uint8Array | undefined> {
    const key = await this.#open();
    if (key?.securityKey === undefined) return key?.sign(this.#given.crypto, algorithm, data);
    const { crypto, environment, options, askPassphrase, log } = this.#given;
    // Loaded here and not before: hardly any key is one of a token.
    const { securityKeyProvider, signWithToken } = await import('sallyport/helpers/token-signature');
    try {
      return await signWithToken(key, data, {
        crypto,
        environment,
        provider: securityKeyProvider(options.SecurityKeyProvider, environment),
        keyName: this.#path,
        askPin: async (prompt) => (options.BatchMode ? undefined : await askPassphrase(prompt)),
        tell: (line) => {
          log('info', line);
          return undefined;
        },
      });
    } catch (error) {
      log('error', loginMessages.tokenSignFailed(this.#path, error instanceof Error ? error.message : String(error)));
      return undefined;
    }
  }

  #read(): SealedPrivateKey | undefined {
    if (this.#sealed !== undefined || this.#failed) return this.#sealed;
    try {
      this.#sealed = readPrivateKeyFile(this.#path);
    } catch (error) {
      this.#complain(error);
    }
    return this.#sealed;
  }

  async #open(): Promise<PrivateKey | undefined> {
    const sealed = this.#read();
    if (this.#key !== undefined || sealed === undefined || this.#failed) return this.#key;
    const { crypto, askPassphrase, keepKey, options } = this.#given;
    const { BatchMode, NumberOfPasswordPrompts } = options;
    try {
      this.#key = await unlockPrivateKey(sealed, {
        crypto,
        attempts: Math.max(NumberOfPasswordPrompts, 1),
        ask: () => (BatchMode ? undefined : this.#ask(askPassphrase)),
      });
      await keepKey?.(this.#key, this.path);
    } catch (error) {
      this.#complain(error);
    }
    return this.#key;
  }

  // An empty answer gives up, as in OpenSSH.
  async #ask(askPassphrase: KeyFileOptions['askPassphrase']): Promise<Uint8Array | undefined> {
    const answer = await askPassphrase(loginMessages.passphrase(this.#path));
    return answer === undefined || answer.length === 0 ? undefined : answer;
  }

  #complain(error: unknown): void {
    this.#failed = true;
    if (!(error instanceof KeyFileError)) throw error;
    const { log } = this.#given;
    for (const line of error.box) log('error', line);
    log(error.problem === 'missing' ? 'debug1' : 'error', loadKeyFailed(this.#path, error.message));
  }
}
