// The modules that were added, with their tokens and keys. A session is opened for each token and stays, logged in
// when a PIN was given; a key that asks for the PIN at each signature gets the same one again, and so does a token
// that forgets the login. PINs are kept for that, in this process only.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { Template, TokenSlot } from '@sallyport/system/pkcs11';
import { Pkcs11Module, TokenError } from '@sallyport/system/pkcs11';
import { mechanisms, objectClasses, returnValues, tokenFlags, userTypes } from '@sallyport/system/pkcs11-names';
import type { TokenKey } from './token-keys.ts';
import { readTokenKeys } from './token-keys.ts';
import { derOfNumbers, planSignature, type SignaturePlan, signatureBlob } from './token-signature.ts';

interface Token {
  readonly session: number;
  readonly pin: Uint8Array;
  readonly keys: readonly TokenKey[];
}

interface KeyOwner {
  readonly module: Pkcs11Module;
  readonly token: Token;
  readonly found: TokenKey;
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

  /**
   * A signature blob, `algorithm` empty for that of the key; undefined when no token has it or its token does not sign.
   */
  sign(blob: Uint8Array, data: Uint8Array, algorithm: string): Uint8Array | undefined {
    return this.#withKey(blob, (owner) => {
      const { key } = owner.found;
      const chosen = algorithm === '' ? key.type : algorithm;
      const plan = planSignature(this.#crypto, { key, algorithm: chosen, data });
      if (plan === undefined) throw new Error(`not with ${chosen}`);
      const raw = this.#signPlanned(owner, plan);
      return signatureBlob(this.#crypto, { key, algorithm: chosen, data, raw });
    });
  }

  /** What is hashed already, as programs of OpenSSH before 10.1 want it: RSA's number, and the DER of ECDSA's. */
  signHashed(blob: Uint8Array, hashed: Uint8Array): Uint8Array | undefined {
    return this.#withKey(blob, (owner) => {
      const { kind } = owner.found.key.parts;
      if (kind !== 'rsa' && kind !== 'ecdsa') throw new Error('no hash is signed with it');
      const mechanism = kind === 'rsa' ? mechanisms.rsaPkcs : mechanisms.ecdsa;
      const raw = this.#signPlanned(owner, { mechanism, input: hashed });
      return kind === 'rsa' ? raw : derOfNumbers(raw);
    });
  }

  #withKey(blob: Uint8Array, use: (owner: KeyOwner) => Uint8Array | undefined): Uint8Array | undefined {
    for (const { module, tokens } of this.#providers.values()) {
      for (const token of tokens) {
        const found = token.keys.find(({ key }) => equalBytes(key.blob, blob));
        if (found === undefined) continue;
        try {
          return use({ module, token, found });
        } catch (error) {
          this.#log.error(`signing with ${found.key.type} failed: ${textOf(error)}`);
          return undefined;
        }
      }
    }
    return undefined;
  }

  #signPlanned({ module, token, found }: KeyOwner, plan: SignaturePlan): Uint8Array {
    const template: Template = [
      ['class', objectClasses.privateKey],
      ['id', found.id],
    ];
    const [privateKey] = module.findObjects(token.session, template);
    if (privateKey === undefined) throw new Error('the token shows no private key for it (is a PIN needed?)');
    this.#begin(module, token, { privateKey, mechanism: plan.mechanism });
    const asks = module.attribute(token.session, privateKey, 'alwaysAuthenticate')?.[0] === 1;
    if (asks) module.logIn(token.session, userTypes.contextSpecific, token.pin);
    return module.sign(token.session, plan.input);
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
