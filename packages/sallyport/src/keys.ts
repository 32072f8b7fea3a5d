// Keys for an application: `import … from 'sallyport/keys'`. Private and public keys in every format, fingerprints,
// certificates, lists of revoked keys, signatures over files. What goes wrong is a KeyError with a `code`.

export type { Certificate } from '@sallyport/protocol/keys/certificate';
export type { PrivateKey } from '@sallyport/protocol/keys/private-key';
export type { PublicKey } from '@sallyport/protocol/keys/public-key';
export type { KeyErrorCode } from './errors.ts';
export { KeyError } from './errors.ts';
export type {
  CertificatePermissions,
  CertificateRequest,
  CertificateRights,
  CertificateUse,
  WantedRights,
} from './keys/certificates.ts';
export { checkCertificate, createCertificate } from './keys/certificates.ts';
export type { Message, MessageSignature, SignOptions, VerifyOptions } from './keys/file-signatures.ts';
export { AllowedSigners, parseSignature, signMessage, verifyMessage } from './keys/file-signatures.ts';
export type { Identity } from './keys/identity.ts';
export { agentIdentities } from './keys/identity.ts';
export type { NewKey, PrivateKeyFileOptions } from './keys/private-keys.ts';
export { formatPrivateKey, generatePrivateKey, parsePrivateKey, readPrivateKey } from './keys/private-keys.ts';
export type { AnyKey, FingerprintDigest, PublicKeyFile, PublicKeyFileOptions } from './keys/public-keys.ts';
export {
  fingerprint,
  formatPublicKey,
  parsePublicKey,
  randomart,
  readPublicKey,
  sshfpLines,
} from './keys/public-keys.ts';
export type { RevocationList, RevocationListContent, RevokedCertificates } from './keys/revocation.ts';
export { createRevocationList, parseRevocationList, readRevocationList } from './keys/revocation.ts';
export type { Signer } from './keys/signer.ts';
export type { PointInTime } from './keys/time.ts';
