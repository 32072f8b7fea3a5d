// The keys of PKCS#11 tokens through ssh-pkcs11-helper, which runs the modules, one process each. The PIN goes to the
// helper and stays there; what comes back are public keys and signatures.

import * as messages from '@sallyport/protocol/agent/messages';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { decodePublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { HelperProcess } from './helper-process.ts';
import { encodeTokenSigning } from './token-module-messages.ts';

export interface TokenIdentity {
  readonly key: PublicKey;
  /** The token's name of the key, or the subject of its certificate. */
  readonly label: string;
}

interface LoadedModule {
  readonly helper: HelperProcess;
  readonly keys: readonly PublicKey[];
}

export class TokenModules {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #modules = new Map<string, LoadedModule>();

  /** Nothing is started before the first call. */
  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  /**
   * Loads a module and lists the keys of its tokens; an empty PIN logs in nowhere, which shows what is public. A module
   * that is loaded already is loaded again. Undefined when it cannot be used; the helper has said why on stderr. The
   * PIN is the caller's to wipe. Rejects when the helper cannot be started or ends.
   */
  async add(provider: string, pin: Uint8Array): Promise<readonly TokenIdentity[] | undefined> {
    this.remove(provider);
    const request = messages.addTokenKeys.encode({ provider, pin });
    const helper = new HelperProcess({
      name: 'ssh-pkcs11-helper',
      variable: 'SSH_PKCS11_HELPER',
      environment: this.#environment,
    });
    try {
      const answer = await helper.ask(request);
      const found = messages.isFailure(answer) ? undefined : messages.decodeIdentities(answer).flatMap(identityOf);
      if (found === undefined) helper.end();
      else this.#modules.set(provider, { helper, keys: found.map(({ key }) => key) });
      return found;
    } catch (error) {
      helper.end();
      throw error;
    } finally {
      request.fill(0);
    }
  }

  /** Whether the module was loaded. */
  remove(provider: string): boolean {
    this.#modules.get(provider)?.helper.end();
    return this.#modules.delete(provider);
  }

  /** A signature blob; undefined when no token has the key or its token does not sign. */
  async sign(
    key: Uint8Array,
    what: { readonly algorithm: string; readonly data: Uint8Array },
  ): Promise<Uint8Array | undefined> {
    const owner = [...this.#modules.values()].find(({ keys }) => keys.some(({ blob }) => equalBytes(blob, key)));
    return owner && messages.decodeSignature(await owner.helper.ask(encodeTokenSigning({ key, ...what })));
  }

  /** Ends the helpers; what they knew is gone. */
  end(): void {
    for (const provider of [...this.#modules.keys()]) this.remove(provider);
  }
}

/** Keys of types that this suite does not know are passed over. */
function identityOf({ key, comment }: messages.AgentIdentity): TokenIdentity[] {
  try {
    return [{ key: decodePublicKey(key), label: comment }];
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
