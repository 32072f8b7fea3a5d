// Loads the certificates of HostCertificate, each for one of the host keys. One that cannot be used is named and left
// out: clients that know the plain key can still come.

import * as fs from 'node:fs';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { parseAnyPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';

export interface LoadedCertificates {
  readonly certificates: readonly Certificate[];
  /** Sentences for the log. */
  readonly problems: readonly string[];
}

const maximumFileBytes = 1024 * 1024;

export function loadHostCertificates(files: readonly string[], keys: readonly PublicKey[]): LoadedCertificates {
  const certificates: Certificate[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const key = readPublicFile(file);
    if (key === undefined) problems.push(`Could not load host certificate "${file}"`);
    else if (!isCertificate(key)) problems.push(`Certificate file is not a certificate: ${file}`);
    else if (keys.some(({ blob }) => equalBytes(blob, key.key.blob))) certificates.push(key);
    else problems.push(`No matching private key for certificate: ${file}`);
  }
  return { certificates, problems };
}

/** The key of a file with one public line; undefined when there is none to be had. */
export function readPublicFile(file: string): PublicKey | Certificate | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile() || stat.size > maximumFileBytes) return undefined;
    const lines = utf8Decode(fs.readFileSync(descriptor)).split('\n');
    const [line] = lines.map((text) => text.trim()).filter((text) => text !== '' && !text.startsWith('#'));
    return line === undefined ? undefined : parseAnyPublicLine(line).key;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}
