// The keys and certificates of a server's users, judged by its LoginPolicy after their signature was verified: revoked
// ones are refused, certificates must hold, and what is left the policy's functions decide. A certificate is never
// taken as the plain key in it, nor a plain key as one that an authority vouches for.

import { defaultCertificateAlgorithms, defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import { missingProof, type OfferedKey } from '@sallyport/protocol/keys/offered-key';
import type { PublicKey, SignatureFacts } from '@sallyport/protocol/keys/public-key';
import { KeyError } from '../errors.ts';
import { checkCertificate } from '../keys/certificates.ts';
import { fingerprint, namedKey } from '../keys/public-keys.ts';
import { openRevocationLists } from '../keys/revocation.ts';
import type { Decision, GrantedCertificate, LoginAttempt, LoginPolicy } from './policy.ts';

/** What a function has said, and the certificate that it was about. */
export interface Judgement {
  readonly decision: Decision | undefined;
  readonly certificate?: GrantedCertificate;
}

/** A key that fits its algorithm. */
export interface ProvenKey {
  readonly key: OfferedKey;
  /** What its signature says; undefined while a client only asks whether the key would do. */
  readonly facts: SignatureFacts | undefined;
}

const refused: Judgement = { decision: { allow: false } };
/** Of a plain key in a token somebody must touch it. */
const plainDemands = { touchRequired: true, verifyRequired: false };

export class UserKeys {
  /** Signature algorithms that are taken. */
  readonly algorithms: readonly string[];
  readonly #policy: LoginPolicy;
  readonly #authorities: readonly PublicKey[];

  /**
   * @throws TypeError for functions about certificates without an authority
   * @throws KeyError `key-malformed` for an authority that is no public key line
   */
  constructor(policy: LoginPolicy) {
    this.#policy = policy;
    this.#authorities = (policy.userAuthorities ?? []).map(namedKey);
    const takesCertificates = this.#authorities.length > 0;
    if (!takesCertificates && (policy.certificate ?? policy.principals) !== undefined) {
      throw new TypeError('certificates need userAuthorities');
    }
    const first = takesCertificates ? defaultCertificateAlgorithms : [];
    this.algorithms = [...first, ...defaultSignatureAlgorithms];
  }

  /** Rejects as a function of the policy or a list of revoked keys does, which is a refusal too. */
  async judge(attempt: LoginAttempt, { key, facts }: ProvenKey): Promise<Judgement> {
    if (isCertificate(key)) return await this.#judgeCertificate(attempt, key, facts);
    const { publicKey, revokedKeys } = this.#policy;
    if (publicKey === undefined) return refused;
    if (facts !== undefined && missingProof(facts, plainDemands) !== undefined) return refused;
    const revoked = await openRevocationLists(revokedKeys);
    if (revoked.revokes(key)) return refused;
    const { type: keyType, blob } = key;
    const verified = facts !== undefined;
    return { decision: await publicKey({ ...attempt, keyType, key: blob, fingerprint: fingerprint(key), verified }) };
  }

  async #judgeCertificate(
    attempt: LoginAttempt,
    certificate: Certificate,
    facts: SignatureFacts | undefined,
  ): Promise<Judgement> {
    const { principals, certificate: judge, revokedKeys, onCertificateRefused } = this.#policy;
    const revoked = await openRevocationLists(revokedKeys);
    const principal = principals === undefined ? attempt.user : await principals(attempt.user);
    const authorities = this.#authorities;
    const use = { kind: 'user', principal, authorities, address: attempt.remoteAddress, revoked } as const;
    try {
      const rights = checkCertificate(certificate, use);
      const missing = facts && missingProof(facts, rights);
      if (missing !== undefined) throw new KeyError('certificate-refused', missing);
      const granted = { certificate, rights };
      if (judge === undefined) return { decision: { allow: true }, certificate: granted };
      const print = fingerprint(certificate);
      const told = { ...attempt, ...granted, fingerprint: print, verified: facts !== undefined };
      return { decision: await judge(told), certificate: granted };
    } catch (error) {
      if (!(error instanceof KeyError && error.code === 'certificate-refused')) throw error;
      onCertificateRefused?.(attempt, error.message, certificate);
      return refused;
    }
  }
}
