// The method "hostbased" (RFC 4252 section 9) from the user's side: the host keys of this machine vouch for the user,
// each once, in the order of HostbasedAcceptedAlgorithms. We have their public halves only; who signs is told.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import type { UserauthAttempt } from '@sallyport/protocol/userauth/events';
import type { HostSignature } from '../../shared/keysign-service.ts';
import { hostbasedMessages } from '../messages.ts';

export interface VouchingKeysOptions {
  readonly crypto: CryptoProvider;
  /** In the order in which they are tried for one algorithm. */
  readonly keys: readonly (PublicKey | Certificate)[];
  /** HostbasedAcceptedAlgorithms, in order. */
  readonly algorithms: readonly string[];
  /** The account on this machine. */
  readonly clientUser: string;
  /** The name of this machine without a dot at its end; asked for when it is needed. */
  readonly hostName: () => string;
  readonly sign: (data: Uint8Array) => Promise<HostSignature>;
  /** What to say when there is no key, and when nobody signs. */
  readonly missing: { readonly keys: string; readonly signer: string };
  readonly log: LogSink;
}

interface Vouching {
  readonly key: PublicKey | Certificate;
  readonly algorithm: string;
}

export class VouchingKeys {
  readonly #options: VouchingKeysOptions;
  readonly #untried: Vouching[];
  #offered: Vouching | undefined;
  #clientHost: string | undefined;

  constructor(options: VouchingKeysOptions) {
    this.#options = options;
    this.#untried = inOrder(options);
    this.#sayWhatIsMissing();
  }

  /** The attempt with the next key; undefined when all were tried. */
  next(): UserauthAttempt | undefined {
    this.#offered = this.#untried.shift();
    if (this.#offered === undefined) return undefined;
    const { hostName, clientUser, log } = this.#options;
    const { key, algorithm } = this.#offered;
    log('debug1', hostbasedMessages.debugTrying(key.type, this.#printOf(key), algorithm));
    if (this.#clientHost === undefined) {
      this.#clientHost = `${hostName()}.`;
      log('debug2', hostbasedMessages.debugName(this.#clientHost));
    }
    return { method: 'hostbased', algorithm, key: key.blob, clientHost: this.#clientHost, clientUser };
  }

  /** The signature for the attempt that next() gave; undefined when nobody makes it, which the log tells. */
  async sign(data: Uint8Array): Promise<Uint8Array | undefined> {
    const { sign, log, missing } = this.#options;
    const offered = this.#offered;
    if (offered === undefined) throw new Error('no host key was offered');
    const made = await sign(data);
    if (made.kind === 'signed') return made.signature;
    const reason = made.kind === 'absent' ? missing.signer : visible(made.reason);
    log('error', hostbasedMessages.signFailed(offered.key.type, this.#printOf(offered.key), reason));
    // Another key would find nobody either.
    if (made.kind === 'absent') this.#untried.length = 0;
    return undefined;
  }

  #sayWhatIsMissing(): void {
    const { keys, missing, log } = this.#options;
    if (keys.length === 0) log('info', missing.keys);
    else if (this.#untried.length === 0) log('info', hostbasedMessages.noAcceptedKey);
  }

  #printOf(key: PublicKey | Certificate): string {
    return fingerprint(this.#options.crypto, isCertificate(key) ? key.key : key);
  }
}

/** Each key with the first algorithm of the list that it signs with. */
function inOrder({ keys, algorithms }: VouchingKeysOptions): Vouching[] {
  const left = [...keys];
  return algorithms.flatMap((algorithm) => {
    const type = signatureAlgorithm(algorithm)?.keyType;
    const fitting = left.filter((key) => key.type === type);
    for (const key of fitting) left.splice(left.indexOf(key), 1);
    return fitting.map((key) => ({ key, algorithm }));
  });
}
