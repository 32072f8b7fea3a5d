// The keys that an agent holds, in the order in which they came, until they are removed or their time is over. Each
// blob stands once; a key added again replaces what was said about it. What leaves is wiped. The list of all keys
// always fits one message.

import type { Certificate } from '../keys/certificate.ts';
import type { PrivateKey } from '../keys/private-key.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { equalBytes } from '../wire/bytes.ts';
import type { DestinationConstraint } from './destinations.ts';
import { maximumAgentMessageBytes } from './framing.ts';
import { maximumIdentities } from './messages.ts';

export interface StoredIdentity {
  /** Plain, also of a certificate. */
  readonly publicKey: PublicKey;
  /** undefined when only a PKCS#11 module can sign with it. */
  readonly key: PrivateKey | undefined;
  /** The library that speaks to the key's token; undefined for keys that are here. */
  readonly provider: string | undefined;
  readonly certificate: Certificate | undefined;
  /** Of the certificate if there is one. */
  readonly blob: Uint8Array;
  readonly comment: Uint8Array;
  /** Asks before each signature. */
  readonly confirm: boolean;
  /** Monotonic milliseconds; undefined: for good. */
  readonly expiresAt: number | undefined;
  readonly destinations: readonly DestinationConstraint[] | undefined;
}

/** Number and count of the answer that lists the keys. */
const listHeadBytes = 5;

function listedBytes(identity: StoredIdentity): number {
  return 8 + identity.blob.length + identity.comment.length;
}

export class IdentityStore {
  #identities: StoredIdentity[] = [];
  #listBytes = listHeadBytes;

  get all(): readonly StoredIdentity[] {
    return this.#identities;
  }

  find(blob: Uint8Array): StoredIdentity | undefined {
    return this.#identities.find((identity) => equalBytes(identity.blob, blob));
  }

  /** Takes the key, in the place of one with the same blob; false, and the key is wiped, when there is no room. */
  put(identity: StoredIdentity): boolean {
    const index = this.#identities.findIndex(({ blob }) => equalBytes(blob, identity.blob));
    const replaced = this.#identities[index];
    const listBytes = this.#listBytes + listedBytes(identity) - (replaced === undefined ? 0 : listedBytes(replaced));
    const count = this.#identities.length + (replaced === undefined ? 1 : 0);
    if (count > maximumIdentities || listBytes > maximumAgentMessageBytes) {
      identity.key?.wipe();
      return false;
    }
    replaced?.key?.wipe();
    this.#listBytes = listBytes;
    if (replaced === undefined) this.#identities.push(identity);
    else this.#identities[index] = identity;
    return true;
  }

  /** Removes and wipes what is chosen; how many that were. */
  remove(chosen: (identity: StoredIdentity) => boolean): number {
    const before = this.#identities.length;
    this.#identities = this.#identities.filter((identity) => {
      if (!chosen(identity)) return true;
      identity.key?.wipe();
      this.#listBytes -= listedBytes(identity);
      return false;
    });
    return before - this.#identities.length;
  }

  /** When the next key's time is over. */
  get deadline(): number | undefined {
    let earliest: number | undefined;
    for (const { expiresAt } of this.#identities) {
      if (expiresAt !== undefined && (earliest === undefined || expiresAt < earliest)) earliest = expiresAt;
    }
    return earliest;
  }

  /** Removes keys whose time is over. */
  expire(now: number): number {
    return this.remove(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now);
  }
}
