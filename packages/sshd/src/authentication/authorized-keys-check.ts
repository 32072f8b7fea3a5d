// Looks a key or a certificate up in the lines of authorized_keys: a key stands there itself, of a certificate the
// authority does, marked as one. Each line stands alone; one that is damaged costs only itself.

import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { parseAuthorizedKeysLine } from '@sallyport/protocol/keys/formats/authorized-keys';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { visible } from '@sallyport/protocol/log/log';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { base64Encode } from '@sallyport/protocol/wire/base64';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { readAccountFile } from './account-file.ts';
import type { CertificateAttempt } from './certificate-login.ts';
import { admitByLine } from './certificate-login.ts';
import type { AllowedKey } from './grant.ts';
import { keyGrant, optionsPermit } from './key-authority.ts';

export interface KeyLookUp extends CertificateAttempt {
  /** Absolute paths, tokens expanded. */
  readonly files: readonly string[];
  readonly strictModes: boolean;
}

/** The first line that allows the key, in the order of the files. */
export function findAuthorizedKey(key: PublicKey | Certificate, lookUp: KeyLookUp): AllowedKey | undefined {
  const { account, strictModes, log } = lookUp;
  for (const path of lookUp.files) {
    const text = readAccountFile({ path, what: 'authorized keys', account, strictModes, log });
    const found = text === undefined ? undefined : findInLines(text, key, { place: path, attempt: lookUp });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same for lines that came from somewhere else: `place` is said of them. */
export function findInLines(
  text: string,
  key: PublicKey | Certificate,
  where: { readonly place: string; readonly attempt: CertificateAttempt },
): AllowedKey | undefined {
  const { attempt } = where;
  const { crypto, log } = attempt;
  const listed = isCertificate(key) ? key.authority : key;
  for (const { line, number } of linesWith(text, base64Encode(listed.blob))) {
    const parsed = parseAuthorizedKeysLine(line);
    const place = `${where.place}:${number}`;
    if (parsed.kind === 'refused') log({ level: 'debug1', text: `${visible(place)}: ${visible(parsed.reason)}` });
    if (parsed.kind !== 'entry' || !equalBytes(parsed.key.blob, listed.blob)) continue;
    if (parsed.options.certAuthority !== isCertificate(key)) continue;
    const { options } = parsed;
    if (isCertificate(key)) {
      const allowed = admitByLine(key, { options, place }, attempt);
      if (allowed !== undefined) return allowed;
    } else if (optionsPermit(options, place, attempt)) {
      log(stableLines.keyFound(keyTypeLabel(key.type), fingerprint(crypto, key), visible(place)));
      return { grant: keyGrant(options, attempt), place };
    }
  }
  return undefined;
}

/** Whether one of the lines is this key, without options: for files of trusted authorities. */
export function listsKey(text: string, key: PublicKey): boolean {
  for (const { line } of linesWith(text, base64Encode(key.blob))) {
    const parsed = parseAuthorizedKeysLine(line);
    const hasOptions = !line.trimStart().startsWith(`${key.type} `);
    if (parsed.kind === 'entry' && !hasOptions && equalBytes(parsed.key.blob, key.blob)) return true;
  }
  return false;
}

/**
 * The lines in which some text stands, with their numbers from 1. Only those are parsed, so that a user's file of a
 * hundred thousand keys does not hold up the monitor.
 */
function* linesWith(text: string, wanted: string): Generator<{ readonly line: string; readonly number: number }> {
  let number = 1;
  let counted = 0;
  for (let at = text.indexOf(wanted); at >= 0; ) {
    const start = text.lastIndexOf('\n', at) + 1;
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    for (let line = text.indexOf('\n', counted); line >= 0 && line < start; line = text.indexOf('\n', line + 1))
      number++;
    counted = start;
    yield { line: text.slice(start, end), number };
    at = text.indexOf(wanted, end);
  }
}
