// A server's key or certificate, as the log tells it before it is judged: what it is, and of a certificate what it says
// of itself.

import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import type { LogLevel } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import { certificateValidity } from '../shared/certificate-words.ts';
import { hostKeyMessages } from './messages.ts';

interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

/** What the log says of a key that a server presents. */
export function describeHostKey(key: PublicKey | Certificate, print: (key: PublicKey) => string): readonly Line[] {
  if (!isCertificate(key)) return [{ level: 'debug1', text: hostKeyMessages.debugKey(key.type, print(key)) }];
  const { authority, serial, keyId, principals, type } = key;
  const text = hostKeyMessages.debugCertificate({
    key: `${type} ${print(key.key)}`,
    serial,
    id: visible(keyId),
    authority: `${authority.type} ${print(authority)}`,
    validity: certificateValidity(key),
  });
  const names = principals.map((name) => hostKeyMessages.debugPrincipal(visible(name)));
  return [{ level: 'debug1', text }, ...names.map((name): Line => ({ level: 'debug2', text: name }))];
}
