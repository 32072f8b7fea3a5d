// A key that may open the door: what login asks of keys in files and in agents. Which there are, and in which order, is
// decided where they are gathered.

export interface CandidateKey {
  /** The file, or an agent's comment: how messages name it. */
  readonly name: string;
  readonly source: 'file' | 'agent' | 'token';
  /** Named by -i, IdentityFile or CertificateFile. */
  readonly isExplicit: boolean;
  /** The public key blob. */
  readonly publicKey: Uint8Array;
  /** A signature blob; undefined when it cannot be made. Files ask for their passphrase here, and say why they fail. */
  sign(algorithm: string, data: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}
