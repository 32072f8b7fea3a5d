// How log lines name a key or a certificate that a client offers: by OpenSSH's label and its fingerprint, and what a
// certificate says of itself.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { type OfferedKey, plainKey } from '@sallyport/protocol/keys/offered-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { certificateDetail, type LogLine } from '@sallyport/protocol/log/stable-lines';
import { named } from './certificate-login.ts';

/** `ED25519 SHA256:…`, with what a certificate says of itself. */
export function keyDetail(crypto: CryptoProvider, key: OfferedKey): string {
  const label = keyTypeLabel(key.type);
  const printed = fingerprint(crypto, plainKey(key));
  return isCertificate(key) ? certificateDetail(label, printed, named(key, crypto)) : `${label} ${printed}`;
}

/** A key counts once, with or without its certificate. */
export function previouslyUsed({ type }: OfferedKey): LogLine {
  return { level: 'info', text: `refusing previously-used ${keyTypeLabel(type)} key` };
}
