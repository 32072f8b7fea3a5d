// The keys of the PKCS#11 module that -I or PKCS11Provider names. The module runs in ssh-pkcs11-helper, which ends
// with us. Most tokens show their public keys to anybody and sign after a login only: the PIN is asked for then,
// once.

import { existsSync } from 'node:fs';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import { TokenModules } from 'sallyport/helpers/token-modules';
import type { IdentityOptions } from './identity-options.ts';
import type { CandidateKey } from './login/candidate-key.ts';
import { tokenMessages } from './messages.ts';

/** None when no module is named, and, with a line in the log, when it cannot be used. */
export async function tokenKeys(given: IdentityOptions): Promise<CandidateKey[]> {
  const { PKCS11Provider: provider } = given.plan.options;
  if (provider === undefined || provider.toLowerCase() === 'none') return [];
  const helper = new TokenModules(given.environment);
  const found = await orUndefined(given.log, () => helper.add(provider, new Uint8Array()));
  if (found === undefined || found.length === 0) {
    given.log('error', existsSync(provider) ? tokenMessages.noKeys(provider) : tokenMessages.missing(provider));
    helper.end();
    return [];
  }
  const token = new Token(given, { helper, provider });
  return found.map(({ key, label }) => ({
    name: visible(label === '' ? provider : label),
    source: 'token',
    isExplicit: true,
    publicKey: key.blob,
    sign: (algorithm, data) => token.sign(key.blob, { algorithm, data, label }),
  }));
}

interface Wanted {
  readonly algorithm: string;
  readonly data: Uint8Array;
  readonly label: string;
}

class Token {
  readonly #given: IdentityOptions;
  readonly #helper: TokenModules;
  readonly #provider: string;
  #hasAsked = false;

  constructor(given: IdentityOptions, from: { readonly helper: TokenModules; readonly provider: string }) {
    this.#given = given;
    this.#helper = from.helper;
    this.#provider = from.provider;
  }

  /** Asks for the PIN before the first signature; a token that needs none takes an empty one. */
  async sign(key: Uint8Array, { algorithm, data, label }: Wanted): Promise<Uint8Array | undefined> {
    const { log } = this.#given;
    if (!this.#hasAsked) {
      this.#hasAsked = true;
      await orUndefined(log, () => this.#logIn(label));
    }
    return await orUndefined(log, () => this.#helper.sign(key, { algorithm, data }));
  }

  async #logIn(label: string): Promise<void> {
    if (this.#given.plan.options.BatchMode) return;
    const pin = await this.#given.askPassphrase(tokenMessages.pinPrompt(visible(label)));
    if (pin === undefined) return;
    await this.#helper.add(this.#provider, pin);
    pin.fill(0);
  }
}

async function orUndefined<T>(log: LogSink, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    log('error', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
