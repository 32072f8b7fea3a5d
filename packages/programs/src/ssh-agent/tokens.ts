// What the agent does with tokens: PKCS#11 modules and the libraries of FIDO keys, each run by a helper process and
// never in the agent. Only libraries at allowed paths (-P) are used, by their real path; PINs are asked for by
// SSH_ASKPASS.

import { realpathSync } from 'node:fs';
import type { TokenAnswer, TokenTask } from '@sallyport/protocol/agent/outcome';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import { matchPatternList } from '@sallyport/protocol/wire/patterns';
import { TokenModules } from 'sallyport/helpers/token-modules';
import { signWithToken } from 'sallyport/helpers/token-signature';
import { askUser, tellUser } from '../shared/prompt.ts';
import { messages } from './messages.ts';

export interface TokenAccessOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  /** -P */
  readonly allowedProviders: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export class TokenAccess {
  readonly #options: TokenAccessOptions;
  readonly #modules: TokenModules;

  constructor(options: TokenAccessOptions) {
    this.#options = options;
    this.#modules = new TokenModules(options.environment);
  }

  /** Never rejects; what does not work out is an empty answer and a line in the log. */
  async perform(task: TokenTask): Promise<TokenAnswer> {
    try {
      return await this.#perform(task);
    } catch (error) {
      this.#options.log('error', messages.tokenFailed(error instanceof Error ? visible(error.message) : String(error)));
      return {};
    }
  }

  /** Ends the helper. */
  end(): void {
    this.#modules.end();
  }

  async #perform(task: TokenTask): Promise<TokenAnswer> {
    switch (task.type) {
      case 'check-provider':
        return { provider: this.#allowed(task.provider) };
      case 'list-keys': {
        const provider = this.#allowed(task.provider);
        if (provider === undefined) return {};
        const found = await this.#modules.add(provider, task.pin);
        return { provider, keys: found?.map(({ key, label }) => ({ publicKey: key, label })) };
      }
      case 'forget': {
        const provider = realPath(task.provider);
        if (provider !== undefined) this.#modules.remove(provider);
        return { provider };
      }
      case 'sign':
        return { signature: await this.#modules.sign(task.publicKey.blob, task) };
      case 'sign-security-key':
        return { signature: await this.#signByAuthenticator(task) };
    }
  }

  /** While the authenticator waits for a touch, a window says so. */
  async #signByAuthenticator(task: Extract<TokenTask, { readonly type: 'sign-security-key' }>): Promise<Uint8Array> {
    const { crypto, environment } = this.#options;
    return await signWithToken(task.key, task.data, {
      crypto,
      environment,
      provider: task.provider,
      keyName: undefined,
      askPin: (prompt) => askUser(prompt, { askpassOnly: true, env: environment }),
      tell: (line) => tellUser(line, environment),
    });
  }

  /** The real path of a library that may be used. */
  #allowed(provider: string): string | undefined {
    const { allowedProviders, log } = this.#options;
    const path = realPath(provider);
    if (path !== undefined && matchPatternList(path, allowedProviders) === 'match') return path;
    log('error', messages.providerRefused(visible(provider)));
    return undefined;
  }
}

function realPath(provider: string): string | undefined {
  try {
    return provider.startsWith('/') ? realpathSync(provider) : undefined;
  } catch {
    return undefined;
  }
}
