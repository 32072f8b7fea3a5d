// The keys of PKCS#11 tokens through ssh-pkcs11-helper, which runs the modules. The PIN goes to the helper and stays
// there; what comes back are public keys and signatures.

import * as messages from '@sallyport/protocol/agent/messages';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { decodePublicKey } from '@sallyport/protocol/keys/public-key';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { HelperProcess } from './helper-process.ts';

export interface TokenIdentity {
  readonly key: PublicKey;
  /** The token's name of the key, or the subject of its certificate. */
  readonly label: string;
}

export class TokenModules {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #helper: HelperProcess | undefined;

  /** Nothing is started before the first call. */
  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  /**
   * Loads a module and lists the keys of its tokens; an empty PIN logs in nowhere, which shows what is public.
   * Undefined when the module cannot be used; the helper has said why on stderr. The PIN is the caller's to wipe.
   * Rejects when the helper cannot be started or ends.
   */
  async add(provider: string, pin: Uint8Array): Promise<readonly TokenIdentity[] | undefined> {
    const request = messages.addTokenKeys.encode({ provider, pin });
    try {
      const answer = await this.#started().ask(request);
      return messages.isFailure(answer) ? undefined : messages.decodeIdentities(answer).flatMap(identityOf);
    } finally {
      request.fill(0);
    }
  }

  /** Whether the module was loaded. */
  async remove(provider: string): Promise<boolean> {
    if (this.#helper === undefined) return false;
    const request = messages.removeTokenKeys.encode({ provider, pin: new Uint8Array() });
    return messages.decodeOutcome(await this.#helper.ask(request));
  }

  /** A signature blob, already verified; undefined when the token does not sign. */
  async sign(
    key: Uint8Array,
    what: { readonly algorithm: string; readonly data: Uint8Array },
  ): Promise<Uint8Array | undefined> {
    const request = messages.encodeSignRequest(key, what.data, what.algorithm);
    return messages.decodeSignature(await this.#started().ask(request));
  }

  /** Ends the helper; what it knew is gone. */
  end(): void {
    this.#helper?.end();
    this.#helper = undefined;
  }

  #started(): HelperProcess {
    this.#helper ??= new HelperProcess({
      name: 'ssh-pkcs11-helper',
      variable: 'SSH_PKCS11_HELPER',
      environment: this.#environment,
    });
    return this.#helper;
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
