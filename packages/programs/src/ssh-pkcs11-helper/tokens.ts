// The modules that were added, with their tokens and keys. A session is opened for each token and stays, logged in
// when a PIN was given; a key that asks for the PIN at each signature gets the same one again, and so does a token
// that forgets the login. PINs are kept for that, in this process only.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { Template, TokenSlot } from '@sallyport/system/pkcs11';
import { Pkcs11Module, TokenError } from '@sallyport/system/pkcs11';
import { objectClasses, returnValues, tokenFlags, userTypes } from '@sallyport/system/pkcs11-names';
import type { TokenKey } from './token-keys.ts';
import { readTokenKeys } from './token-keys.ts';
import { planSignature, signatureBlob } from './token-signature.ts';

interface Token {
  readonly session: number;
  readonly pin: Uint8Array;
  readonly keys: readonly TokenKey[];
}

interface Provider {
  readonly module: Pkcs11Module;
  readonly tokens: readonly Token[];
}

export interface TokenLog {
  error(text: string): void;
  debug(text: string): void;
}

/** Reasons for a login that failed, in the words of the standard's names. */
const loginReasons: ReadonlyMap<number, string> = new Map<number, string>([
  [returnValues.pinIncorrect, 'PIN incorrect'],
  [returnValues.pinInvalid, 'PIN has invalid characters'],
  [returnValues.pinLengthRange, 'PIN length out of range'],
  [returnValues.pinExpired, 'PIN expired'],
  [returnValues.pinLocked, 'PIN locked'],
]);

export class Tokens {
  readonly #crypto: CryptoProvider;
  readonly #log: TokenLog;
  readonly #providers = new Map<string, Provider>();

  constructor(crypto: CryptoProvider, log: TokenLog) {
    this.#crypto = crypto;
    this.#log = log;
  }

  /** The keys of a module's tokens; undefined when it does not load. Adding it again reads it again. */
  add(path: string, pin: Uint8Array): readonly TokenKey[] | undefined {
    this.remove(path);
    try {
      const module = new Pkcs11Module(path);
      const usable = module.tokens().filter((token) => this.#isUsable(token));
      const tokens = usable.flatMap((token) => this.#open(module, token, pin) ?? []);
      this.#providers.set(path, { module, tokens });
      return tokens.flatMap(({ keys }) => keys);
    } catch (error) {
      this.#log.error(`provider ${path}: ${textOf(error)}`);
      return undefined;
    }
  }

  /** Whether it was there. */
  remove(path: string): boolean {
    const provider = this.#providers.get(path);
    if (provider === undefined) return false;
    this.#providers.delete(path);
    for (const { session, pin } of provider.tokens) {
      pin.fill(0);
      this.#ignoringErrors(() => provider.module.closeSession(session));
    }
    this.#ignoringErrors(() => provider.module.finish());
    return true;
  }

  removeAll(): void {
    for (const path of [...this.#providers.keys()]) this.remove(path);
  }

  /** A signature blob; undefined when no token has the key or its token does not sign. */
  sign(blob: Uint8Array, data: Uint8Array, algorithmOf: (type: string) => string | undefined): Uint8Array | undefined {
    for (const { module, tokens } of this.#providers.values()) {
      for (const token of tokens) {
        const found = token.keys.find(({ key }) => equalBytes(key.blob, blob));
        if (found === undefined) continue;
        const algorithm = algorithmOf(found.key.type);
        try {
          if (algorithm === undefined) throw new Error('no algorithm for these flags');
          return this.#signWith(module, token, { found, data, algorithm });
        } catch (error) {
          this.#log.error(`signing with ${found.key.type} failed: ${textOf(error)}`);
          return undefined;
        }
      }
    }
    return undefined;
  }

  #signWith(
    module: Pkcs11Module,
    token: Token,
    wanted: { readonly found: TokenKey; readonly data: Uint8Array; readonly algorithm: string },
  ): Uint8Array | undefined {
    const { found, data, algorithm } = wanted;
    const plan = planSignature(this.#crypto, { key: found.key, algorithm, data });
    if (plan === undefined) return undefined;
    const template: Template = [
      ['class', objectClasses.privateKey],
      ['id', found.id],
    ];
    const [privateKey] = module.findObjects(token.session, template);
    if (privateKey === undefined) throw new Error('the token shows no private key for it (is a PIN needed?)');
    this.#begin(module, token, { privateKey, mechanism: plan.mechanism });
    const asks = module.attribute(token.session, privateKey, 'alwaysAuthenticate')?.[0] === 1;
    if (asks) module.logIn(token.session, userTypes.contextSpecific, token.pin);
    const raw = module.sign(token.session, plan.input);
    return signatureBlob(this.#crypto, { key: found.key, algorithm, data, raw });
  }

  /** Begins a signature, after another login where the token has forgotten the first one. */
  #begin(
    module: Pkcs11Module,
    { session, pin }: Token,
    { privateKey, mechanism }: { readonly privateKey: number; readonly mechanism: number },
  ): void {
    try {
      module.beginSignature(session, privateKey, mechanism);
    } catch (error) {
      const isForgotten = error instanceof TokenError && error.returnValue === returnValues.userNotLoggedIn;
      if (!isForgotten || pin.length === 0) throw error;
      module.logIn(session, userTypes.user, pin);
      module.beginSignature(session, privateKey, mechanism);
    }
  }

  #isUsable({ slot, flags }: TokenSlot): boolean {
    const isInitialized = (flags & tokenFlags.initialized) !== 0;
    if (!isInitialized) this.#log.debug(`ignoring uninitialised token in slot ${slot}`);
    return isInitialized;
  }

  /** undefined for a token whose login fails: others of the module may work. */
  #open(module: Pkcs11Module, { slot, label, flags }: TokenSlot, pin: Uint8Array): Token | undefined {
    const session = module.openSession(slot);
    try {
      const hasPad = (flags & tokenFlags.protectedAuthenticationPath) !== 0;
      const needsLogin = (flags & tokenFlags.loginRequired) !== 0;
      if (needsLogin && (pin.length > 0 || hasPad)) {
        module.logIn(session, userTypes.user, pin.length > 0 ? pin : undefined);
      }
      return { session, pin: pin.slice(), keys: readTokenKeys(module, session) };
    } catch (error) {
      const reason = error instanceof TokenError ? loginReasons.get(error.returnValue) : undefined;
      this.#log.error(`token "${label}": ${reason ?? textOf(error)}`);
      this.#ignoringErrors(() => module.closeSession(session));
      return undefined;
    }
  }

  /** What is over need not end well: the token may have been pulled out. */
  #ignoringErrors(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#log.debug(textOf(error));
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
