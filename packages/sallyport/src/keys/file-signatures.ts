// Signatures over files and messages (PROTOCOL.sshsig), as `ssh-keygen -Y` and git make them, and who may make them:
// allowed_signers. A message may be of any size: only its digest is kept.

import { createCryptoProvider } from '@sallyport/crypto';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import {
  type AllowedSigner,
  judgeSigner,
  parseAllowedSignersLine,
  principalsOfSigner,
  type SignerVerdict,
} from '@sallyport/protocol/keys/formats/allowed-signers';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import {
  armorSshsig,
  dearmorSshsig,
  decodeSshsig,
  type Sshsig,
  type SshsigHash,
  signDigest,
  verifySshsig,
} from '@sallyport/protocol/keys/sshsig';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { localSeconds } from '@sallyport/system/local-time';
import { KeyError } from '../errors.ts';
import { decoded } from './decoded.ts';
import { namedKey } from './public-keys.ts';
import type { RevocationList } from './revocation.ts';
import { prepareSigner, type Signer } from './signer.ts';
import { type PointInTime, secondsOf } from './time.ts';

/** Bytes, or a stream of them, such as `createReadStream(path)`. */
export type Message = Uint8Array | AsyncIterable<Uint8Array>;

export interface SignOptions {
  /** What the signature is for: `file`, `git`, or a name with a domain. Who verifies must name the same. */
  readonly namespace: string;
  /** `sha512` unless told. */
  readonly hash?: SshsigHash;
  /** Named as the signer instead of the plain key; an identity that is a certificate brings its own. */
  readonly certificate?: Certificate;
}

/**
 * The armored signature of a message, as FILE.sig has it. Rejects with KeyError `signing-refused`, `key-unsupported`,
 * with TypeError for an empty namespace or a certificate of another key, or as the stream does.
 */
export async function signMessage(by: Signer, message: Message, options: SignOptions): Promise<string> {
  const { namespace, hash = 'sha512' } = options;
  if (namespace === '') throw new TypeError('a signature needs a namespace');
  const { signer, certificate: own } = prepareSigner(by);
  const certificate = options.certificate ?? own;
  if (certificate !== undefined && !equalBytes(certificate.key.blob, signer.publicKey.blob)) {
    throw new TypeError('the certificate is for another key');
  }
  const digest = await digestOf(message, hash);
  return armorSshsig(await signDigest({ signer, certificate, namespace, hash, digest }));
}

async function digestOf(message: Message, hash: SshsigHash): Promise<Uint8Array> {
  const hasher = createCryptoProvider().hasher(hash);
  if (message instanceof Uint8Array) hasher.update(message);
  else for await (const chunk of message) hasher.update(chunk);
  return hasher.digest();
}

/** What a signature says of itself; nothing has been verified. */
export interface MessageSignature {
  readonly key: PublicKey | Certificate;
  readonly namespace: string;
  readonly hash: SshsigHash;
}

/** Reads an armored signature without judging it. @throws KeyError `key-malformed` */
export function parseSignature(signature: string | Uint8Array): MessageSignature {
  const { key, namespace, hash } = decodeSignature(signature);
  return { key, namespace, hash };
}

function decodeSignature(signature: string | Uint8Array): Sshsig {
  const text = typeof signature === 'string' ? signature : utf8Decode(signature);
  return decoded('signature', () => decodeSshsig(dearmorSshsig(text)));
}

/** Whose signature counts: somebody's by allowed_signers, or that of one of these keys. */
export type TrustedSigners =
  | { readonly signers: AllowedSigners; readonly principal: string }
  | { readonly keys: readonly (string | PrivateKey | PublicKey)[] };

export type VerifyOptions = TrustedSigners & {
  readonly namespace: string;
  readonly revoked?: RevocationList | undefined;
  /** When it was made, as far as it is known; now unless told. */
  readonly at?: PointInTime;
};

/**
 * Resolves with the signer's key when the signature is right, for that namespace, and by somebody who may sign there.
 * Rejects otherwise with KeyError `signature-refused`, whose message says why, or `key-malformed`.
 */
export async function verifyMessage(
  message: Message,
  signature: string | Uint8Array,
  options: VerifyOptions,
): Promise<PublicKey | Certificate> {
  const sshsig = decodeSignature(signature);
  const { key, namespace } = sshsig;
  if (namespace !== options.namespace) throw refusal(`it is for the namespace ${namespace}`);
  const digest = await digestOf(message, sshsig.hash);
  if (!verifySshsig(createCryptoProvider(), sshsig, digest)) throw refusal('incorrect signature');
  if (options.revoked?.revokes(key) === true) throw refusal('the key is revoked');
  const reason = 'keys' in options ? strangerAmong(options.keys, key) : options.signers.refusalOf(key, options);
  if (reason !== undefined) throw refusal(reason);
  return key;
}

function refusal(reason: string): KeyError {
  return new KeyError('signature-refused', `the signature is refused: ${reason}`);
}

/** A certificate is not its key: whoever trusts a key has not said what its certificates are to mean. */
function strangerAmong(
  keys: readonly (string | PrivateKey | PublicKey)[],
  { blob }: PublicKey | Certificate,
): string | undefined {
  return keys.some((key) => equalBytes(namedKey(key).blob, blob)) ? undefined : 'the key is none of those trusted';
}

/** The lines of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS). */
export class AllowedSigners {
  /** Lines that are not understood, which allow nobody anything, with the reason. Numbers are from 1. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
  readonly #lines: readonly AllowedSigner[];

  constructor(text: string) {
    const entries = text.split('\n').map((line) => parseAllowedSignersLine(line, { localTime: localSeconds }));
    this.#lines = entries.flatMap((entry) => (entry.kind === 'entry' ? [entry] : []));
    this.problems = entries.flatMap((entry, index) =>
      entry.kind === 'refused' ? [{ line: index + 1, reason: entry.reason }] : [],
    );
  }

  /** The principals for which the key may sign something at that time; of a certificate those of its own. */
  principalsOf(key: PublicKey | Certificate, at: PointInTime = new Date()): string[] {
    const crypto = createCryptoProvider();
    const found = this.#lines.map((line) => principalsOfSigner(crypto, line, { key, time: Number(secondsOf(at)) }));
    return [...new Set(found.flatMap((finding) => (finding.kind === 'found' ? finding.principals : [])))];
  }

  /** Why the key may not sign for the principal there and then; undefined when it may. */
  refusalOf(
    key: PublicKey | Certificate,
    { principal, namespace, at = new Date() }: Extract<VerifyOptions, { readonly principal: string }>,
  ): string | undefined {
    const crypto = createCryptoProvider();
    const use = { key, principal, namespace, time: Number(secondsOf(at)) };
    let reason = 'no line allows the key for this principal';
    for (const line of this.#lines) {
      const verdict = judgeSigner(crypto, line, use);
      if (verdict.kind === 'allowed') return undefined;
      if (verdict.kind !== 'other') reason = reasonOf(verdict);
    }
    return reason;
  }
}

function reasonOf(verdict: Exclude<SignerVerdict, { readonly kind: 'allowed' | 'other' }>): string {
  const sentences = {
    'namespace-refused': 'the key is not allowed in this namespace',
    'not-yet-valid': 'the key is not yet valid',
    expired: 'the key has expired',
  };
  return verdict.kind === 'certificate-refused' ? verdict.reason : sentences[verdict.kind];
}
