// A signature by a security key, with what its user must do: a PIN for keys that demand one or when the token asks,
// and a touch, of which the user is told (PROTOCOL.u2f).

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { securityKeyFlags } from '@sallyport/protocol/keys/types/security-key';
import { SecurityKeyError, SecurityKeys } from './security-keys.ts';

export interface TokenUser {
  readonly crypto: CryptoProvider;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a middleware library, or `internal` for libfido2. */
  readonly provider: string;
  /** How the key is called in the question for the PIN; undefined: by its fingerprint, and the touch with it. */
  readonly keyName: string | undefined;
  /** Asks for a PIN; undefined when nobody answers. */
  readonly askPin: (prompt: string) => Promise<Uint8Array | undefined>;
  /** Tells the user something; the result takes that back. */
  readonly tell: (line: string) => (() => void) | undefined;
}

export const tokenSentences = {
  touch: (label: string, print: string) => `Confirm user presence for key ${label} ${print}`,
  pin: (label: string, name: string) => `Enter PIN for ${label} key${name === '' ? '' : ` ${name}`}: `,
  pinAndTouch: (label: string, print: string) => `Enter PIN and confirm user presence for ${label} key ${print}: `,
} as const;

/** OpenSSH's word for its own support: libfido2, for tokens on USB. */
const internal = 'internal';

/** What speaks to tokens: what was chosen, with a variable looked up, or what SSH_SK_PROVIDER names, or `internal`. */
export function securityKeyProvider(chosen: string | undefined, environment: TokenUser['environment']): string {
  const named = chosen === undefined || chosen === internal ? environment['SSH_SK_PROVIDER'] : chosen;
  const provider = named?.startsWith('$') === true ? environment[named.slice(1)] : named;
  return provider === undefined || provider === '' ? internal : provider;
}

/**
 * A signature blob. A PIN is asked for when the token wants one: it may know a finger. Rejects with SecurityKeyError.
 */
export async function signWithToken(key: PrivateKey, data: Uint8Array, user: TokenUser): Promise<Uint8Array> {
  const { crypto, environment, provider, keyName, tell } = user;
  const keys = new SecurityKeys(crypto, environment);
  const label = keyTypeLabel(key.publicKey.type);
  const print = fingerprint(crypto, key.publicKey);
  const needsTouch = ((key.securityKey?.flags ?? 0) & securityKeyFlags.userPresence) !== 0;
  const attempt = async (pin: string): Promise<Uint8Array> => {
    const isTold = !needsTouch || (pin !== '' && keyName === undefined);
    const takeBack = isTold ? undefined : tell(tokenSentences.touch(label, print));
    try {
      return await keys.sign(key, data, { provider, pin });
    } finally {
      takeBack?.();
    }
  };
  try {
    return await attempt('');
  } catch (error) {
    if (!(error instanceof SecurityKeyError) || error.failure !== 'pinRequired') throw error;
    const asksBoth = keyName === undefined && needsTouch;
    const prompt = asksBoth ? tokenSentences.pinAndTouch(label, print) : tokenSentences.pin(label, keyName ?? print);
    const pin = await user.askPin(prompt);
    if (pin === undefined) throw new SecurityKeyError('pinRequired', 'no PIN was given');
    const text = Buffer.from(pin).toString('utf8');
    pin.fill(0);
    return await attempt(text);
  }
}
