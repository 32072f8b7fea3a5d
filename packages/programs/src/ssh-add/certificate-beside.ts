// The certificate in the file beside a key's, NAME-cert.pub. One that cannot be read or belongs to another key is said
// and passed over; one that is not there is nothing.

import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { keyFileReasons } from '../shared/messages.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { readPublicFile } from '../shared/public-key-file.ts';
import { logLine } from './context.ts';
import { messages } from './messages.ts';

export interface CertificateBeside {
  readonly path: string;
  readonly certificate: Certificate;
  readonly comment: string;
}

export function readCertificateBeside(file: string, key: PublicKey): CertificateBeside | undefined {
  const path = `${file}-cert.pub`;
  try {
    const { key: certificate, comment } = readPublicFile(path);
    if (!isCertificate(certificate)) throw new KeyFileError('malformed', keyFileReasons.malformed);
    if (equalBytes(certificate.key.blob, key.blob)) return { path, certificate, comment };
    logLine(messages.certificateMismatch(path, file));
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    if (error.problem !== 'missing') logLine(messages.certificateUnreadable(path, error.message));
  }
  return undefined;
}
